//! The same bytes come out for any number of threads, any way of reading, and every run.

mod common;

use std::path::Path;
use std::process::{Command, Output};

fn scan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_whyred")).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("CI").arg("scan").args(arguments).output().unwrap()
}

#[test]
fn one_thread_equals_eight() {
    let one = scan(&["--format", "jsonl", "--threads", "1", "fixtures"]);
    let eight = scan(&["--format", "jsonl", "--threads", "8", "fixtures"]);
    assert!(one.status.success());
    assert!(one.stdout.iter().filter(|b| **b == b'\n').count() >= 40);
    assert!(one.stdout == eight.stdout);
    assert!(one.stdout == scan(&["--format", "jsonl", "fixtures"]).stdout);
}

#[test]
fn a_huge_log_is_judged_the_same_mapped_and_shared_out_or_piped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.log");
    let trace = std::fs::read(common::project("fixtures/traces/pytest-failure/trace.log")).unwrap();
    let split = trace.windows(14).rposition(|w| w == b"section_end:17" || w.starts_with(b"section_end:")).unwrap();
    let mut bytes = trace[..split].to_vec();
    while bytes.len() < 20 << 20 {
        bytes.extend_from_slice(b"npm warn deprecated inflight@1.0.6: this module is not supported\nfatal: No names found\nok 403 denied\n");
    }
    bytes.extend_from_slice(&trace[split..]);
    std::fs::write(&path, &bytes).unwrap();
    let name = path.to_str().unwrap();
    let one = scan(&["--format", "jsonl", "--threads", "1", name]);
    let four = scan(&["--format", "jsonl", "--threads", "4", name]);
    assert!(one.stdout == four.stdout);
    let piped =
        Command::new(env!("CARGO_BIN_EXE_whyred")).args(["scan", "--format", "jsonl", "-"]).stdin(std::fs::File::open(&path).unwrap()).output().unwrap();
    let rename = |out: &[u8]| String::from_utf8_lossy(out).replace(name, "-");
    assert_eq!(rename(&piped.stdout), rename(&one.stdout));
    assert!(Path::new(name).exists());
}

#[test]
fn passed_jobs_are_counted_whether_read_from_their_end_or_whole() {
    let whole = scan(&["--format", "jsonl", "fixtures"]);
    let failed = scan(&["--format", "jsonl", "--only", "failed", "fixtures"]);
    let is_passed = |line: &&[u8]| memchr::memmem::find(line, b"\"outcome\":\"passed\"").is_some();
    let lines = |out: &Output| out.stdout.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let kept: Vec<_> = lines(&whole).into_iter().filter(|l| !is_passed(&l.as_slice())).collect();
    assert!(kept.len() + 50 < lines(&whole).len(), "no passed jobs were there");
    assert!(kept == lines(&failed));
    let count = |out: &Output| String::from_utf8_lossy(&out.stderr).lines().find(|l| l.contains(" passed")).map(str::to_owned);
    let human = |more: &[&str]| scan(&[&["--format", "human", "fixtures"], more].concat());
    let shown = |out: &Output| String::from_utf8_lossy(&out.stdout).lines().find(|l| l.contains(" records: ")).map(str::to_owned);
    let (all, only) = (human(&[]), human(&["--only", "failed"]));
    assert!(shown(&all).or(count(&all)).is_some());
    assert_eq!(shown(&all).or(count(&all)), shown(&only).or(count(&only)));
}

#[test]
fn a_file_is_judged_the_same_mapped_or_read() {
    let by = |when: &str| scan(&["--format", "jsonl", "--mmap", when, "fixtures"]).stdout;
    assert!(by("always") == by("never"));
}
