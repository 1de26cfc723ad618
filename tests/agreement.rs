//! The engine against its slow twin: every regex on every clean line, without a prefilter, a block or a stream.

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use common::{RULES, Random, traces};
use regex::bytes::Regex;
use whyred::engine::{Block, Engine, Found, Known, Scratch, Tables, Way};
use whyred::facts::Facts;
use whyred::pattern::{Catalog, Evidence, Pattern, Source, decode, encode};
use whyred::text::{MAX_LINE_BYTES, Splitter, dialect};
use whyred::trace::{Anatomy, Fed};
use whyred::verdict::{Options, Rules, Session};

/// A regex's source and the line on which it matches.
type Pair = (usize, String, bool);

struct Twin {
    /// Source, compiled, and for patterns the exceptions.
    patterns: Vec<(String, Vec<Regex>, Vec<Regex>)>,
    silent: Vec<(String, Regex)>,
}

impl Twin {
    fn new() -> Twin {
        let compile = |s: &str| dialect(s).unwrap();
        let mut patterns = Vec::new();
        let mut silent = BTreeSet::new();
        for p in &RULES.catalog().patterns {
            patterns.push((p.id.to_string(), p.matches.iter().map(|m| compile(&m.source)).collect(), p.except.iter().map(|e| compile(e)).collect()));
            let near = p.near.iter().flat_map(|n| n.any.iter().chain(&n.none).chain(&n.until));
            let evidence = p.causes.iter().flat_map(|c| &c.evidence).filter_map(|e| match e {
                Evidence::Line(regex) => Some(regex),
                Evidence::Fact(_) => None,
            });
            silent.extend(near.chain(&p.undone_by).chain(evidence).map(|r| r.source.clone()));
        }
        let silent = silent
            .into_iter()
            .map(|s| {
                let r = compile(&s);
                (s, r)
            })
            .collect();
        Twin { patterns, silent }
    }

    fn find(&self, lines: &[Vec<u8>]) -> BTreeSet<Pair> {
        let mut out = BTreeSet::new();
        for (i, line) in lines.iter().enumerate() {
            for (id, matches, except) in &self.patterns {
                if matches.iter().any(|r| r.is_match(line)) && !except.iter().any(|r| r.is_match(line)) {
                    out.insert((i, id.clone(), false));
                }
            }
            for (source, regex) in &self.silent {
                if regex.is_match(line) {
                    out.insert((i, source.clone(), true));
                }
            }
        }
        out
    }
}

/// Every way to search, the tables built here and those of the program.
static ENGINES: LazyLock<Vec<(String, Engine)>> = LazyLock::new(|| {
    let ways = [Way::Automaton, Way::Portable, Way::Avx2, Way::Avx512];
    let built = ways.map(|w| (format!("{w:?}"), Engine::with(Tables::build(RULES.catalog(), &Known::default()), w).unwrap()));
    built.into_iter().collect()
});

fn found(engine: &Engine, lines: &[Vec<u8>], parallel: bool) -> BTreeSet<Pair> {
    let mut block = Block::new();
    lines.iter().for_each(|l| block.push(l));
    let mut hits = Vec::new();
    if parallel {
        engine.scan_parallel(&block, 0..block.len(), &mut hits);
    } else {
        engine.scan(&block, 0..block.len(), &mut Scratch::default(), &mut hits);
    }
    hits.iter()
        .map(|h| match h.found {
            Found::Pattern(p, _) => (h.line as usize, RULES.catalog().patterns[p.0 as usize].id.to_string(), false),
            Found::Probe(p) => (h.line as usize, engine.program().probe(p).source.clone(), true),
        })
        .collect()
}

/// What the session feeds to the engine.
fn clean_lines(bytes: &[u8], chunk: usize) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut splitter = Splitter::new();
    let mut anatomy = Anatomy::new();
    for piece in bytes.chunks(chunk.max(1)) {
        splitter.push(piece, |line| anatomy.line(&line, &mut |fed: Fed| out.push(fed.text.to_vec())));
    }
    splitter.finish(|line| anatomy.line(&line, &mut |fed: Fed| out.push(fed.text.to_vec())));
    out
}

/// How much was found; the engine and its slow twin find the same.
fn agree(twin: &Twin, lines: &[Vec<u8>], what: &str) -> usize {
    let want = twin.find(lines);
    let built = ENGINES.iter().map(|(way, engine)| (way.as_str(), engine, false));
    let embedded = [("embedded", Rules::built_in().unwrap()), ("built", Rules::build(RULES.catalog().clone()).unwrap())];
    let shared = embedded.iter().map(|(way, rules)| (*way, rules.engine(), true));
    for (way, engine, parallel) in built.chain(shared) {
        let got = found(engine, lines, parallel);
        let missing: Vec<_> = want.difference(&got).take(5).collect();
        let extra: Vec<_> = got.difference(&want).take(5).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{what}, {way}: missing {missing:?}, extra {extra:?}");
    }
    want.len()
}

#[test]
fn every_regex_on_every_clean_line_of_the_fixtures() {
    // A regex sees one line: equal ones need one look.
    let lines: BTreeSet<Vec<u8>> = traces().iter().flat_map(|(_, bytes)| clean_lines(bytes, bytes.len())).collect();
    let lines: Vec<_> = lines.into_iter().collect();
    let found = agree(&Twin::new(), &lines, "fixtures");
    assert!(found > 1000, "only {found} matches: nothing was compared");
}

#[test]
fn every_regex_on_text_stitched_from_examples() {
    let twin = Twin::new();
    let examples: Vec<&str> = RULES
        .catalog()
        .patterns
        .iter()
        .flat_map(|p| p.must_match.iter().chain(&p.must_not_match))
        .flat_map(|e| e.log.lines())
        .filter(|l| !l.is_empty())
        .collect();
    let mut random = Random(7);
    let mut text = Vec::new();
    for _ in 0..3000 {
        stitch(&examples, &mut random, &mut text);
    }
    let lines = clean_lines(&text, text.len());
    assert!(agree(&twin, &lines, "stitched") > 500);
}

/// Appends a line: pieces of examples, whole ones too, with colour codes, time stamps, carriage returns and cuts.
fn stitch(examples: &[&str], random: &mut Random, out: &mut Vec<u8>) {
    if random.below(3) == 0 {
        out.extend_from_slice(b"2026-08-22T10:00:00.000000Z 01");
        out.extend_from_slice([b"O ", b"E ", b"O+", b"E+"][random.below(4)]);
    }
    for _ in 0..1 + random.below(3) {
        let example = examples[random.below(examples.len())].as_bytes();
        let (mut from, mut to) = (0, example.len());
        if random.below(3) == 0 {
            from = random.below(example.len());
            to = from + random.below(example.len() - from + 1);
        }
        let piece = &example[from..to];
        if random.below(3) == 0 && !piece.is_empty() {
            let cut = random.below(piece.len());
            out.extend_from_slice(&piece[..cut]);
            out.extend_from_slice([&b"\x1b[31m"[..], b"\x1b[0;m", b"\x1b]8;;https://x\x07", b"\r", b"\x00", b"\x1b[0K"][random.below(6)]);
            out.extend_from_slice(&piece[cut..]);
        } else {
            out.extend_from_slice(piece);
        }
    }
    out.extend_from_slice([&b"\n"[..], b"\r\n", b"\r", b"\n\n"][random.below(4)]);
}

#[test]
fn a_stream_cut_anywhere_is_the_whole() {
    let options = Options::default();
    for (name, bytes) in traces() {
        let judge = |chunk: usize| {
            let mut session = Session::new(&RULES, &options, Facts::new());
            bytes.chunks(chunk).for_each(|c| session.push(c));
            format!("{:?}", session.finish())
        };
        let whole = judge(bytes.len().max(1));
        for chunk in [1, 2, 7, 31, 32, 33, 1000] {
            assert!(judge(chunk) == whole, "{name} in chunks of {chunk}");
        }
    }
}

#[test]
fn a_huge_log_shared_out_over_threads_is_judged_as_by_one() {
    // The traces that belong to one kind of log, one behind the other, until several threads take part.
    let all = traces();
    let joined = |wants: &dyn Fn(&str) -> bool| {
        let one: Vec<u8> = all.iter().filter(|(name, _)| wants(name)).flat_map(|(_, bytes)| bytes.clone()).collect();
        one.repeat((4 << 20) / one.len() + 1)
    };
    let stamped = all.iter().find(|(_, bytes)| bytes.get(27..30) == Some(b" 00")).map(|(_, bytes)| bytes.repeat((3 << 20) / bytes.len() + 1));
    let logs = [joined(&|_| true), joined(&|name| name.starts_with("daemon-")), stamped.unwrap()];
    for (i, bytes) in logs.iter().enumerate() {
        let judge = |wide: bool, chunk: usize| {
            let options = Options { wide, ..Options::default() };
            let mut session = Session::new(&RULES, &options, Facts::new());
            bytes.chunks(chunk).for_each(|c| session.push(c));
            format!("{:?}", session.finish())
        };
        let whole = judge(false, bytes.len());
        for chunk in [bytes.len(), 1 << 20, 300_001, 9_999] {
            assert!(judge(true, chunk) == whole, "log {i} in chunks of {chunk}");
        }
    }
}

#[test]
fn lines_beyond_the_cut_are_the_same_in_every_chunk() {
    let mut bytes = b"x".repeat(MAX_LINE_BYTES - 20);
    bytes.extend_from_slice(b" fatal: no space left on device, and behind the cut: no space left on device\n");
    bytes.extend_from_slice(b"no space left on device\n");
    let whole = clean_lines(&bytes, bytes.len());
    assert_eq!(whole.len(), 2);
    assert_eq!(whole[0].len(), MAX_LINE_BYTES);
    for chunk in [1, 13, 4096, MAX_LINE_BYTES] {
        assert!(clean_lines(&bytes, chunk) == whole, "{chunk}");
    }
    agree(&Twin::new(), &whole, "long line");
}

#[test]
fn a_pattern_over_the_end_of_a_line_matches_nothing_and_harms_nothing() {
    let mut catalog = Catalog { classes: RULES.catalog().classes.clone(), ..Catalog::default() };
    let text = "title = 't'\nclass = 'network'\nmatch = ['(?:first part|other)\\nsecond part of it', 'second part']\n[[must_match]]\nline = 'second part'\n";
    catalog.add_pack("lines", &[Source { path: "network/over.toml".to_owned(), text: text.to_owned() }]).unwrap_or_else(|e| panic!("{e}"));
    let engine = Engine::new(Tables::build(&catalog, &Known::default())).unwrap();
    let mut block = Block::new();
    ["first part", "second part of it", "other", "second part of it"].iter().for_each(|l| block.push(l.as_bytes()));
    let mut hits = Vec::new();
    engine.scan(&block, 0..block.len(), &mut Scratch::default(), &mut hits);
    assert_eq!(hits.iter().map(|h| h.line).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn embedded_tables_have_no_automaton() {
    // It would find nothing, and say nothing of it.
    let tables = Tables::build(RULES.catalog(), &Known::default()).to_bytes().unwrap();
    let words: &'static mut [u64] = vec![0u64; tables.len().div_ceil(8)].leak();
    words.iter_mut().zip(tables.chunks(8)).for_each(|(word, bytes)| {
        let mut whole = [0; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        *word = u64::from_ne_bytes(whole);
    });
    let bytes: &'static [u8] = bytemuck::cast_slice(words);
    assert!(Engine::with(Tables::embedded(bytes).unwrap(), Way::Automaton).is_err());
    assert!(Engine::with(Tables::embedded(bytes).unwrap(), Way::Portable).is_ok());
    assert!(Tables::embedded(&bytes[..bytes.len() / 2 / 8 * 8]).is_err(), "cut tables are refused");
}

#[test]
fn what_is_known_of_regexes_is_what_would_be_computed() {
    let anew = Tables::build(RULES.catalog(), &Known::default());
    let known = Known::embedded(anew.program(), &anew.needs_to_bytes().unwrap()).unwrap();
    // A catalog that was embedded knows nothing of its regexes.
    let bare = decode(&encode(RULES.catalog()).unwrap()).unwrap();
    assert!(bare.patterns.iter().flat_map(Pattern::line_regexes).all(|r| r.needs.branches.is_empty()));
    assert!(Tables::build(&bare, &known).to_bytes().unwrap() == anew.to_bytes().unwrap(), "other tables");
}

/// Every line of every example that begins with no header.
fn example_lines() -> Vec<&'static str> {
    let examples = RULES.catalog().patterns.iter().flat_map(|p| p.must_match.iter().chain(&p.must_not_match));
    let lines: BTreeSet<&str> = examples.flat_map(|e| e.log.lines()).filter(|l| !l.trim().is_empty() && !l.starts_with("20")).collect();
    lines.into_iter().collect()
}

#[test]
fn a_colour_code_at_any_place_of_an_example_changes_no_clean_line() {
    let split = |bytes: &[u8]| {
        let mut out = Vec::new();
        let mut splitter = Splitter::new();
        splitter.push(bytes, |l| out.push(l.text.to_vec()));
        splitter.finish(|l| out.push(l.text.to_vec()));
        out
    };
    let lines = example_lines();
    let mut tried = 0;
    for line in &lines {
        let plain = split(line.as_bytes());
        for at in 0..=line.len() {
            for code in [&b"\x1b[31m"[..], b"\x1b[0;m"] {
                let coloured = [&line.as_bytes()[..at], code, &line.as_bytes()[at..]].concat();
                assert!(split(&coloured) == plain, "{line} at {at}");
                tried += 1;
            }
        }
    }
    assert!(tried > 100_000, "only {tried} places");
}

#[test]
fn an_example_is_found_at_every_alignment() {
    let lines: Vec<Vec<u8>> = example_lines().iter().map(|l| l.as_bytes().to_vec()).collect();
    let mut wanted: Option<BTreeSet<Pair>> = None;
    for shift in 0..16 {
        let shifted: Vec<Vec<u8>> = std::iter::once(vec![b'-'; shift]).chain(lines.iter().cloned()).collect();
        for (way, engine) in ENGINES.iter().filter(|(way, _)| way != "Automaton" || shift == 0) {
            let got = found(engine, &shifted, false);
            let want = wanted.get_or_insert_with(|| got.clone());
            assert!(got == *want, "{way} behind {shift} bytes");
        }
    }
    assert!(wanted.is_some_and(|w| w.len() > 2000));
}

#[test]
fn borders_of_chunks_of_1_to_300_bytes_change_nothing() {
    let options = Options::default();
    let some: Vec<_> = traces().into_iter().filter(|(_, bytes)| bytes.len() < 6000).step_by(60).collect();
    assert!(some.len() > 5);
    for (name, bytes) in some {
        let judge = |chunk: usize| {
            let mut session = Session::new(&RULES, &options, Facts::new());
            bytes.chunks(chunk).for_each(|c| session.push(c));
            format!("{:?}", session.finish())
        };
        let whole = judge(bytes.len());
        for chunk in 1..=300 {
            assert!(judge(chunk) == whole, "{name} in chunks of {chunk}");
        }
    }
}
