//! What must be known of a measurement: machine, versions, commit, date.

use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// SIMD that scanners make a difference of.
const SIMD: [&str; 6] = ["ssse3", "avx2", "avx512f", "avx512bw", "avx512vbmi", "gfni"];
/// Steps of a loop that touches no memory: some tens of milliseconds.
const STEPS: u64 = 40_000_000;

/// The machine.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Model of the processor.
    pub cpu: String,
    /// Processors that this process may use.
    pub cores: usize,
    /// What it has of the SIMD that scanners use.
    pub simd: Vec<String>,
    /// Version of the kernel.
    pub kernel: String,
    /// What two threads do of a loop without memory, one thread being 1.
    pub two_threads: f64,
    /// The load average of the last minute when the run began.
    pub load_before: String,
    /// And when it ended.
    pub load_after: String,
}

impl Machine {
    /// The machine at hand.
    pub fn read() -> Machine {
        Machine {
            cpu: cpu_field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: thread::available_parallelism().map_or(1, |n| n.get()),
            simd: cpu_flags(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").map_or_else(|_| std::env::consts::OS.to_owned(), |s| s.trim().to_owned()),
            two_threads: two_threads(),
            load_before: load(),
            load_after: String::new(),
        }
    }
}

/// What the processor has of the SIMD that scanners use.
pub fn cpu_flags() -> Vec<String> {
    let flags = cpu_field("flags").unwrap_or_default();
    SIMD.iter().filter(|s| flags.split(' ').any(|f| f == **s)).map(|s| (*s).to_owned()).collect()
}

/// The load average of the last minute; empty where the system does not say.
pub fn load() -> String {
    fs::read_to_string("/proc/loadavg").ok().and_then(|s| s.split(' ').next().map(str::to_owned)).unwrap_or_default()
}

/// The commit of the project, and whether its tree differs from it; empty outside of a repository.
pub fn commit() -> String {
    let folder = crate::ours::project();
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("--no-optional-locks").arg("-C").arg(&folder).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "HEAD"]) else { return String::new() };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|s| !s.is_empty());
    if changed { format!("{commit}, with changes") } else { commit }
}

/// The version of a crate that was linked, as the lock file has it.
pub fn crate_version(name: &str) -> String {
    let lock = include_str!("../Cargo.lock");
    let mut lines = lock.lines().skip_while(|l| *l != format!("name = \"{name}\""));
    let version = lines.nth(1).and_then(|l| l.strip_prefix("version = "));
    version.unwrap_or_default().trim_matches('"').to_owned()
}

/// The time of day, UTC, as RFC 3339 has it.
pub fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    rfc3339(seconds)
}

fn rfc3339(seconds: u64) -> String {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March, in eras of 400: a leap day is then the last day of its year.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + carry;
    format!("{year:04}-{month:02}-{day_of_month:02}T{:02}:{:02}:{:02}Z", time / 3_600, time / 60 % 60, time % 60)
}

fn cpu_field(name: &str) -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|l| l.split(':').next().is_some_and(|k| k.trim() == name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// How much more two threads do than one, where memory plays no part. The median of five.
fn two_threads() -> f64 {
    let work = || {
        let mut x = black_box(1_u64);
        for _ in 0..STEPS {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        }
        black_box(x);
    };
    let once = || {
        let start = Instant::now();
        work();
        let one = start.elapsed().as_secs_f64();
        let start = Instant::now();
        thread::scope(|scope| {
            scope.spawn(work);
            work();
        });
        2.0 * one / start.elapsed().as_secs_f64()
    };
    let mut gains: Vec<f64> = (0..5).map(|_| once()).collect();
    gains.sort_by(f64::total_cmp);
    gains[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_798_761_599), "2026-12-31T23:59:59Z");
    }

    #[test]
    fn versions_stand_in_the_lock_file() {
        assert!(crate_version("memchr").starts_with("2."));
        assert_eq!(crate_version("no-such-crate"), "");
    }
}
