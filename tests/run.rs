//! `whyred run`: the command's output and exit status, and why it failed.

#![cfg(unix)]

mod common;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::process::{read_until, signal, until};
use serde_json::Value;

const WHYRED: &str = env!("CARGO_BIN_EXE_whyred");
const LINE: &str = "remote: GitLab: You are not allowed to push code to protected branches on this project.";

fn run(arguments: &[&str]) -> Command {
    let mut command = Command::new(WHYRED);
    command.arg("run").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["CI", "CI_ENVIRONMENT_NAME", "CI_JOB_STARTED_AT", "CI_JOB_TIMEOUT"] {
        command.env_remove(name);
    }
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn records(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap_or_default().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// Has a terminal of its own, so that keys reach whole process groups.
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

#[test]
fn the_exit_status_is_the_commands_own() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "#!/bin/sh\nexit 0\n").unwrap();
    let script = folder.path().join("script");
    fs::write(&script, "#!/bin/sh\nexit 9\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();

    let mut rows: Vec<(Vec<String>, u8)> = vec![
        (vec!["true".into()], 0),
        (vec!["false".into()], 1),
        (vec![script.display().to_string()], 9),
        (vec!["no-such-program-anywhere".into()], 127),
        (vec![folder.path().join("gone").display().to_string()], 127),
        (vec![plain.display().to_string()], 126),
        (vec![folder.path().display().to_string()], 126),
        (vec!["sh".into(), "-c".into(), "exit 256".into()], 0),
        (vec!["sh".into(), "-c".into(), "no-such-program-anywhere".into()], 127),
        (vec!["sh".into(), "-c".into(), "exec >&- 2>&-; exit 5".into()], 5),
    ];
    rows.extend([2, 3, 42, 75, 125, 128, 129, 137, 254, 255].map(|n| (vec!["sh".into(), "-c".into(), format!("exit {n}")], n)));
    let signals = [("HUP", 1), ("INT", 2), ("QUIT", 3), ("ABRT", 6), ("KILL", 9), ("USR1", 10), ("SEGV", 11), ("PIPE", 13), ("ALRM", 14), ("TERM", 15)];
    rows.extend(signals.map(|(name, n)| (vec!["sh".into(), "-c".into(), format!("kill -{name} $$; sleep 5")], 128 + n)));
    assert!(rows.len() >= 30);
    for (words, want) in rows {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = run(&[&["--quiet", "--"], words.as_slice()].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(want.into()), "{words:?}: {}", text(&output.stderr));
        if let Ok(alone) = Command::new(words[0]).args(&words[1..]).stderr(Stdio::null()).status() {
            let alone = alone.code().or(alone.signal().map(|s| 128 + s));
            assert_eq!(alone, Some(want.into()), "{words:?} without anything around it");
        }
    }
}

#[test]
fn any_bytes_pass_unchanged_on_each_side() {
    let folder = tempfile::tempdir().unwrap();
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    let bytes = |seed: u32, n: u32| (0..n).map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 13) as u8).collect::<Vec<u8>>();
    fs::write(&out, bytes(1, 3_000_000)).unwrap();
    fs::write(&err, bytes(2, 1_000_000)).unwrap();
    let script = "cat \"$0\"; cat \"$1\" >&2";
    let output = run(&["--quiet", "sh", "-c", script, out.to_str().unwrap(), err.to_str().unwrap()]).output().unwrap();
    assert!(output.stdout == fs::read(&out).unwrap() && output.stderr == fs::read(&err).unwrap());
    let output = run(&["cat"]).stdin(File::open(&out).unwrap()).output().unwrap();
    assert!(output.stdout == fs::read(&out).unwrap() && output.stderr.is_empty());
}

#[test]
fn where_both_streams_are_one_file_the_order_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both");
    let both = File::create(&path).unwrap();
    let script = "i=0; while [ $i -lt 300 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done";
    let status = run(&["sh", "-c", script]).stdout(both.try_clone().unwrap()).stderr(both).status().unwrap();
    let want: String = (0..300).map(|i| format!("out {i}\nerr {i}\n")).collect();
    assert!(status.success() && fs::read_to_string(path).unwrap() == want);
}

#[test]
fn a_part_of_a_line_is_seen_at_once() {
    let mut child = run(&["sh", "-c", "printf part; read x; exit 3"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut part = [0; 4];
    child.stdout.as_mut().unwrap().read_exact(&mut part).unwrap();
    assert_eq!(&part, b"part");
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn what_is_left_in_the_background_is_not_waited_for() {
    let started = std::time::Instant::now();
    let mut child = run(&["sh", "-c", "sleep 30 & echo $!; exit 4"]).spawn().unwrap();
    let mut out = String::new();
    child.stdout.as_mut().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(Command::new("kill").arg(out.trim()).status().unwrap().success(), "it runs on");
}

#[test]
fn a_failure_is_explained_and_success_is_not() {
    let script = format!("echo '{LINE}'; exit 1");
    let output = run(&["sh", "-c", &script]).output().unwrap();
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("protected-branch  sh\n") && stderr.contains(LINE) && stderr.contains("Fix    1."), "{stderr}");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), format!("{LINE}\n").as_str()));

    let output = run(&["sh", "-c", &script.replace("exit 1", "exit 0")]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    let output = run(&["--quiet", "sh", "-c", &script]).output().unwrap();
    assert!(output.stderr.is_empty());
}

#[test]
fn records_say_how_the_command_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let output = format!("jsonl={}", path.display());
    for script in ["exit 0".to_owned(), format!("echo '{LINE}' >&2; exit 7")] {
        run(&["--quiet", "--output", &output, "sh", "-c", &script]).status().unwrap();
    }
    let records = records(&path);
    let seen = |r: &Value| (r["trace"].clone(), r["job"]["outcome"].clone(), r["job"]["exit_code"].clone(), r["verdict"]["class"].clone());
    assert_eq!(seen(&records[0]), ("sh".into(), "passed".into(), Value::Null, Value::Null));
    assert_eq!(seen(&records[1]), ("sh".into(), "failed".into(), 7.into(), "protected-branch".into()));
}

#[test]
fn lines_of_two_streams_do_not_stand_in_each_other() {
    let words: Vec<&str> = LINE.splitn(2, "allowed").collect();
    let script = format!("printf '{}allowed'; sleep 0.2; echo noise >&2; sleep 0.2; echo '{}'; exit 1", words[0], words[1]);
    let output = run(&["sh", "-c", &script]).output().unwrap();
    assert!(text(&output.stderr).contains("protected-branch  sh\n"), "{}", text(&output.stderr));
}

#[test]
fn in_a_job_the_reason_is_no_evidence_for_a_later_scan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.log");
    let mut trace = File::create(&path).unwrap();
    trace.write_all(b"Running with gitlab-runner 17.5.0 (c6eae8d7)\n").unwrap();
    let script = format!("echo '{LINE}'; printf 'no line end'; exit 1");
    let status = run(&["sh", "-c", &script]).env("CI", "true").stdout(trace.try_clone().unwrap()).stderr(trace.try_clone().unwrap()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    trace.write_all(b"ERROR: Job failed: exit code 1\n").unwrap();
    let written = fs::read_to_string(&path).unwrap();
    let (before, after) = written.split_once("\x1b[0Ksection_start:").unwrap();
    assert!(before.ends_with("no line end\n"), "{before}");
    let visible = after.split("section_start:").next().unwrap();
    let lines: Vec<&str> = visible.lines().collect();
    assert!(lines[1] == "sh: protected-branch (project)" && lines[2].contains(LINE) && lines[3].starts_with("    fix  "), "{visible}");
    assert!(after.contains(":whyred_verdict[collapsed=true]\r\x1b[0K") && after.contains("Fix    1."));

    let scanned = Command::new(WHYRED).args(["scan", "--format", "jsonl"]).arg(&path).output().unwrap();
    let record: Value = serde_json::from_slice(&scanned.stdout).unwrap();
    let lines: Vec<u64> = record["verdict"]["evidence"].as_array().unwrap().iter().map(|e| e["line"].as_u64().unwrap()).collect();
    assert_eq!((record["verdict"]["class"].as_str(), lines.as_slice()), (Some("protected-branch"), [2].as_slice()), "{record}");
    assert_eq!(record["findings"].as_array().map_or(0, Vec::len), 0, "{record}");
    assert!(!text(&scanned.stdout).contains("Why it failed"), "nor does it stand around the evidence");
}

#[test]
fn a_class_or_what_may_be_tried_again_gives_a_chosen_status() {
    let refused = format!("echo '{LINE}'; exit 1");
    let network = "echo '  curl error 18 while downloading https://mirrors.example.com/composer/lib-v1.0.7.zip: transfer closed with 23771 bytes remaining to read' >&2; exit 6";
    let status = |arguments: &[&str], script: &str| run(&[&["--quiet"], arguments, &["sh", "-c", script]].concat()).status().unwrap().code();
    assert_eq!(status(&["--on-class", "forbidden,protected-branch=75"], &refused), Some(75));
    assert_eq!(status(&["--on-class", "forbidden=75", "--on-class", "protected-branch=76"], &refused), Some(76));
    assert_eq!(status(&["--on-class", "forbidden=75", "--retryable-status", "77"], &refused), Some(1));
    assert_eq!(status(&["--retryable-status", "77"], network), Some(77));
    assert_eq!(status(&["--retryable-status", "77"], &network.replace("exit 6", "exit 0")), Some(0));
    // What delivers something is not run again.
    assert_eq!(status(&["--retryable-status", "77"], &format!("true terraform apply; {network}")), Some(6));
    let in_environment = run(&["--quiet", "--retryable-status", "77", "sh", "-c", network]).env("CI_ENVIRONMENT_NAME", "production").status();
    assert_eq!(in_environment.unwrap().code(), Some(6));
    for wrong in ["protected-branch=0", "protected-branch=256", "protected-branch", "no-such-class=3"] {
        assert_eq!(status(&["--on-class", wrong], "exit 9"), Some(2), "{wrong}");
    }
}

#[test]
fn what_cannot_be_written_is_told_before_the_command_runs() {
    let output = run(&["--output", "jsonl=/nonexistent/records", "sh", "-c", "echo ran"]).output().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(3), ""));
    assert!(text(&output.stderr).contains("/nonexistent/records"));
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_no_success() {
    let status = |script: &str| {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = run(&["--quiet", "sh", "-c", script]).stdout(full).output().unwrap();
        assert!(text(&output.stderr).contains("whyred: the output of sh: No space left on device"), "{}", text(&output.stderr));
        output.status.code()
    };
    assert_eq!((status("echo lost"), status("echo lost; exit 4")), (Some(3), Some(4)));
}

#[test]
fn signals_come_to_the_command_once() {
    for (name, n) in [("HUP", 1), ("INT", 2), ("QUIT", 3), ("USR1", 10), ("USR2", 12), ("TERM", 15)] {
        let script =
            format!("trap 'echo got; i=0; while [ $i -lt 5 ]; do sleep 0.05; i=$((i+1)); done; exit {n}' {name}; echo ready; while :; do sleep 0.02; done");
        for whole_group in [false, true] {
            // A terminal's group may not be left, and there the command shares it.
            if whole_group && has_terminal() {
                continue;
            }
            let mut child = run(&["--quiet", "sh", "-c", &script]).process_group(0).spawn().unwrap();
            read_until(&mut child, "ready\n");
            let to = if whole_group { format!("-{}", child.id()) } else { child.id().to_string() };
            assert!(Command::new("kill").args([&format!("-{name}"), "--", &to]).status().unwrap().success());
            let output = child.wait_with_output().unwrap();
            assert_eq!((output.status.code(), text(&output.stdout)), (Some(n), "got\n"), "{name}");
        }
    }
}

#[test]
fn a_signal_ends_it_with_the_verdict_of_what_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let script = format!("echo '{LINE}'; sleep 60");
    let mut child = run(&["--output", &format!("jsonl={}", path.display()), "sh", "-c", &script]).spawn().unwrap();
    read_until(&mut child, "project.\n");
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    let record = &records(&path)[0];
    assert_eq!((output.status.code(), record["job"]["outcome"].as_str()), (Some(143), Some("unknown")));
    assert_eq!(record["verdict"]["class"], "protected-branch");
    assert!(text(&output.stderr).contains(LINE));
}

#[test]
fn shortly_before_the_jobs_time_is_over_the_verdict_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let script = format!("echo '{LINE}'; sleep 2");
    let started = jiff::Timestamp::now() - Duration::from_millis(8_500);
    let mut command = run(&["--output", &format!("jsonl={}", path.display()), "sh", "-c", &script]);
    let child = command.env("CI_JOB_STARTED_AT", started.to_string()).env("CI_JOB_TIMEOUT", "10").spawn().unwrap();
    until("the verdict", || records(&path).len() == 1);
    let output = child.wait_with_output().unwrap();
    let classes: Vec<Value> = records(&path).iter().map(|r| r["verdict"]["class"].clone()).collect();
    assert_eq!((output.status.code(), classes), (Some(0), vec!["protected-branch".into(), Value::Null]));
    assert!(text(&output.stderr).starts_with("The job's time is nearly out."));
}

#[test]
fn a_reader_that_goes_away_is_the_commands_to_notice() {
    let mut child = run(&["--quiet", "sh", "-c", "yes; echo status $? >&2; exit 8"]).spawn().unwrap();
    read_until(&mut child, "y\n");
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).lines().last()), (Some(8), Some("status 141")));
}

/// What it wrote before the kill is there, and its command does not live on.
#[cfg(target_os = "linux")]
#[test]
fn killed_it_has_passed_on_what_it_read_and_takes_the_command_with_it() {
    if has_terminal() {
        return;
    }
    let mut child = run(&["sh", "-c", "echo $$; while :; do sleep 0.02; done"]).spawn().unwrap();
    let pid = read_until(&mut child, "\n");
    assert!(Path::new(&format!("/proc/{}", pid.trim())).exists());
    signal(&child, "KILL");
    child.wait().unwrap();
    let state = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    until("the command's end", || state().is_empty() || state().contains(") Z "));
}

/// A terminal with `whyred run` in its foreground.
struct Terminal {
    master: pty_process::blocking::Pty,
    child: Child,
    seen: String,
}

impl Terminal {
    fn run(arguments: &[&str]) -> Terminal {
        let (master, slave) = pty_process::blocking::open().unwrap();
        master.resize(pty_process::Size::new(33, 77)).unwrap();
        let child = pty_process::blocking::Command::new(WHYRED).arg("run").args(arguments).env_remove("CI").spawn(slave).unwrap();
        Terminal { master, child, seen: String::new() }
    }

    fn types(&mut self, keys: &[u8]) {
        self.master.write_all(keys).unwrap();
    }

    fn shows(&mut self, what: &str) {
        while !self.seen.contains(what) {
            assert!(self.read(), "{what} is not in {:?}", self.seen);
        }
    }

    fn read(&mut self) -> bool {
        let mut fds = [rustix::event::PollFd::new(&self.master, rustix::event::PollFlags::IN)];
        let patience = rustix::event::Timespec { tv_sec: 20, tv_nsec: 0 };
        assert!(rustix::event::poll(&mut fds, Some(&patience)).unwrap() > 0, "nothing more after {:?}", self.seen);
        let mut bytes = [0; 4096];
        let read = rustix::io::read(self.master.as_fd(), &mut bytes).unwrap_or(0);
        self.seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
        read > 0
    }

    fn ends(mut self) -> (Option<i32>, String) {
        while self.read() {}
        (self.child.wait().unwrap().code(), self.seen)
    }
}

#[test]
fn on_a_terminal_the_command_has_one() {
    let script = "test -t 0 && test -t 1 && test -t 2 && stty size; printf '\\033[31mred\\033[0m'; exit 6";
    let (status, seen) = Terminal::run(&["--quiet", "sh", "-c", script]).ends();
    assert_eq!((status, seen.as_str()), (Some(6), "33 77\r\n\x1b[31mred\x1b[0m"));
}

#[test]
fn keys_mean_to_the_command_what_they_mean_without_anything_around_it() {
    let mut terminal = Terminal::run(&["--quiet", "sh", "-c", "echo name?; read name; echo hello $name; exec sleep 60"]);
    terminal.shows("name?");
    terminal.types(b"Ada\r");
    terminal.shows("hello Ada");
    terminal.types(b"\x03");
    assert_eq!(terminal.ends().0, Some(130));
    let mut terminal = Terminal::run(&["--quiet", "sh", "-c", "echo ready; exec cat"]);
    terminal.shows("ready\r\n");
    terminal.types(b"x\r\x04");
    assert_eq!(terminal.ends(), (Some(0), "ready\r\nx\r\nx\r\n".to_owned()));
}

#[test]
fn a_window_that_changes_its_size_is_told_to_the_command() {
    let mut terminal = Terminal::run(&["--quiet", "sh", "-c", "trap 'stty size; exit 2' WINCH; echo ready; while :; do sleep 0.02; done"]);
    terminal.shows("ready");
    terminal.master.resize(pty_process::Size::new(20, 40)).unwrap();
    terminal.shows("20 40");
    assert_eq!(terminal.ends().0, Some(2));
}

#[test]
fn what_is_ignored_from_the_start_stays_ignored() {
    let script = "echo ready; sleep 0.3; echo done";
    for verb in [vec!["run", "--quiet", "sh", "-c", script], vec!["tee", "--quiet"]] {
        let words = format!("trap '' HUP; exec {WHYRED} \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &words, "sh"]).args(&verb).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        if verb[0] == "tee" {
            child.stdin.as_mut().unwrap().write_all(b"ready\n").unwrap();
        }
        read_until(&mut child, "ready\n");
        signal(&child, "HUP");
        std::thread::sleep(Duration::from_millis(100));
        assert!(child.try_wait().unwrap().is_none(), "{verb:?}");
        drop(child.stdin.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{verb:?}");
    }
}
