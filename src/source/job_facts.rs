//! What GitLab says of jobs: `<trace>.json` beside a trace, or one file for many jobs.
//!
//! The fields are those of GitLab's jobs API (<https://docs.gitlab.com/api/jobs/>): `id`, `name`, `stage`, `status`,
//! `failure_reason`, `ref`, `web_url`, `allow_failure`, `pipeline.id`, `commit.id`, `environment`, and `project` as a path.
//! A file is JSON Lines, a JSON array or object, or CSV with the same names as its header (`pipeline_id`, `sha`,
//! `project_path` and `url` are understood too). `csv` lives here only.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::facts::{Fact, Facts, KnownJob};

/// The largest file that is read beside a trace.
const MAX_BESIDE_BYTES: u64 = 1 << 20;

/// What is known of one job from outside of its trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFacts {
    /// What no pattern asks for.
    pub known: KnownJob,
    /// The rest.
    pub facts: Facts,
}

/// Jobs of one file, by number.
#[derive(Clone, Debug, Default)]
pub struct JobTable {
    /// In the order of the file.
    jobs: Vec<JobFacts>,
    by_id: HashMap<u64, usize>,
}

impl JobTable {
    /// Reads a whole file. Memory grows with the number of jobs. The error says where the file is wrong.
    pub fn read(path: &Path) -> Result<JobTable, String> {
        let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
        JobTable::parse(&text)
    }

    /// The job of that number.
    pub fn job(&self, id: u64) -> Option<&JobFacts> {
        self.by_id.get(&id).map(|i| &self.jobs[*i])
    }

    /// All jobs, in the order of the file.
    pub fn jobs(&self) -> &[JobFacts] {
        &self.jobs
    }

    fn parse(text: &str) -> Result<JobTable, String> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let mut table = JobTable::default();
        match text.as_bytes().first() {
            None => {}
            Some(b'[') => {
                let rows: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|e| e.to_string())?;
                rows.iter().for_each(|r| table.add(JobFacts::of_json(r)));
            }
            Some(b'{') => {
                for row in serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>() {
                    table.add(JobFacts::of_json(&row.map_err(|e| e.to_string())?));
                }
            }
            Some(_) => {
                let mut reader = csv::ReaderBuilder::new().flexible(false).trim(csv::Trim::All).from_reader(text.as_bytes());
                let header = reader.headers().map_err(|e| e.to_string())?.clone();
                if !header.iter().any(|h| h == "id") {
                    return Err("neither JSON nor CSV with a column `id`".to_owned());
                }
                for row in reader.records() {
                    let row = row.map_err(|e| e.to_string())?;
                    let cells = header.iter().zip(&row).filter(|(_, v)| !v.is_empty());
                    table.add(JobFacts::of_json(&cells.map(|(k, v)| (k.to_owned(), Value::from(v))).collect()));
                }
            }
        }
        Ok(table)
    }

    fn add(&mut self, job: JobFacts) {
        if let Some(id) = job.known.id {
            self.by_id.insert(id, self.jobs.len());
        }
        self.jobs.push(job);
    }
}

impl JobFacts {
    /// The facts beside a trace, in `<trace>.json`. `None`: there is no such file.
    pub fn beside(trace: &Path) -> Option<Result<JobFacts, String>> {
        let mut name = trace.as_os_str().to_owned();
        name.push(".json");
        // Nobody asked for this file: a pipe of that name is not waited for.
        let size = std::fs::metadata(&name).ok().filter(std::fs::Metadata::is_file)?.len();
        let read = || {
            if size > MAX_BESIDE_BYTES {
                return Err(format!("larger than {MAX_BESIDE_BYTES} bytes"));
            }
            let text = std::fs::read_to_string(&name).map_err(|e| e.to_string())?;
            serde_json::from_str::<Map<String, Value>>(&text).map_err(|e| e.to_string())
        };
        Some(read().map(|row| JobFacts::of_json(&row)).map_err(|e| format!("{}: {e}", Path::new(&name).display())))
    }

    fn of_json(row: &Map<String, Value>) -> JobFacts {
        let get = |keys: &[&str]| {
            keys.iter()
                .find_map(|k| k.split('.').try_fold(None, |v: Option<&Value>, part| Some(Some(v.map_or_else(|| row.get(part), |v| v.get(part))?)))?)
                .filter(|v| !v.is_null())
        };
        let text = |keys: &[&str]| get(keys).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).filter(|t| !t.is_empty());
        let number = |keys: &[&str]| get(keys).and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok()));
        let flag = |keys: &[&str]| {
            get(keys).and_then(|v| {
                v.as_bool().or_else(|| match v.as_str()? {
                    "true" | "t" | "1" => Some(true),
                    "false" | "f" | "0" => Some(false),
                    _ => None,
                })
            })
        };
        let mut facts = Facts::new();
        let reason = text(&["failure_reason"]).unwrap_or_default();
        let outcome = match text(&["status"]).as_deref() {
            Some("success") => "passed",
            Some("canceled" | "canceling") => "canceled",
            Some("failed") if matches!(reason.as_str(), "job_execution_timeout" | "job_execution_server_timeout" | "server_timeout_running") => "timed_out",
            Some("failed") => "failed",
            _ => "",
        };
        facts.set_text(Fact::JobOutcome, outcome);
        facts.set_text(Fact::JobFailureReason, reason);
        facts.set_text(Fact::JobProject, text(&["project.path_with_namespace", "project_path", "project"]).filter(|p| p.contains('/')).unwrap_or_default());
        facts.set_text(Fact::JobRef, text(&["ref"]).unwrap_or_default());
        facts.set_text(Fact::JobSha, text(&["commit.id", "sha"]).unwrap_or_default());
        facts.set_text(Fact::JobEnvironment, text(&["environment.name", "environment"]).unwrap_or_default());
        let known = KnownJob {
            id: number(&["id"]),
            name: text(&["name"]),
            stage: text(&["stage"]),
            pipeline_id: number(&["pipeline.id", "pipeline_id"]),
            url: text(&["web_url", "url"]),
            allow_failure: flag(&["allow_failure"]),
        };
        JobFacts { known, facts }
    }
}

/// The job's number in GitLab's archive layout, `<date>/<job>/...`, or in a file's name, `job-123.log`.
pub fn job_id_of_path(path: &Path) -> Option<u64> {
    let parts: Vec<&str> = path.iter().filter_map(|p| p.to_str()).collect();
    let is_date = |p: &str| p.len() == 10 && p.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'_' } else { b.is_ascii_digit() });
    if let Some(id) = parts.windows(2).rev().filter(|w| is_date(w[0])).find_map(|w| w[1].parse().ok()) {
        return Some(id);
    }
    let stem = parts.last()?.split('.').next()?;
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    stem[stem.len() - digits..].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_says_the_same() {
        let json = r#"{"id":7,"name":"build","stage":"test","status":"failed","failure_reason":"stuck_or_timeout_failure","ref":"main","pipeline":{"id":9},"commit":{"id":"abc"},"allow_failure":false}"#;
        let csv = "id,name,stage,status,failure_reason,ref,pipeline_id,sha,allow_failure\n7,build,test,failed,stuck_or_timeout_failure,main,9,abc,false\n";
        let lines = JobTable::parse(&format!("{json}\n{json}\n")).unwrap();
        let array = JobTable::parse(&format!("[{json}]")).unwrap();
        assert_eq!(lines.jobs().len(), 2);
        assert_eq!(array.job(7), lines.job(7));
        assert_eq!(JobTable::parse(csv).unwrap().job(7), array.job(7));
        let job = array.job(7).unwrap();
        assert_eq!((job.known.pipeline_id, job.known.allow_failure), (Some(9), Some(false)));
        assert_eq!(job.facts.text(Fact::JobFailureReason), Some("stuck_or_timeout_failure"));
        assert!(JobTable::parse("name\nbuild\n").is_err());
        assert!(JobTable::parse("{\"id\":").is_err());
    }

    #[test]
    fn the_file_beside_a_trace_is_read_if_it_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("job.log");
        let beside = folder.path().join("job.log.json");
        assert!(JobFacts::beside(&trace).is_none());
        std::fs::write(&beside, "{\"id\": 7, \"status\": \"failed\"}").unwrap();
        assert_eq!(JobFacts::beside(&trace).unwrap().unwrap().known.id, Some(7));
        std::fs::write(&beside, "{").unwrap();
        assert!(JobFacts::beside(&trace).unwrap().unwrap_err().contains("job.log.json: "));
        std::fs::write(&beside, " ".repeat(MAX_BESIDE_BYTES as usize + 1)).unwrap();
        assert!(JobFacts::beside(&trace).unwrap().unwrap_err().contains("larger than"));
        std::fs::remove_file(&beside).unwrap();
        std::fs::create_dir(&beside).unwrap();
        assert!(JobFacts::beside(&trace).is_none());
    }

    #[test]
    fn numbers_in_paths() {
        for (path, id) in [("a/2026_08_22/991/4711/job.log", Some(991)), ("x/job-123.log", Some(123)), ("123.log", Some(123)), ("x/build.log", None)] {
            assert_eq!(job_id_of_path(Path::new(path)), id, "{path}");
        }
    }
}
