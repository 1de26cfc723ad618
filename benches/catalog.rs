//! What the size of the catalog costs: the same bytes with 50 patterns, with more, with all.
//!
//! `cargo bench --bench catalog`

mod common;

use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::BytesCount;
use whyred::facts::Facts;
use whyred::pattern::Source;
use whyred::verdict::{Options, Rules, Session};

/// Numbers of patterns.
const SIZES: [&str; 6] = ["50", "100", "200", "400", "800", "all"];

static OPTIONS: LazyLock<Options> = LazyLock::new(Options::default);

/// The classes, and `size` patterns taken evenly from the whole catalog.
fn some(size: &str) -> Rules {
    let (classes, patterns): (Vec<Source>, Vec<Source>) = common::sources().into_iter().partition(|s| s.path.ends_with("/class.toml"));
    let size = if size == "all" { patterns.len() } else { size.parse().expect("a number of patterns") };
    let chosen = (0..size).map(|i| patterns[i * patterns.len() / size].clone());
    let rules = common::rules(&classes.into_iter().chain(chosen).collect::<Vec<_>>());
    assert_eq!(rules.catalog().patterns.len(), size);
    rules
}

/// How many hits of different patterns there are in all logs.
fn hits(rules: &Rules, logs: &[Vec<u8>]) -> usize {
    let judge = |log: &Vec<u8>| {
        let mut session = Session::new(rules, &OPTIONS, Facts::new());
        session.push(log);
        session.finish().iter().map(|j| j.findings.len() + usize::from(j.verdict.is_some())).sum::<usize>()
    };
    logs.iter().map(judge).sum()
}

fn step(bencher: Bencher, size: &str, logs: &[Vec<u8>], least: usize) {
    let rules = some(size);
    // Regexes are compiled when first needed: a scan of many logs does not pay for that again and again.
    let found = hits(&rules, logs);
    assert!(found >= least, "{found} hits");
    let bytes: usize = logs.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| divan::black_box(hits(&rules, divan::black_box(logs))));
}

/// Whole traces, each judged alone.
#[divan::bench(args = SIZES)]
fn fixtures(bencher: Bencher, size: &str) {
    step(bencher, size, &common::traces(), 20);
}

/// A log of a build that says nothing of interest.
#[divan::bench(args = SIZES)]
fn clean_10_mib(bencher: Bencher, size: &str) {
    let line = b"[12/480] Building CXX object src/CMakeFiles/core.dir/main.cc.o\n";
    step(bencher, size, &[line.repeat((10 << 20) / line.len())], 0);
}

fn main() {
    divan::main();
}
