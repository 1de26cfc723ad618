//! What a record tells, as far as a day of a runner decides it.

use serde_json::Value;

/// A record, or what is expected of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The line that decides it.
    pub line: u64,
    /// Bytes of the log up to the end of that line.
    pub bytes: u64,
    /// Of the verdict.
    pub class: String,
    /// The runner's name. Empty: the line names none.
    pub runner: String,
    /// What it is about.
    pub what: What,
}

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A job that did not pass.
    Job {
        /// GitLab's number.
        id: u64,
        /// The word of the record.
        outcome: String,
        /// Its path.
        project: String,
        /// The daemon's word.
        failure_reason: String,
    },
    /// A runner's problem, when it begins or when it is over.
    Problem {
        /// Lines that told of it so far.
        count: u64,
        /// The same call went well.
        over: bool,
        /// The time of the first line.
        first: Option<String>,
        /// The time of the last line.
        last: Option<String>,
    },
    /// Neither, or something was cut.
    Other(String),
}

impl Told {
    /// Reads a line of JSON Lines.
    pub fn read(line: &str) -> Told {
        let record: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let time = |value: &Value| value.as_str().map(str::to_owned);
        let (job, problem) = (&record["job"], &record["problem"]);
        let what = match (record["kind"].as_str().unwrap(), record["limits"].as_array().unwrap().is_empty()) {
            ("runner-job", true) => What::Job {
                id: job["id"].as_u64().unwrap(),
                outcome: text(&job["outcome"]),
                project: text(&job["project"]),
                failure_reason: text(&job["failure_reason"]),
            },
            ("runner-problem", true) => What::Problem {
                count: problem["count"].as_u64().unwrap(),
                over: problem["over"].as_bool().unwrap(),
                first: time(&problem["first"]),
                last: time(&problem["last"]),
            },
            (kind, _) => What::Other(format!("{kind} {}", record["limits"])),
        };
        let count = |key: &str| record[key].as_u64().unwrap();
        Told { line: count("lines"), bytes: count("bytes"), class: text(&record["verdict"]["class"]), runner: text(&job["runner"]), what }
    }
}

/// How two lists differ, in a few lines; `None`: they do not.
pub fn difference(expected: &[Told], told: &[Told]) -> Option<String> {
    const SHOWN: usize = 6;
    let same = expected.iter().zip(told).take_while(|(e, t)| e == t).count();
    if same == expected.len() && same == told.len() {
        return None;
    }
    let apart = |list: &[Told], other: &[Told]| -> Vec<String> {
        let other: std::collections::BTreeSet<String> = other.iter().map(|t| format!("{t:?}")).collect();
        list.iter().map(|t| format!("{t:?}")).filter(|t| !other.contains(t)).collect()
    };
    let (missing, unexpected) = (apart(expected, told), apart(told, expected));
    let shown = |list: &[String]| list.iter().take(SHOWN).map(|t| format!("\n    {t}")).collect::<String>();
    let head = format!("{} records expected, {} told; the first difference is number {same}", expected.len(), told.len());
    let missing = format!("{} are missing{}", missing.len(), shown(&missing));
    Some(format!("{head}\n  {missing}\n  {} were not expected{}", unexpected.len(), shown(&unexpected)))
}
