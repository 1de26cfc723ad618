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
