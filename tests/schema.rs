//! The published schema is the one of the code, and every record fits it.

mod common;

use common::{RULES, project, traces};
use whyred::facts::Facts;
use whyred::record::{Detail, Origin, Record, json_schema};
use whyred::redact::Redactor;
use whyred::verdict::{Options, Session};

#[test]
fn the_published_schema_is_current() {
    let path = project("docs/record.schema.json");
    let schema = json_schema();
    if std::env::var_os("WHYRED_BLESS").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == schema, "run `WHYRED_BLESS=1 cargo test --test schema`");
}

#[test]
fn every_record_fits_the_schema() {
    let schema = serde_json::from_str(&json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut checked = 0;
    let mut logs = traces();
    logs.push(("nothing".to_owned(), Vec::new()));
    for (name, bytes) in logs {
        for detail in [Detail::Brief, Detail::Normal, Detail::Full] {
            let options = Options::default();
            let mut session = Session::new(&RULES, &options, Facts::new());
            session.push(&bytes);
            for judgement in session.finish() {
                let origin = Origin { trace: name.clone(), errors: vec!["an error".to_owned()], ..Origin::default() };
                let record = Record::new(&judgement, &origin, detail, &Redactor::new(), "catalog");
                let value = serde_json::to_value(&record).unwrap();
                let complaints: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
                assert!(complaints.is_empty(), "{name}: {complaints:?}");
                checked += 1;
            }
        }
    }
    assert!(checked > 120);
    assert!(!validator.is_valid(&serde_json::json!({ "schema": "whyred.record/1" })));
}

#[test]
fn a_record_reads_as_the_contract_says() {
    let options = Options::default();
    let bytes = std::fs::read(project("fixtures/traces/push-protected-other-project/trace.log")).unwrap();
    let mut session = Session::new(&RULES, &options, Facts::new());
    session.push(&bytes);
    let record =
        Record::new(&session.finish()[0], &Origin { trace: "trace.log".to_owned(), ..Origin::default() }, Detail::Normal, &Redactor::new(), "1.4.0+3f2a");
    let value = serde_json::to_value(&record).unwrap();
    let keys = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for key in ["schema", "trace", "member", "kind", "bytes", "lines", "end", "job", "verdict", "findings", "limits", "errors", "catalog"] {
        assert!(value.get(key).is_some(), "{key}");
    }
    for key in [
        "outcome",
        "exit_code",
        "system_failure",
        "failed_section",
        "executor",
        "runner_version",
        "started",
        "seconds",
        "id",
        "name",
        "stage",
        "project",
        "ref",
        "sha",
        "pipeline_id",
        "url",
        "runner",
        "environment",
        "allow_failure",
        "failure_reason",
    ] {
        assert!(value["job"].get(key).is_some(), "{key} in {:?}", keys(&value["job"]));
    }
    for key in ["class", "pattern", "title", "confidence", "owner", "retry", "fingerprint", "evidence", "captures", "cause", "other_causes"] {
        assert!(value["verdict"].get(key).is_some(), "{key}");
    }
    let evidence = &value["verdict"]["evidence"][0];
    let (offset, length) = (evidence["offset"].as_u64().unwrap() as usize, evidence["length"].as_u64().unwrap() as usize);
    let raw = String::from_utf8_lossy(&bytes[offset..offset + length]).into_owned();
    assert!(raw.contains("protected branches"), "{raw}");
}
