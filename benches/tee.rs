//! What `whyred tee` costs in a pipe, beside `cat` and `tee`: `cargo bench --bench tee`.
//!
//! The text is that of the fixtures, over and over. *Throughput*: 1 GB through the filter, as fast as it goes. *Latency*: a
//! line every millisecond, between them text at 100 MB a second; the time from before a line is written until it is read.
//! The three take turns; figures are medians over the rounds, ratios those of the medians. Peak memory is that of the whole
//! process. On Linux.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const THROUGHPUT_BYTES: usize = 1_000_000_000;
const LATENCY_LINES: u32 = 3000;
const BYTES_BETWEEN: usize = 100_000;
/// Begins a line of which the time is taken; the text holds none.
const MARK: &[u8] = b"\x01at ";

fn main() {
    // `cargo test --benches` only wants to see it start.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let text = text();
    let filters: [(&str, &str, &[&str]); 3] = [("cat", "cat", &[]), ("tee", "tee", &[]), ("whyred tee", env!("CARGO_BIN_EXE_whyred"), &["tee", "--quiet"])];
    let mut measured: [Vec<Measure>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for ((_, program, arguments), all) in filters.iter().zip(&mut measured) {
            all.push(measure(program, arguments, &text));
        }
    }
    let median = |all: &[Measure], of: fn(&Measure) -> f64| {
        let mut values: Vec<f64> = all.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!("{:<12} {:>8} {:>8} {:>14} {:>14} {:>10}", "filter", "GB/s", "x tee", "median us", "99th us", "peak KB");
    let tee = median(&measured[1], |m| m.seconds);
    for ((name, ..), all) in filters.iter().zip(&measured) {
        let seconds = median(all, |m| m.seconds);
        println!(
            "{name:<12} {:>8.2} {:>8.2} {:>14.0} {:>14.0} {:>10.0}",
            THROUGHPUT_BYTES as f64 / 1e9 / seconds,
            tee / seconds,
            median(all, |m| m.latency_median),
            median(all, |m| m.latency_99th),
            median(all, |m| m.peak_kilobytes),
        );
    }
}

struct Measure {
    seconds: f64,
    /// Microseconds.
    latency_median: f64,
    latency_99th: f64,
    peak_kilobytes: f64,
}

fn measure(program: &str, arguments: &[&str], text: &[u8]) -> Measure {
    let begun = Instant::now();
    let mut child = start(program, arguments);
    let (_, peak_kilobytes) = through(&mut child, |child, _| {
        let mut stdin = child.stdin.take().expect("it is a pipe");
        for piece in text.chunks(1 << 20).cycle().take(THROUGHPUT_BYTES.div_ceil(1 << 20)) {
            stdin.write_all(piece).expect("the filter reads");
        }
        peak(child)
    });
    let seconds = begun.elapsed().as_secs_f64();

    let mut child = start(program, arguments);
    let (mut latencies, _) = through(&mut child, |child, begun| {
        let mut stdin = child.stdin.take().expect("it is a pipe");
        for (i, piece) in (0..LATENCY_LINES).zip(text.chunks(BYTES_BETWEEN).cycle()) {
            while begun.elapsed() < Duration::from_millis(1) * i {
                std::hint::spin_loop();
            }
            let line = [b"\n", MARK, format!("{:020}\n", begun.elapsed().as_nanos()).as_bytes()].concat();
            stdin.write_all(&line).and_then(|()| stdin.write_all(piece)).expect("the filter reads");
        }
        0.0
    });
    assert_eq!(latencies.len(), LATENCY_LINES as usize, "{program} lost lines");
    latencies.sort_by(f64::total_cmp);
    Measure { seconds, latency_median: latencies[latencies.len() / 2], latency_99th: latencies[latencies.len() * 99 / 100], peak_kilobytes }
}

fn start(program: &str, arguments: &[&str]) -> Child {
    Command::new(program).args(arguments).env_remove("CI").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the filter is there")
}

/// Reads what the filter writes while `write` writes to it; gives the latencies of marked lines in microseconds, and what
/// `write` gave.
fn through(child: &mut Child, write: impl FnOnce(&mut Child, Instant) -> f64) -> (Vec<f64>, f64) {
    let mut stdout = child.stdout.take().expect("it is a pipe");
    let begun = Instant::now();
    let read = std::thread::spawn(move || {
        let (mut latencies, mut buffer, mut kept) = (Vec::new(), vec![0; 1 << 16], Vec::new());
        loop {
            let read = stdout.read(&mut buffer).expect("the filter writes");
            if read == 0 {
                return latencies;
            }
            let now = begun.elapsed().as_nanos();
            // A mark and its number may come in two parts.
            kept.extend_from_slice(&buffer[..read]);
            let mut from = 0;
            while let Some(at) = memchr::memmem::find(&kept[from..], MARK) {
                let start = from + at + MARK.len();
                let Some(sent) = kept.get(start..start + 20) else { break };
                let sent: u128 = std::str::from_utf8(sent).ok().and_then(|s| s.parse().ok()).expect("a mark has a number");
                latencies.push((now - sent) as f64 / 1e3);
                from = start + 20;
            }
            kept.drain(..kept.len().saturating_sub(MARK.len() + 20).max(from));
        }
    });
    let given = write(child, begun);
    let latencies = read.join().expect("reading went well");
    assert!(child.wait().expect("it ended").success());
    (latencies, given)
}

fn peak(child: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0)
}

/// The fixtures one behind the other.
fn text() -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/traces");
    let mut folders: Vec<_> = std::fs::read_dir(root).expect("the fixtures are there").flatten().map(|e| e.path()).collect();
    folders.sort();
    folders.iter().flat_map(|f| std::fs::read(f.join("trace.log")).unwrap_or_default()).filter(|b| *b != MARK[0]).collect()
}
