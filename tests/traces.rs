//! Whole traces: verdict, evidence line, cause and outcome as their origin says, and the record as it was reviewed.
//!
//! `WHYRED_BLESS=1 cargo test --test traces` writes the records anew: the diff is the review.

mod common;

use std::fs;

use common::{RULES, project, traces};
use serde::Deserialize;
use whyred::facts::{Fact, Facts};
use whyred::record::{Detail, Origin, Record};
use whyred::text::{CleanLine, LineNumber, Splitter};
use whyred::verdict::{Judgement, Options, Session};

#[derive(Deserialize)]
struct OriginFile {
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    class: String,
    /// All records of a runner's log, in order.
    #[serde(default)]
    records: Vec<ExpectedRecord>,
    line: Option<String>,
    outcome: String,
    cause: Option<String>,
    /// Other lines that prove the same.
    #[serde(default)]
    also: Vec<String>,
    failed_tests: Option<ExpectedTests>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct ExpectedTests {
    count: u64,
    names: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct ExpectedRecord {
    kind: String,
    class: String,
    job: Option<u64>,
    count: Option<u64>,
}

fn judge(bytes: &[u8]) -> Vec<Judgement> {
    let options = Options::default();
    let mut session = Session::new(&RULES, &options, Facts::new());
    session.push(bytes);
    let mut all = session.take_finished();
    all.extend(session.finish());
    all
}

/// The clean lines that start on a physical line.
fn lines_at(bytes: &[u8], number: LineNumber) -> Vec<String> {
    let mut out = Vec::new();
    let mut keep = |l: CleanLine| {
        if l.number == number {
            out.push(String::from_utf8_lossy(l.text).into_owned());
        }
    };
    let mut splitter = Splitter::new();
    splitter.push(bytes, &mut keep);
    splitter.finish(&mut keep);
    out
}

/// With one space where there are several.
fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn verdicts_are_as_the_origin_says() {
    let mut wrong = Vec::new();
    let mut passed = 0;
    for (name, bytes) in traces() {
        let text = fs::read_to_string(project(&format!("fixtures/traces/{name}/origin.toml"))).unwrap();
        let expect = toml::from_str::<OriginFile>(&text).unwrap_or_else(|e| panic!("{name}: {e}")).expect;
        let all = judge(&bytes);
        let of_class = |j: &&Judgement| j.verdict.as_ref().is_some_and(|v| v.class == expect.class);
        let with_verdict = all.iter().find(of_class).or_else(|| all.iter().find(|j| j.verdict.is_some())).unwrap_or(&all[0]);
        let verdict = with_verdict.verdict.as_ref();
        let class = verdict.map_or("none", |v| v.class.as_str());
        let want = match expect.class.as_str() {
            "passed" => {
                passed += 1;
                "none"
            }
            class => class,
        };
        if class != want {
            wrong.push(format!("{name}: class {class}, not {want}"));
            continue;
        }
        if !expect.records.is_empty() {
            let records: Vec<_> = all
                .iter()
                .map(|j| ExpectedRecord {
                    kind: j.subject.word().to_owned(),
                    class: j.verdict.as_ref().map_or(String::new(), |v| v.class.clone()),
                    job: j.job,
                    count: j.problem.map(|p| p.count),
                })
                .collect();
            // A job or a count that the origin does not name may be any.
            let fits = |(got, want): (&ExpectedRecord, &ExpectedRecord)| {
                got.kind == want.kind
                    && got.class == want.class
                    && (want.job.is_none() || got.job == want.job)
                    && (want.count.is_none() || got.count == want.count)
            };
            if records.len() != expect.records.len() || !records.iter().zip(&expect.records).all(fits) {
                wrong.push(format!("{name}: records {records:?}, not {:?}", expect.records));
            }
        }
        let outcome = with_verdict.outcome.word();
        if outcome != expect.outcome {
            wrong.push(format!("{name}: outcome {outcome}, not {}", expect.outcome));
        }
        let proof = verdict.map_or(Vec::new(), |v| v.evidence.iter().flat_map(|e| lines_at(&bytes, e.number)).collect());
        let mut expected = expect.line.iter().chain(&expect.also).peekable();
        if expected.peek().is_some() && !expected.any(|want| proof.iter().any(|p| squeezed(p).contains(&squeezed(want)))) {
            wrong.push(format!("{name}: proof {proof:?}, not {:?}", expect.line));
        }
        let tests = verdict.and_then(|v| v.failed_tests.as_ref());
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        let tests = tests.map(|t| ExpectedTests { count: t.count, names: sorted(t.names.iter().map(ToString::to_string).collect()) });
        let expected_tests = expect.failed_tests.map(|t| ExpectedTests { count: t.count, names: sorted(t.names) });
        if expected_tests.is_some() && tests != expected_tests {
            wrong.push(format!("{name}: failed tests {tests:?}, not {expected_tests:?}"));
        }
        let cause = verdict.and_then(|v| v.causes.first()).map(|c| c.cause.id.as_str());
        if expect.cause.is_some() && cause != expect.cause.as_deref() {
            wrong.push(format!("{name}: cause {cause:?}, not {:?}", expect.cause));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(passed >= 12, "only {passed} passing jobs");
}

#[test]
fn records_are_as_they_were_reviewed() {
    let bless = std::env::var_os("WHYRED_BLESS").is_some();
    let mut changed = Vec::new();
    for (name, bytes) in traces() {
        let origin = Origin { trace: format!("{name}/trace.log"), ..Origin::default() };
        let records: Vec<Record> = judge(&bytes).iter().map(|j| Record::new(j, &origin, Detail::Brief, &Options::default().redactor, "catalog")).collect();
        let text: String = records.iter().map(|r| serde_json::to_string_pretty(r).unwrap() + "\n").collect();
        let path = project(&format!("fixtures/traces/{name}/expected.json"));
        if bless {
            fs::write(&path, &text).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            changed.push(name);
        }
    }
    assert!(changed.is_empty(), "records changed, see the module's doc: {changed:?}");
}

/// Commands of tools that deploy or release, as scripts call them.
const DELIVERY: [&str; 16] = [
    "terraform apply -auto-approve plan.bin",
    "cd infra && tofu apply -auto-approve",
    "kubectl -n shop rollout restart deployment/api",
    "helm upgrade --install api chart/",
    "ansible-playbook site.yml",
    "aws s3 sync public/ s3://site",
    "gcloud run deploy api",
    "az webapp up",
    "npx serverless deploy",
    "npm publish",
    "twine upload dist/*",
    "cargo publish",
    "goreleaser release --clean",
    "docker push registry.example.com/group/app:latest",
    "rsync -a public/ deploy@www.example.com:/srv",
    "git push origin HEAD:main",
];

/// The trace with another last echoed command; `None` if no command was echoed.
fn with_last_command(bytes: &[u8], command: &str) -> Option<Vec<u8>> {
    const LEAD: &[u8] = b"\x1b[32;1m$ ";
    let at = bytes.windows(LEAD.len()).rposition(|w| w == LEAD)? + LEAD.len();
    let end = at + bytes[at..].iter().position(|&b| b == 0x1b || b == b'\n')?;
    Some([&bytes[..at], command.as_bytes(), &bytes[end..]].concat())
}

#[test]
fn the_retry_is_never_a_blind_yes() {
    let mut yes_in_scripts = 0;
    for (name, bytes) in traces() {
        for verdict in judge(&bytes).iter().filter_map(|j| j.verdict.as_ref()) {
            let yes = verdict.retry.word() == "yes";
            assert!(!yes || verdict.confidence.word() == "high", "{name}");
        }
        let judged = judge(&bytes);
        let in_script = judged.first().is_some_and(|j| j.facts.text(Fact::JobFailedSection) == Some("step_script"));
        let yes = judged.first().and_then(|j| j.verdict.as_ref()).is_some_and(|v| v.retry.word() == "yes");
        if !in_script || !yes {
            continue;
        }
        yes_in_scripts += 1;
        for command in DELIVERY {
            let Some(changed) = with_last_command(&bytes, command) else { continue };
            let verdict = judge(&changed).remove(0).verdict.unwrap();
            assert_ne!(verdict.retry.word(), "yes", "{name} with {command}");
        }
        let options = Options::default();
        let mut given = Facts::new();
        given.set_text(Fact::JobEnvironment, "production".to_owned());
        let mut session = Session::new(&RULES, &options, given);
        session.push(&bytes);
        assert_ne!(session.finish().remove(0).verdict.unwrap().retry.word(), "yes", "{name} with an environment");
    }
    assert!(yes_in_scripts > 3, "{yes_in_scripts}");
}

/// The same trace with `Job succeeded` for its last line; `None` if the runner wrote no last line.
fn as_if_passed(bytes: &[u8]) -> Option<Vec<u8>> {
    const HEAD: &[u8] = b"ERROR: Job failed";
    let at = bytes.windows(HEAD.len()).rposition(|w| w == HEAD)?;
    let end = bytes[at..].iter().position(|&b| b == 0x1b || b == b'\n' || b == b'\r').map_or(bytes.len(), |i| at + i);
    Some([&bytes[..at], b"Job succeeded", &bytes[end..]].concat())
}

#[test]
fn the_same_lines_in_a_job_that_passed_give_no_verdict() {
    let mut seen = 0;
    for (name, bytes) in traces().into_iter().filter(|(name, _)| !name.starts_with("daemon-")) {
        if !judge(&bytes).iter().any(|j| j.outcome.is_bad()) {
            continue;
        }
        let Some(passed) = as_if_passed(&bytes) else { continue };
        let judgement = judge(&passed).remove(0);
        assert_eq!((judgement.outcome.word(), judgement.verdict.is_none()), ("passed", true), "{name}");
        seen += 1;
    }
    assert!(seen > 100, "only {seen}");
}
