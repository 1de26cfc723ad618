//! A ladder of inputs through the whole session, in bytes a second. Each step asserts what it finds before it is timed.
//!
//! `cargo bench --bench ladder`

mod common;

use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::BytesCount;
use whyred::facts::Facts;
use whyred::verdict::{Judgement, Options, Rules, Session};

static RULES: LazyLock<Rules> = LazyLock::new(|| common::rules(&common::sources()));
static OPTIONS: LazyLock<Options> = LazyLock::new(Options::default);

const MIB: usize = 1 << 20;
/// Bytes handed over at a time, as from a file.
const CHUNK: usize = 256 * 1024;

fn judge(bytes: &[u8]) -> Vec<Judgement> {
    let mut session = Session::new(&RULES, &OPTIONS, Facts::new());
    bytes.chunks(CHUNK).for_each(|c| session.push(c));
    session.finish()
}

/// The class of the verdict, or `-`.
fn class(bytes: &[u8]) -> String {
    judge(bytes)[0].verdict.as_ref().map_or("-".to_owned(), |v| v.class.clone())
}

fn repeated(line: &str, bytes: usize) -> Vec<u8> {
    line.as_bytes().iter().copied().cycle().take(bytes / line.len() * line.len()).collect()
}

fn step(bencher: Bencher, bytes: Vec<u8>, want: &str) {
    assert_eq!(class(&bytes), want, "the step finds something else");
    bencher.counter(BytesCount::new(bytes.len())).bench(|| divan::black_box(judge(divan::black_box(&bytes)).len()));
}

#[divan::bench]
fn empty(bencher: Bencher) {
    step(bencher, Vec::new(), "-");
}

#[divan::bench]
fn one_line(bencher: Bencher) {
    step(bencher, b"fatal: early EOF, no space left on device\n".to_vec(), "disk-full");
}

#[divan::bench]
fn clean_10_mib(bencher: Bencher) {
    step(bencher, repeated("[12/480] Building CXX object src/CMakeFiles/core.dir/main.cc.o\n", 10 * MIB), "-");
}

/// Every line holds a required literal, and no regex matches.
#[divan::bench]
fn near_misses_10_mib(bencher: Bencher) {
    step(bencher, repeated("checked: space left on device, none missing; the requested URL returned status 200\n", 10 * MIB), "-");
}

#[divan::bench]
fn all_hits_10_mib(bencher: Bencher) {
    step(bencher, repeated("tar: write error: No space left on device\n", 10 * MIB), "disk-full");
}

#[divan::bench]
fn one_line_of_10_mib(bencher: Bencher) {
    step(bencher, repeated("progress . ", 10 * MIB), "-");
}

#[divan::bench]
fn real_traces(bencher: Bencher) {
    let bytes = common::traces().concat();
    let found = judge(&bytes);
    assert!(bytes.len() > 256 * 1024 && found[0].findings.len() > 10, "{} bytes, {} findings", bytes.len(), found[0].findings.len());
    bencher.counter(BytesCount::new(bytes.len())).bench(|| divan::black_box(judge(divan::black_box(&bytes)).len()));
}

fn main() {
    divan::main();
}
