//! What two runs are compared by: of each record its job and the outline of its verdict, from a [`Record`] or from a line
//! of JSON that some version wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Record, SCHEMA};

/// What a record is about: equal in two runs over the same logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Subject {
    /// Where the log came from.
    pub trace: String,
    /// The member of an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The word of the record's kind.
    pub kind: String,
    /// Number of the job, where a log tells of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<u64>,
    /// The fingerprint, where a log tells of several problems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The verdict of a record, as far as runs are compared by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerdictOutline {
    /// The class.
    pub class: String,
    /// The pattern; null for the fallback.
    pub pattern: Option<String>,
    /// How sure.
    pub confidence: String,
    /// Who must act.
    pub owner: String,
    /// Whether a retry can help.
    pub retry: String,
    /// The physical line that proves it; null: facts do.
    pub line: Option<u64>,
    /// The clean text of that line.
    pub text: Option<String>,
}

/// A record in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// What it is about.
    pub subject: Subject,
    /// The word of the outcome.
    pub outcome: String,
    /// The verdict.
    pub verdict: Option<VerdictOutline>,
}

/// Why a line is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutlineError {
    /// It is no JSON object with the keys of a record.
    NotARecord(String),
    /// It names another schema.
    OtherSchema(String),
}

impl fmt::Display for OutlineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutlineError::NotARecord(reason) => write!(f, "no record of whyred: {reason}"),
            OutlineError::OtherSchema(schema) => write!(f, "the schema is `{}`, not `{SCHEMA}`", crate::text::cut(schema, 60)),
        }
    }
}

impl std::error::Error for OutlineError {}

/// The keys that are read; later versions may add others.
#[derive(Deserialize)]
struct RecordShape {
    schema: String,
    trace: String,
    member: Option<String>,
    kind: String,
    job: JobShape,
    verdict: Option<VerdictShape>,
}

#[derive(Deserialize)]
struct JobShape {
    outcome: String,
    id: Option<u64>,
}

#[derive(Deserialize)]
struct VerdictShape {
    class: String,
    pattern: Option<String>,
    confidence: String,
    owner: String,
    retry: String,
    fingerprint: String,
    #[serde(default)]
    evidence: Vec<EvidenceShape>,
}

#[derive(Deserialize)]
struct EvidenceShape {
    line: u64,
    text: String,
}

impl Outline {
    /// The outline of a record.
    pub fn of(record: &Record) -> Outline {
        let shape = RecordShape {
            schema: SCHEMA.to_owned(),
            trace: record.trace.to_string(),
            member: record.member.as_ref().map(ToString::to_string),
            kind: record.kind.to_owned(),
            job: JobShape { outcome: record.job.outcome.to_owned(), id: record.job.id },
            verdict: record.verdict.as_ref().map(|v| VerdictShape {
                class: v.class.clone(),
                pattern: v.pattern.clone(),
                confidence: v.confidence.to_owned(),
                owner: v.owner.to_owned(),
                retry: v.retry.to_owned(),
                fingerprint: v.fingerprint.clone(),
                evidence: v.evidence.iter().take(1).map(|e| EvidenceShape { line: e.line, text: e.text.to_string() }).collect(),
            }),
        };
        Outline::of_shape(shape)
    }

    /// The outline of a record that stands on a line of JSON Lines.
    pub fn parse(line: &[u8]) -> Result<Outline, OutlineError> {
        let shape: RecordShape = serde_json::from_slice(line).map_err(|e| OutlineError::NotARecord(e.to_string()))?;
        if shape.schema != SCHEMA {
            return Err(OutlineError::OtherSchema(shape.schema));
        }
        Ok(Outline::of_shape(shape))
    }

    fn of_shape(shape: RecordShape) -> Outline {
        let problem = shape.verdict.as_ref().map(|v| v.fingerprint.clone()).filter(|_| shape.kind == "runner-problem");
        let job = shape.job.id.filter(|_| shape.kind == "runner-job");
        Outline {
            subject: Subject { trace: shape.trace, member: shape.member, kind: shape.kind, job, problem },
            outcome: shape.job.outcome,
            verdict: shape.verdict.map(|v| {
                let (line, text) = v.evidence.into_iter().next().map(|e| (e.line, e.text)).unzip();
                VerdictOutline { class: v.class, pattern: v.pattern, confidence: v.confidence, owner: v.owner, retry: v.retry, line, text }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_no_mistake_and_another_schema_is() {
        let line = r#"{"schema":"whyred.record/1","trace":"a.log","kind":"job-trace","new_key":1,"job":{"outcome":"failed","id":7},
            "verdict":{"class":"dns","pattern":null,"confidence":"low","owner":"code","retry":"no","fingerprint":"1:0","evidence":[{"line":3,"text":"x"}]}}"#;
        let outline = Outline::parse(line.as_bytes()).unwrap();
        assert_eq!(outline.verdict.unwrap().line, Some(3));
        assert_eq!(outline.subject.job, None, "a trace tells of one job");
        let other = line.replace("whyred.record/1", "whyred.record/2");
        assert_eq!(Outline::parse(other.as_bytes()).unwrap_err().to_string(), "the schema is `whyred.record/2`, not `whyred.record/1`");
        assert!(matches!(Outline::parse(b"[]"), Err(OutlineError::NotARecord(_))));
    }
}
