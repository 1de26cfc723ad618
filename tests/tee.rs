//! `whyred tee`: every byte as it came, and the verdict that `whyred scan` gives.

#![cfg(unix)]

mod common;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::LazyLock;

use common::process::{signal, until};
use common::{project, traces};
use rayon::prelude::*;
use whyred::facts::Facts;
use whyred::format::json_line;
use whyred::record::{Detail, Origin, Record};
use whyred::verdict::{Options, Rules, Session};

static BUILT_IN: LazyLock<Rules> = LazyLock::new(|| Rules::built_in().unwrap());
const WHYRED: &str = env!("CARGO_BIN_EXE_whyred");
const LINE: &[u8] = b"remote: GitLab: You are not allowed to push code to protected branches on this project.\n";
/// A runner's log in which one job fails and one is canceled.
const RUNNER_LOG: &str = "fixtures/traces/daemon-healthy-json-format/trace.log";

fn tee(arguments: &[&str]) -> Command {
    let mut command = Command::new(WHYRED);
    command.arg("tee").args(arguments).env_remove("CI").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Gives the input in pieces of that size, from another thread: the program must not wait for its end.
fn through(arguments: &[&str], input: &[u8], piece: usize) -> Output {
    let mut child = tee(arguments).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for piece in input.chunks(piece) {
                stdin.write_all(piece).unwrap();
            }
        });
        child.wait_with_output().unwrap()
    })
}

/// What the library says of the whole, as JSON Lines.
fn scanned(input: &[u8]) -> String {
    let (options, origin) = (Options { live: true, ..Options::default() }, Origin { trace: "-".to_owned(), ..Origin::default() });
    let mut session = Session::new(&BUILT_IN, &options, Facts::new());
    session.push(input);
    let mut lines = Vec::new();
    for judgement in session.finish() {
        let record = Record::new(&judgement, &origin, Detail::Normal, &options.redactor, &BUILT_IN.catalog().version);
        json_line(&record, &mut lines).unwrap();
    }
    String::from_utf8(lines).unwrap()
}

fn read_exact(child: &mut Child, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    child.stdout.as_mut().unwrap().read_exact(&mut read).unwrap();
    read
}

fn records(path: &Path) -> usize {
    fs::read_to_string(path).map_or(0, |t| t.lines().count())
}

#[test]
fn every_trace_passes_unchanged_and_is_judged_as_by_scan() {
    let folder = tempfile::tempdir().unwrap();
    traces().into_par_iter().for_each(|(name, bytes)| {
        let path = folder.path().join(&name);
        let output = through(&["--output", &format!("jsonl={}", path.display())], &bytes, 8191);
        assert!(output.stdout == bytes, "{name}");
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert_eq!(fs::read_to_string(&path).unwrap(), scanned(&bytes), "{name}");
    });
}

#[test]
fn single_bytes_and_bytes_of_any_kind_pass_unchanged() {
    let mut state = 7u32;
    let any: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(20 << 20)
    .collect();
    assert!(through(&["--quiet"], &any, 100_003).stdout == any);
    let output = through(&[], LINE, 1);
    assert_eq!(output.stdout, LINE);
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("protected-branch"));
}

#[test]
fn a_part_of_a_line_is_seen_at_once() {
    let mut child = tee(&["--quiet"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for piece in [&b"Password: "[..], b"x", b"\xff\n", b"."] {
        stdin.write_all(piece).unwrap();
        assert_eq!(read_exact(&mut child, piece.len()), piece);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_passes_gets_no_verdict() {
    let output = through(&[], b"all is well\n", 5);
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"all is well\n"[..], &b""[..]));
}

#[test]
fn a_reader_that_goes_away_ends_it_with_the_verdict() {
    let mut child = tee(&[]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(LINE).unwrap();
    assert_eq!(read_exact(&mut child, LINE.len()), LINE);
    drop(child.stdout.take());
    // The writer finds out by the broken pipe, as with `tee`.
    until("the end", || stdin.write_all(b"more\n").is_err());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("protected-branch"));
}

#[test]
fn signals_end_it_in_order() {
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let mut child = tee(&[]).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(LINE).unwrap();
        assert_eq!(read_exact(&mut child, LINE.len()), LINE);
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(128 + number), "{name}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("protected-branch"), "{name}");
        drop(stdin);
    }
}

#[test]
fn what_stands_in_the_pipe_at_a_signal_is_passed_on() {
    let mut child = tee(&["--quiet"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"begun\n").unwrap();
    assert_eq!(read_exact(&mut child, 6), b"begun\n");
    signal(&child, "STOP");
    stdin.write_all(LINE).unwrap();
    signal(&child, "TERM");
    signal(&child, "CONT");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.stdout.as_slice(), output.status.code()), (LINE, Some(143)));
    drop(stdin);
}

#[test]
fn killed_it_has_passed_on_what_it_read() {
    let mut child = tee(&["--quiet"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(LINE).unwrap();
    assert_eq!(read_exact(&mut child, LINE.len()), LINE);
    stdin.write_all(b"last words\n").unwrap();
    until("the copy", || {
        let mut byte = [0];
        child.stdout.as_mut().unwrap().read(&mut byte).unwrap() == 1 && byte[0] == b'\n'
    });
    child.kill().unwrap();
    child.wait().unwrap();
    drop(stdin);
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_read() {
    let output = through_unread(&["--output", "jsonl=/nonexistent/records"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/nonexistent/records"));
    let output = through_unread(&["--output", "records"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

fn through_unread(arguments: &[&str]) -> Output {
    tee(arguments).spawn().unwrap().wait_with_output().unwrap()
}

fn feed(stdin: &mut ChildStdin, text: &str) {
    stdin.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_runners_jobs_are_judged_as_they_end_and_files_can_be_moved_away() {
    let log = fs::read_to_string(project(RUNNER_LOG)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("jobs.jsonl"), folder.path().join("jobs.jsonl.1"));
    File::create(&path).unwrap().write_all(b"{\"from\":\"before\"}\n").unwrap();
    let mut child = tee(&["--quiet", "--output", &format!("jsonl={}", path.display())]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();

    feed(&mut stdin, &log);
    until("the first verdicts", || records(&path) == 3);
    let whole = fs::read_to_string(&path).unwrap();
    assert!(whole.starts_with("{\"from\":\"before\"}\n") && whole.ends_with("}\n"), "what was there stays, lines are whole");

    fs::rename(&path, &moved).unwrap();
    signal(&child, "HUP");
    until("the new file", || path.exists());
    feed(&mut stdin, &log.replace("\"job\":7", "\"job\":8"));
    until("the second verdicts", || records(&path) == 2);
    assert_eq!(records(&moved), 3);
    drop(stdin);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn a_runners_problems_are_told_when_they_begin_and_when_they_are_over() {
    let log = fs::read_to_string(project("fixtures/traces/daemon-refused-runner-format/trace.log")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("problems.jsonl");
    let mut child = tee(&["--output", &format!("jsonl={}", path.display())]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let told = || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let shape = |line: &str| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let problem = record.get("problem").filter(|p| !p.is_null())?;
            Some((record["verdict"]["pattern"].as_str()?.to_owned(), problem["count"].as_u64()?, problem["over"].as_bool()?))
        };
        text.lines().filter_map(shape).collect::<Vec<_>>()
    };
    let refused = |count, over| ("runner-unreachable/api-connection-refused".to_owned(), count, over);
    let unavailable = |count, over| ("runner-unreachable/api-service-unavailable".to_owned(), count, over);

    let success = log.rfind("Checking for jobs... received").unwrap();
    let success = log[..success].rfind('\n').unwrap() + 1;
    feed(&mut stdin, &log[..success]);
    until("both beginnings", || told().len() == 2);
    assert_eq!(told(), [refused(1, false), unavailable(1, false)]);
    feed(&mut stdin, &log[success..]);
    until("both ends", || told().len() == 4);
    assert_eq!(told()[2..], [refused(7, true), unavailable(1, true)]);
    // It comes again.
    feed(&mut stdin, &log[..success]);
    until("both beginnings again", || told().len() == 6);
    assert_eq!(told()[4..], [refused(1, false), unavailable(1, false)]);
    drop(stdin);
    let stderr = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert_eq!((told().len(), stderr.matches("runner-unreachable (platform)\n").count(), stderr.matches(" over\n").count()), (6, 4, 2));
}
