//! What the curves read: texts and pattern files.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::args::{Args, Colour, Stamps};
use crate::error::Error;
use crate::generate::{self, Plan, Random};
use crate::ours::Source;

/// Bytes of a text before it begins again.
const BLOCK_BYTES: usize = 10_000_000;
/// Files of one folder, and the different ones among all.
const FOLDER_FILES: usize = 1_000;
const ORIGINALS: usize = 100;
/// Bytes of a file where there are many, but for its last lines.
const FILE_BYTES: usize = 3_000;
/// Words of a generated pattern's regex, and its least bytes.
const WORDS: usize = 8;
const LEAST_BYTES: usize = 16;
/// Escape sequences of tools.
const ESCAPES: [&str; 6] = ["\x1b[31m", "\x1b[0m", "\x1b[1;32m", "\x1b[0;m", "\x1b[38;5;12m", "\x1b[0K"];

/// What traces of the bench have.
pub fn plan(args: &Args, files: usize) -> Plan {
    Plan { files, seed: args.seed, colour: Colour::Mixed, stamps: Stamps::Mixed }
}

/// Writes the different files of a tree below `folder`.
pub fn originals(args: &Args, folder: &Path, examples: &[String]) -> Result<Vec<PathBuf>, Error> {
    fs::create_dir_all(folder).map_err(|e| Error::path(folder, e))?;
    let mut paths = Vec::new();
    for index in 0..ORIGINALS {
        let path = folder.join(format!("{index:03}.log"));
        fs::write(&path, generate::trace(&plan(args, ORIGINALS), index, Some(FILE_BYTES), examples)).map_err(|e| Error::path(&path, e))?;
        paths.push(path);
    }
    Ok(paths)
}

/// A tree of `files` names below `folder` for the files of `originals`. The bytes that a reader of all names gets.
pub fn tree(originals: &[PathBuf], folder: &Path, files: usize) -> Result<u64, Error> {
    let sizes: Vec<u64> = originals.iter().map(|p| fs::metadata(p).map(|m| m.len()).map_err(|e| Error::path(p, e))).collect::<Result<_, _>>()?;
    let mut bytes = 0;
    for index in 0..files {
        let inner = folder.join(format!("{:04}", index / FOLDER_FILES));
        if index % FOLDER_FILES == 0 {
            fs::create_dir_all(&inner).map_err(|e| Error::path(&inner, e))?;
        }
        let path = inner.join(format!("job-{index:07}.log"));
        fs::hard_link(&originals[index % originals.len()], &path).map_err(|e| Error::path(&path, e))?;
        bytes += sizes[index % originals.len()];
    }
    Ok(bytes)
}

/// Writes a trace of harmless lines, `bytes` long or a line longer; a text that is long begins again and again. How many it wrote.
pub fn long(path: &Path, seed: u64, bytes: u64) -> Result<u64, Error> {
    let first = generate::first_line(seed);
    let mut written = first.len() as u64;
    let block = generate::harmless(seed, BLOCK_BYTES.min((bytes - written.min(bytes)) as usize));
    let mut file = File::create(path).map_err(|e| Error::path(path, e))?;
    file.write_all(first.as_bytes()).map_err(|e| Error::path(path, e))?;
    while written < bytes {
        file.write_all(block.as_bytes()).map_err(|e| Error::path(path, e))?;
        written += block.len() as u64;
    }
    Ok(written)
}

/// Harmless lines, of which one of `examples` stands for the given share.
pub fn dense(seed: u64, bytes: usize, share: f64, examples: &[(String, String)]) -> String {
    let (mut random, mut out) = (Random(seed), String::with_capacity(bytes + 1000));
    let harmless = generate::harmless(seed, bytes);
    for line in harmless.lines().cycle() {
        if out.len() >= bytes {
            break;
        }
        let line = if random.below(1_000_000) < (share * 1e6) as usize { examples[random.below(examples.len())].1.as_str() } else { line };
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The same text with so many escape sequences a line, before words.
pub fn coloured(text: &str, each: f64, seed: u64) -> String {
    let mut random = Random(seed);
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        let more = random.below(1_000_000) < (each.fract() * 1e6) as usize;
        let starts: Vec<usize> = [0].into_iter().chain(line.match_indices(' ').map(|(at, _)| at + 1)).collect();
        let mut places: Vec<usize> = (0..each as usize + usize::from(more)).map(|_| starts[random.below(starts.len())]).collect();
        places.sort_unstable();
        let mut from = 0;
        for at in places {
            out.push_str(&line[from..at]);
            out.push_str(ESCAPES[random.below(ESCAPES.len())]);
            from = at;
        }
        out.push_str(&line[from..]);
        out.push('\n');
    }
    out
}

/// All class files, and `count` patterns: of the project's as many as there are, in an order of the seed, and then
/// generated ones.
pub fn patterns(sources: &[Source], examples: &[(String, String)], count: usize, seed: u64) -> Result<Vec<Source>, Error> {
    let (mut files, mut patterns): (Vec<Source>, Vec<Source>) = sources.iter().cloned().partition(|s| s.path.ends_with("class.toml"));
    let mut random = Random(seed);
    for index in (1..patterns.len()).rev() {
        patterns.swap(index, random.below(index + 1));
    }
    let more = count.saturating_sub(patterns.len());
    files.extend(patterns.into_iter().take(count));
    let generated: Vec<Source> = generated(examples).take(more).collect();
    if generated.len() < more {
        return Err(Error::World(format!("the examples of the pattern files give {} new patterns, and not {more}", generated.len())));
    }
    files.extend(generated);
    Ok(files)
}

/// Patterns whose regex is the text of an example with its words in another order.
fn generated(examples: &[(String, String)]) -> impl Iterator<Item = Source> {
    let mut seen = HashSet::new();
    let variants = (1..=WORDS).flat_map(move |turn| examples.iter().map(move |example| (turn, example)));
    let fresh = variants.filter_map(move |(turn, (folder, line))| {
        let text = turned(line, turn)?;
        seen.insert(text.clone()).then(|| (folder.clone(), text))
    });
    fresh.enumerate().map(|(index, (folder, text))| pattern_file(index, &folder, &text))
}

/// The words of a line from the `turn`th on, then those before; backwards where `turn` is even.
fn turned(line: &str, turn: usize) -> Option<String> {
    let mut words: Vec<&str> = line.split(' ').filter(|w| !w.is_empty()).collect();
    if turn >= words.len() || !line.bytes().all(|b| (b' '..0x7f).contains(&b)) {
        return None;
    }
    words.rotate_left(turn);
    if turn.is_multiple_of(2) {
        words.reverse();
    }
    words.truncate(WORDS);
    let text = words.join(" ");
    (text.len() >= LEAST_BYTES && !line.contains(&text)).then_some(text)
}

fn pattern_file(index: usize, folder: &str, text: &str) -> Source {
    // A string of JSON without control characters is one of TOML.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let rank = if index.is_multiple_of(3) { "generic" } else { "specific" };
    let (regex, line) = (quoted(&regex_syntax::escape(text)), quoted(text));
    let text = format!("title = \"Generated pattern {index}\"\nrank = \"{rank}\"\nmatch = [{regex}]\n\n[[must_match]]\nline = {line}\n");
    Source { path: format!("{folder}/generated-{index:06}.toml"), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ours::{self, Judge};

    #[test]
    fn generated_patterns_are_patterns() {
        let sources = ours::sources().expect("the pattern files can be read");
        let lines = ours::example_lines(&sources).expect("they are patterns");
        let classes: Vec<Source> = sources.into_iter().filter(|s| s.path.ends_with("class.toml")).collect();
        let files = patterns(&classes, &lines, 20, 1).expect("there are enough examples");
        assert_eq!(files.len(), classes.len() + 20);
        let text: String = generated(&lines).take(20).map(|s| s.text.lines().last().map_or(String::new(), |l| format!("{l}\n"))).collect();
        let plain = text.replace("line = \"", "").replace("\\\"", "\"").replace("\"\n", "\n");
        assert!(Judge::build(&files).expect("they compile").judge(plain.as_bytes()) > 5);
    }

    #[test]
    fn words_in_another_order() {
        assert_eq!(turned("cannot open shared object", 1).as_deref(), Some("open shared object cannot"));
        assert_eq!(turned("cannot open shared object", 2).as_deref(), Some("open cannot object shared"));
        assert_eq!(turned("cannot open shared object", 4), None);
        assert_eq!(turned("a b", 1), None);
    }

    #[test]
    fn colour_changes_no_visible_byte() {
        let text = "one two three\nfour five\n";
        let coloured = coloured(text, 2.5, 1);
        assert!(coloured.matches('\x1b').count() >= 4);
        assert_eq!(ESCAPES.iter().fold(coloured, |t, e| t.replace(e, "")), text);
    }

    #[test]
    fn shares_of_examples() {
        let examples = [(String::new(), "here".to_owned())];
        assert!(!dense(1, 5_000, 0.0, &examples).contains("here\n"));
        assert!(dense(1, 5_000, 1.0, &examples).lines().all(|l| l == "here"));
    }
}
