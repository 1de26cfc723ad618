//! `whyred scan --follow`: a file that grows, is cut, or is moved away and made anew.

#![cfg(unix)]

mod common;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::process::{signal, until};
use common::project;
use serde_json::Value;

const WHYRED: &str = env!("CARGO_BIN_EXE_whyred");
const LINE: &str = "remote: GitLab: You are not allowed to push code to protected branches on this project.\n";

/// A file that is followed, and the records that come.
struct Followed {
    _folder: tempfile::TempDir,
    path: PathBuf,
    records: PathBuf,
    child: Child,
}

impl Followed {
    fn new(begins: &str) -> Followed {
        let folder = tempfile::tempdir().unwrap();
        let (path, records) = (folder.path().join("job.log"), folder.path().join("records"));
        fs::write(&path, begins).unwrap();
        let child = follow(&path).stdout(File::create(&records).unwrap()).spawn().unwrap();
        Followed { _folder: folder, path, records, child }
    }

    fn grows(&self, by: &str) {
        OpenOptions::new().append(true).open(&self.path).unwrap().write_all(by.as_bytes()).unwrap();
    }

    fn records(&self) -> Vec<Value> {
        fs::read_to_string(&self.records).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    fn status(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

fn follow(path: &Path) -> Command {
    let mut command = Command::new(WHYRED);
    command.args(["scan", "--follow", "--quiet", "--format", "jsonl"]).arg(path).stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

fn shape(record: &Value) -> (String, Option<&str>, Option<u64>) {
    let kind = record["kind"].as_str().unwrap().to_owned();
    (kind, record["verdict"]["class"].as_str(), record["verdict"]["evidence"][0]["line"].as_u64())
}

#[test]
fn a_trace_is_judged_at_the_jobs_end_as_if_it_had_been_there_at_once() {
    let whole = fs::read_to_string(project("fixtures/traces/push-protected-main/trace.log")).unwrap();
    let middle = whole.len() / 2;
    let middle = (middle..).find(|i| whole.is_char_boundary(*i)).unwrap();
    let mut followed = Followed::new(&whole[..middle]);
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert!(followed.records().is_empty(), "the job has not ended");
    followed.grows(&whole[middle..]);
    assert_eq!(followed.status(), Some(0));
    let at_once = Command::new(WHYRED).args(["scan", "--format", "jsonl"]).arg(&followed.path).output().unwrap();
    assert_eq!(fs::read_to_string(&followed.records).unwrap(), String::from_utf8(at_once.stdout).unwrap());
}

#[test]
fn a_runners_log_goes_on_in_the_file_that_takes_its_place() {
    let log = fs::read_to_string(project("fixtures/traces/daemon-healthy-json-format/trace.log")).unwrap();
    let failure = log.lines().position(|l| l.contains("Job failed") && l.contains("70005")).unwrap();
    let lines: Vec<&str> = log.split_inclusive('\n').collect();
    let mut followed = Followed::new(&lines[..failure].concat());
    std::thread::sleep(std::time::Duration::from_millis(300));
    fs::rename(&followed.path, followed.path.with_extension("1")).unwrap();
    // The last line that the old file gets comes after it was moved.
    OpenOptions::new().append(true).open(followed.path.with_extension("1")).unwrap().write_all(b"\n").unwrap();
    fs::write(&followed.path, lines[failure..].concat()).unwrap();
    until("both verdicts", || followed.records().len() == 2);
    let records = followed.records();
    assert_eq!((records[0]["job"]["id"].as_u64(), records[0]["verdict"]["evidence"][0]["line"].as_u64()), (Some(70005), Some(1)));
    assert_eq!(shape(&records[1]), ("runner-job".to_owned(), Some("canceled"), Some(4)));
    signal(&followed.child, "TERM");
    assert_eq!((followed.status(), followed.records().len()), (Some(143), 2));
}

#[test]
fn a_file_that_is_cut_begins_anew() {
    let mut followed = Followed::new(&format!("{LINE}{LINE}"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    fs::write(&followed.path, "").unwrap();
    until("the first verdict", || followed.records().len() == 1);
    followed.grows("Running with gitlab-runner 17.5.0 (c6eae8d7)\nfatal: not a git repository\nERROR: Job failed: exit code 128\n");
    assert_eq!(followed.status(), Some(0));
    let records = followed.records();
    assert_eq!(shape(&records[0]), ("text".to_owned(), Some("protected-branch"), Some(1)));
    assert_eq!((records.len(), records[1]["kind"].as_str(), records[1]["job"]["outcome"].as_str()), (2, Some("job-trace"), Some("failed")));
}

#[test]
fn a_link_that_leads_elsewhere_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    fs::create_dir(of("other")).unwrap();
    fs::write(of("first"), LINE).unwrap();
    fs::write(of("other/second"), "Running with gitlab-runner 17.5.0 (c6eae8d7)\n").unwrap();
    symlink(of("first"), of("current")).unwrap();
    let child = follow(&of("current")).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(400));
    symlink(of("other/second"), of("next")).unwrap();
    fs::rename(of("next"), of("current")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(400));
    OpenOptions::new().append(true).open(of("other/second")).unwrap().write_all(b"ERROR: Job failed: exit code 1\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let classes: Vec<Value> = text.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["verdict"]["class"].clone()).collect();
    assert_eq!(classes, ["protected-branch", "unexplained"]);
}

#[test]
fn a_signal_ends_it_with_the_verdict_of_what_was_seen() {
    let mut followed = Followed::new("");
    followed.grows(LINE.trim_end());
    std::thread::sleep(std::time::Duration::from_millis(400));
    signal(&followed.child, "INT");
    assert_eq!(followed.status(), Some(130));
    assert_eq!(shape(&followed.records()[0]), ("text".to_owned(), Some("protected-branch"), Some(1)));
}

#[test]
fn what_cannot_be_followed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (path, word) in [(folder.path().join("gone.log"), "No such file"), (folder.path().to_path_buf(), "no regular file")] {
        let output = follow(&path).stdout(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(String::from_utf8(output.stderr).unwrap().contains(word), "{word}");
    }
    for more in [vec!["-"], vec!["a.log", "b.log"], vec!["a.log", "--threads", "2"]] {
        let output = Command::new(WHYRED).args(["scan", "--follow"]).args(&more).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{more:?}");
    }
}
