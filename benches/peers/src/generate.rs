//! Traces that look like those of GitLab jobs: the runner's head, sections, the output of build tools, and at the end
//! the lines of a failure, taken from the examples of the pattern files.
//!
//! The same plan gives the same bytes. What it shows of real logs is their shape: sizes, line lengths, words and
//! numbers, escape sequences, harmless lines that say `error`. How often each occurs is a guess.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::args::{Colour, Stamps};
use crate::error::Error;
use crate::ours;
use crate::templates::{COMMANDS, TOOLS, WORDS};

/// Median of the sizes in bytes, the deviation of their logarithm, and their bounds: a guess.
const MEDIAN_BYTES: f64 = 20_480.0;
const DEVIATION: f64 = 1.37;
const SIZES: (f64, f64) = (3_000.0, 4_194_304.0);
/// Files of one folder.
const FOLDER_FILES: usize = 500;
/// Of the runner.
const FIRST_LINE: &str = "{k}Running with gitlab-runner 18.4.0 ({h}){0}";
/// Bytes after which harmless lines are those of another tool.
const TOOL_BYTES: usize = 8_192;

/// What is generated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Number of files.
    pub files: usize,
    /// Another seed gives other files.
    pub seed: u64,
    /// Escape sequences.
    pub colour: Colour,
    /// Time stamp headers.
    pub stamps: Stamps,
}

/// All but the number of files.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |debug: String| debug.to_lowercase();
        let (colour, stamps) = (word(format!("{:?}", self.colour)), word(format!("{:?}", self.stamps)));
        write!(f, "seed {}, colour {colour}, stamps {stamps}", self.seed)
    }
}

/// Writes the files of a plan below `folder`.
pub fn write(plan: &Plan, folder: &Path) -> Result<(), Error> {
    let examples = ours::examples()?;
    for index in 0..plan.files {
        let folder = folder.join(format!("{:02}", index / FOLDER_FILES));
        fs::create_dir_all(&folder).map_err(|e| Error::path(&folder, e))?;
        let path = folder.join(format!("job-{index:06}.log"));
        fs::write(&path, trace(plan, index, None, &examples)).map_err(|e| Error::path(&path, e))?;
    }
    Ok(())
}

/// The bytes of one file, about `bytes` many if that is given.
pub fn trace(plan: &Plan, index: usize, bytes: Option<usize>, examples: &[String]) -> Vec<u8> {
    let mut random = Random((plan.seed << 32) ^ index as u64);
    let colour = match plan.colour {
        Colour::Mixed => [Colour::None, Colour::Sparse, Colour::Dense][random.below(3)],
        one => one,
    };
    let stamped = match plan.stamps {
        Stamps::None => false,
        Stamps::All => true,
        Stamps::Mixed => random.chance(40),
    };
    let size = bytes.unwrap_or_else(|| random.size());
    let words = WORDS.split(' ').collect();
    let mut writer = Writer { random, colour, words, out: String::with_capacity(size + size / 4) };
    writer.head();
    let body = if stamped { size * 3 / 4 } else { size };
    let tools = [writer.random.below(TOOLS.len()), writer.random.below(TOOLS.len())];
    for (i, tool) in tools.iter().enumerate() {
        writer.line(COMMANDS[*tool]);
        writer.tool(TOOLS[*tool], body * (i + 1) / tools.len());
    }
    if writer.random.chance(95) && !examples.is_empty() {
        let example = &examples[writer.random.below(examples.len())];
        writer.failure(example);
        let end = writer.out.len() + writer.random.below(600);
        writer.tool(TOOLS[tools[1]], end);
        writer.line("section_end:1716382226:step_script\r{k}section_start:1716382226:cleanup_file_variables\r{k}{k}{C}Cleaning up project directory and file based variables{0}");
        writer.line("section_end:1716382227:cleanup_file_variables\r{k}{R}ERROR: Job failed: exit code 1\n{0}");
    } else {
        writer.line("section_end:1716382226:step_script\r{k}{G}Job succeeded{0}");
    }
    let Writer { out, mut random, .. } = writer;
    if stamped { stamp(&out, &mut random) } else { out }.into_bytes()
}

/// The runner's first line, without colour: what follows is a job's trace.
pub fn first_line(seed: u64) -> String {
    let mut writer = Writer::plain(seed);
    writer.line(FIRST_LINE);
    writer.out
}

/// Lines of all tools, `bytes` long or a line longer: no colour, no failure.
pub fn harmless(seed: u64, bytes: usize) -> String {
    let mut writer = Writer::plain(seed);
    while writer.out.len() < bytes {
        let tool = writer.random.below(TOOLS.len());
        let end = bytes.min(writer.out.len() + TOOL_BYTES);
        writer.tool(TOOLS[tool], end);
    }
    writer.out
}

struct Writer {
    random: Random,
    colour: Colour,
    words: Vec<&'static str>,
    out: String,
}

impl Writer {
    /// Nothing yet, and no colour.
    fn plain(seed: u64) -> Writer {
        Writer { random: Random(seed), colour: Colour::None, words: WORDS.split(' ').collect(), out: String::new() }
    }

    /// What the runner writes before the script.
    fn head(&mut self) {
        self.line(FIRST_LINE);
        self.line("{k}  on {w}-runner {h}, system ID: s_{h}{0}");
        self.line("section_start:1716381826:prepare_executor\r{k}{k}{C}Preparing the \"docker\" executor{0}");
        self.line("{k}Using Docker executor with image {w}:{v} ...{0}");
        self.line("{k}Using docker image sha256:{h}{h}{h} for {w}:{v} with digest {w}@sha256:{h}{h}{h} ...{0}");
        self.line("section_end:1716381830:prepare_executor\r{k}section_start:1716381830:prepare_script\r{k}{k}{C}Preparing environment{0}");
        self.line("Running on runner-{h}-project-{n}-concurrent-0 via {w}.example.com...");
        self.line("section_end:1716381831:prepare_script\r{k}section_start:1716381831:get_sources\r{k}{k}{C}Getting source from Git repository{0}");
        self.line("{G}Fetching changes with git depth set to 20...{0}");
        self.line("Initialized empty Git repository in /builds/{p}/.git/");
        self.line("{G}Checking out {h} as detached HEAD (ref is {w})...{0}");
        self.line("{G}Skipping Git submodules setup{0}");
        self.line("section_end:1716381835:get_sources\r{k}section_start:1716381835:step_script\r{k}{k}{C}Executing \"step_script\" stage of the job script{0}");
    }

    /// Lines of a tool, until the trace has `end` bytes. One kind of line comes several times in a row.
    fn tool(&mut self, templates: &[&str], end: usize) {
        while self.out.len() < end {
            let template = templates[self.random.below(templates.len())];
            for _ in 0..1 + self.random.below(6) {
                self.line(template);
            }
        }
    }

    /// The lines of an example: red where the trace is coloured, and now and then with an escape sequence inside.
    fn failure(&mut self, example: &str) {
        let red = self.colour == Colour::Dense && self.random.chance(50);
        let broken = self.colour != Colour::None && self.random.chance(2);
        for line in example.lines() {
            let (head, tail) = line.split_at(if broken { line.find(' ').unwrap_or(0) } else { 0 });
            let (start, inside, end) = (if red { "\x1b[31m" } else { "" }, if broken { "\x1b[0;31m" } else { "" }, if red { "\x1b[0m" } else { "" });
            let parts = [start, head, inside, tail, end];
            parts.iter().for_each(|p| self.out.push_str(p));
            self.out.push('\n');
        }
    }

    /// A line of a template: `{w}` is a word, `{m}` some words, `{n}` a number, `{d}` a decimal, `{v}` a version, `{h}`
    /// twelve hex digits, `{p}` a path; the others are escape sequences, capitals those of the runner.
    fn line(&mut self, template: &str) {
        let own = match self.colour {
            Colour::None => false,
            Colour::Sparse => self.random.chance(5),
            Colour::Dense | Colour::Mixed => true,
        };
        let runner = self.colour != Colour::None;
        let mut rest = template;
        while let Some(at) = rest.find('{') {
            self.out.push_str(&rest[..at]);
            let code = &rest[at..(at + 3).min(rest.len())];
            rest = &rest[at + code.len()..];
            match code {
                "{w}" => self.words(1),
                "{m}" => {
                    let count = 3 + self.random.below(8);
                    self.words(count);
                }
                "{n}" => self.out.push_str(&self.random.below(10_000).to_string()),
                "{d}" => self.out.push_str(&format!("{}.{:02}", self.random.below(60), self.random.below(100))),
                "{v}" => self.out.push_str(&format!("{}.{}.{}", self.random.below(25), self.random.below(40), self.random.below(60))),
                "{h}" => self.out.push_str(&format!("{:012x}", self.random.next() >> 16)),
                "{p}" => {
                    self.words(1);
                    self.out.push('/');
                    self.words(1);
                    self.out.push('/');
                    self.words(1);
                }
                "{G}" | "{C}" | "{R}" | "{k}" if !runner => {}
                "{G}" => self.out.push_str("\x1b[32;1m"),
                "{C}" => self.out.push_str("\x1b[36;1m"),
                "{R}" => self.out.push_str("\x1b[31;1m"),
                "{k}" => self.out.push_str("\x1b[0K"),
                "{r}" | "{g}" | "{y}" | "{b}" | "{c}" if !own => {}
                "{r}" => self.out.push_str("\x1b[31m"),
                "{g}" => self.out.push_str("\x1b[32m"),
                "{y}" => self.out.push_str("\x1b[33m"),
                "{b}" => self.out.push_str("\x1b[1m"),
                "{c}" => self.out.push_str("\x1b[38;5;12m"),
                // What ends a colour of the template's beginning, in the runner's way or a tool's.
                "{0}" if runner && (own || template.contains(['G', 'C', 'k', 'R'])) => self.out.push_str("\x1b[0;m"),
                "{0}" => {}
                other => self.out.push_str(other),
            }
        }
        self.out.push_str(rest);
        self.out.push('\n');
    }

    fn words(&mut self, count: usize) {
        for i in 0..count {
            self.out.push_str(if i > 0 { " " } else { "" });
            self.out.push_str(self.words[self.random.below(self.words.len())]);
        }
    }
}

/// The same lines with the header that the runner writes before each. A few go on in a second line, with `+`.
fn stamp(text: &str, random: &mut Random) -> String {
    let (mut out, mut micros) = (String::with_capacity(text.len() * 3 / 2), 0_usize);
    for line in text.lines() {
        micros += random.below(90_000);
        let (minute, second, fraction) = (micros / 60_000_000 % 60, micros / 1_000_000 % 60, micros % 1_000_000);
        let header = format!("2026-05-22T12:{minute:02}:{second:02}.{fraction:06}Z 0");
        let stream = ["0O", "1O", "1O", "1O", "1E"][random.below(5)];
        let half = (0..=line.len() / 2).rev().find(|&i| line.is_char_boundary(i)).unwrap_or(0);
        if half > 0 && random.chance(2) {
            out.push_str(&format!("{header}{stream} {}\n{header}{stream}+{}\n", &line[..half], &line[half..]));
        } else {
            out.push_str(&format!("{header}{stream} {line}\n"));
        }
    }
    out
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to `end`, without it.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Log-normal: the sum of twelve even numbers is close to a normal one.
    fn size(&mut self) -> usize {
        let normal = (0..12).map(|_| self.below(1 << 20) as f64 / f64::from(1 << 20)).sum::<f64>() - 6.0;
        (MEDIAN_BYTES * (normal * DEVIATION).exp()).clamp(SIZES.0, SIZES.1) as usize
    }
}
