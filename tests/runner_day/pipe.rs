//! A day through the program, as `gitlab-runner run 2>&1 | whyred tee --output jsonl=PATH` has it.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use super::day::{Day, Plan};
use super::told::Told;

/// Bytes that are written at a time: as many as a pipe holds.
const PIECE_BYTES: usize = 64 * 1024;
/// Bytes behind a record's line after which the record must have come. The program judges 128 KiB at a time; it skips some
/// where 32 pieces wait, and two of these may be little more than 64 KiB.
const LAG_BYTES: u64 = 512 * 1024;
/// Nothing takes so long that goes well.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps the writer from being faster than the program can judge, which then passes bytes on unjudged and says so. That takes
/// nothing away from the proof: ten million lines a day are 115 a second, some 40 kB, and here five hundred times as many come.
struct Pace {
    /// When the first byte was written.
    begun: Instant,
    /// Not more than this, however fast the program is.
    bytes_per_second: f64,
    /// Bytes so far.
    written: u64,
    /// Where the lines of the records stand that did not come yet.
    expected: VecDeque<u64>,
    /// Records that came.
    gone: u64,
}

/// How far the records came.
#[derive(Default)]
struct Seen {
    /// That were as expected.
    records: AtomicU64,
    /// One was not, or did not come.
    failed: AtomicBool,
}

impl Pace {
    /// Waits until more may be written; false: something is wrong.
    fn wait(&mut self, seen: &Seen) -> bool {
        let due = Duration::from_secs_f64(self.written as f64 / self.bytes_per_second);
        sleep(due.saturating_sub(self.begun.elapsed()));
        let since = Instant::now();
        loop {
            let records = seen.records.load(Ordering::Relaxed);
            self.expected.drain(..(records - self.gone) as usize);
            self.gone = records;
            if seen.failed.load(Ordering::Relaxed) || since.elapsed() > PATIENCE {
                return false;
            }
            if self.expected.front().is_none_or(|at| at + LAG_BYTES > self.written) {
                return true;
            }
            sleep(Duration::from_millis(1));
        }
    }
}

/// Pipes the day through the program. Everything is compared while it comes, and nothing is kept.
pub fn pipe(plan: Plan, megabytes_per_second: f64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.jsonl");
    File::create(&path).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_whyred"));
    command.args(["tee", "--detail", "brief", "--output", &format!("jsonl={}", path.display())]).env_remove("CI");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdin, stdout, stderr) = (child.stdin.take().unwrap(), child.stdout.take().unwrap(), child.stderr.take().unwrap());

    let (mut day, seen, begun) = (Day::new(plan), Seen::default(), Instant::now());
    let mut pace = Pace { begun, bytes_per_second: megabytes_per_second * 1e6, written: 0, expected: VecDeque::new(), gone: 0 };
    let ((pieces, copied), (to_tell, told)) = (channel(), channel());
    scope(|scope| {
        let (path, seen) = (&path, &seen);
        let copy = scope.spawn(move || compare(stdout, &copied));
        let spoken = scope.spawn(move || lines_that_speak_of_skipping(stderr));
        let records = scope.spawn(move || {
            let outcome = follow(path, &told, seen);
            seen.failed.store(outcome.is_err(), Ordering::Relaxed);
            outcome
        });
        let (mut lines, mut new, mut goes_on) = (Vec::new(), Vec::new(), true);
        while goes_on && pace.wait(seen) {
            while goes_on && lines.len() < PIECE_BYTES {
                goes_on = day.go_on(&mut lines, &mut new);
            }
            for one in new.drain(..) {
                pace.expected.push_back(one.bytes);
                to_tell.send(one).unwrap();
            }
            if stdin.write_all(&lines).is_err() {
                break;
            }
            pace.written += lines.len() as u64;
            pieces.send(std::mem::take(&mut lines)).unwrap();
        }
        drop((pieces, to_tell));
        let peak = peak_memory(child.id());
        drop(stdin);
        let status = child.wait().unwrap();
        let seconds = begun.elapsed().as_secs_f64();
        copy.join().unwrap().unwrap();
        let mut rest = records.join().unwrap().unwrap_or_else(|e| panic!("{:?}, seed {}: {e}", plan.format, plan.seed));
        assert!(!goes_on, "records did not come");
        let mut unexpected = String::new();
        rest.read_to_string(&mut unexpected).unwrap();
        assert_eq!(unexpected, "", "not expected");
        assert_eq!(spoken.join().unwrap(), Vec::<String>::new());
        assert_eq!(status.code(), Some(0));
        let (counts, megabytes) = (day.counts, pace.written as f64 / 1e6);
        println!("{:?}: {} lines, {megabytes:.0} MB, {seconds:.0} s, {:.1} MB/s", plan.format, day.lines(), megabytes / seconds);
        println!("  {} jobs, {} of them failed; {} problems began, {} were over", counts.jobs, counts.failed_jobs, counts.begun, counts.over);
        println!("  {} records, all as expected; standard output byte for byte the input; {peak} at the most", pace.gone);
    });
}

/// Compares what comes with the pieces that were written; the error says where they part.
fn compare(mut stdout: impl Read, pieces: &Receiver<Vec<u8>>) -> Result<(), String> {
    let (mut piece, mut at, mut bytes, mut buffer) = (Vec::new(), 0, 0u64, vec![0; PIECE_BYTES]);
    loop {
        let read = stdout.read(&mut buffer).unwrap();
        let mut came = &buffer[..read];
        while !came.is_empty() {
            if at == piece.len() {
                (piece, at) = (pieces.recv().map_err(|_| format!("more came than {bytes} bytes"))?, 0);
            }
            let length = came.len().min(piece.len() - at);
            if came[..length] != piece[at..at + length] {
                return Err(format!("standard output is another behind {bytes} bytes"));
            }
            (came, at, bytes) = (&came[length..], at + length, bytes + length as u64);
        }
        if read == 0 {
            let is_all = at == piece.len() && pieces.recv().is_err();
            return if is_all { Ok(()) } else { Err(format!("standard output ended behind {bytes} bytes")) };
        }
    }
}

/// Reads the records as they are written and compares each with the next that is expected. Gives what was not read.
fn follow(path: &Path, expected: &Receiver<Told>, seen: &Seen) -> Result<BufReader<File>, String> {
    let mut file = BufReader::new(File::open(path).map_err(|e| e.to_string())?);
    for (number, expected) in expected.iter().enumerate() {
        let (mut line, since) = (String::new(), Instant::now());
        while !line.ends_with('\n') {
            if file.read_line(&mut line).map_err(|e| e.to_string())? == 0 {
                if since.elapsed() > PATIENCE {
                    return Err(format!("record {number} did not come: {expected:?}"));
                }
                sleep(Duration::from_millis(1));
            }
        }
        let told = Told::read(&line);
        if told != expected {
            return Err(format!("record {number}\n  expected {expected:?}\n  told     {told:?}"));
        }
        seen.records.fetch_add(1, Ordering::Relaxed);
    }
    Ok(file)
}

/// Standard error has a note where bytes were not judged.
fn lines_that_speak_of_skipping(stderr: impl Read) -> Vec<String> {
    BufReader::new(stderr).lines().map(Result::unwrap).filter(|line| line.contains("came faster than they could be judged")).collect()
}

/// The most memory that the process had so far, where the system tells.
fn peak_memory(pid: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or("memory unknown".to_owned(), |peak| format!("{} resident", peak.trim()))
}
