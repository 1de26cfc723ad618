//! Everything of the bench that is Vectorscan's: its sets of expressions, its rows, what it finds beside the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::args::Args;
use crate::corpus::Traces;
use crate::error::Error;
use crate::ours::Ours;
use crate::peers::{Clean, Raw, join_clean_lines};
use crate::record::Sets;
use crate::rows::{Rows, wants};
use crate::sets;
use crate::translate::{literal, translate};
use crate::twin::Twin;
use crate::vectorscan::{Database, Flags, Scanner, version};
use crate::vectorscan_database::{Set, Story};

/// What the rows of Vectorscan need.
#[derive(Debug)]
pub struct Vectorscan {
    /// `None`: no row of it is wanted.
    regexes: Option<Regexes>,
    literals: Option<Raw>,
}

#[derive(Debug)]
struct Regexes {
    raw: Raw,
    clean: Clean,
    /// The expressions of the database.
    expressions: Vec<String>,
    /// The probe of each.
    probes: Vec<u32>,
    /// Indices of the regexes that were given, and why they were not taken.
    refused: Vec<(usize, String)>,
}

/// Lines have ends, and a set needs each regex once.
const FLAGS: Flags = Flags::MULTILINE.and(Flags::SINGLEMATCH);

impl Vectorscan {
    /// Compiles the regexes of these probes, and these literals.
    pub fn build(args: &Args, active: &[(u32, &str)], literals: &[Vec<u8>], notes: &mut Vec<String>) -> Result<Vectorscan, Error> {
        let regexes = (wants(args, "files/vectorscan/1") || wants(args, "files/vectorscan/2") || wants(args, "files/vectorscan-clean/1"))
            .then(|| Regexes::build(active, notes))
            .transpose()?;
        let wants_literals = wants(args, "files/vectorscan-literals/1") || wants(args, "files/vectorscan-literals/2");
        let literals = wants_literals.then(|| {
            let expressions: Vec<String> = literals.iter().map(|l| literal(l)).collect();
            let set = Set::build(&expressions, Flags::SINGLEMATCH.and(Flags::CASELESS))?;
            notes.push(told("literals", &set.story));
            Ok(Raw(Arc::new(set)))
        });
        Ok(Vectorscan { regexes, literals: literals.transpose()? })
    }

    /// Adds the library's version.
    pub fn add_version(&self, versions: &mut BTreeMap<String, String>) {
        versions.insert("vectorscan".to_owned(), version());
    }

    /// What it finds beside the engine, on clean text and on raw text.
    pub fn compare(&self, ours: &Ours, twin: &Twin, traces: &Traces, files: usize) -> Result<Vec<Sets>, Error> {
        let Some(regexes) = &self.regexes else { return Ok(Vec::new()) };
        let scanner = || regexes.raw.0.database.scanner().map_err(Error::World);
        let mut raw = Finder { regexes, scanner: scanner()?, alone: BTreeMap::new(), clean: None };
        let mut clean = Finder { scanner: scanner()?, alone: BTreeMap::new(), clean: Some(Vec::new()), ..raw };
        let clean = sets::compare("clean text", &mut clean, ours, twin, traces, files)?;
        let raw = sets::compare("raw text", &mut raw, ours, twin, traces, files)?;
        Ok(vec![clean, raw])
    }

    /// Adds its rows.
    pub fn add_rows<'p>(&'p self, rows: &mut Rows<'p>) -> Result<(), Error> {
        if let Some(Regexes { raw, clean, .. }) = &self.regexes {
            for threads in [1, 2] {
                rows.engine("vectorscan", "Vectorscan, regexes, raw text, a set a file", raw, threads)?;
            }
            rows.engine("vectorscan-clean", "Vectorscan, regexes, clean text (made in the time), a set a file", clean, 1)?;
        }
        if let Some(literals) = &self.literals {
            for threads in [1, 2] {
                rows.engine("vectorscan-literals", "Vectorscan, literals only, any case, raw text, a set a file", literals, threads)?;
            }
        }
        Ok(())
    }

    /// The regexes that it refused, and why.
    pub fn refused(&self, sources: &[&str]) -> Vec<(String, String)> {
        let refused = self.regexes.iter().flat_map(|r| &r.refused);
        refused.map(|(index, why)| (sources[*index].to_owned(), why.clone())).collect()
    }
}

impl Regexes {
    fn build(active: &[(u32, &str)], notes: &mut Vec<String>) -> Result<Regexes, Error> {
        let (mut expressions, mut given, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (_, source)) in active.iter().enumerate() {
            match translate(source) {
                Ok(expression) => {
                    expressions.push(expression);
                    given.push(index);
                }
                Err(why) => refused.push((index, why)),
            }
        }
        eprintln!("vectorscan: {} regexes are compiled, or taken from an earlier run", expressions.len());
        let set = Set::build(&expressions, FLAGS)?;
        notes.push(told("regexes", &set.story));
        refused.extend(set.story.refused.iter().map(|(i, why)| (given[*i], why.clone())));
        refused.sort();
        let probes = set.ids.iter().map(|&i| active[given[i]].0).collect();
        let expressions = set.ids.iter().map(|&i| expressions[i].clone()).collect();
        let set = Arc::new(set);
        Ok(Regexes { raw: Raw(Arc::clone(&set)), clean: Clean(set), expressions, probes, refused })
    }
}

/// Looks for the regexes in a trace, or in its clean lines.
struct Finder<'r> {
    regexes: &'r Regexes,
    scanner: Scanner<'r>,
    /// Databases of one regex each.
    alone: BTreeMap<u32, Option<Database>>,
    /// The clean lines, if they are what is looked at.
    clean: Option<Vec<u8>>,
}

impl Finder<'_> {
    fn text<'t>(clean: &'t mut Option<Vec<u8>>, trace: &'t [u8]) -> &'t [u8] {
        let Some(text) = clean else { return trace };
        join_clean_lines(trace, text);
        text
    }
}

impl sets::Find for Finder<'_> {
    fn find(&mut self, trace: &[u8]) -> Result<BTreeSet<u32>, Error> {
        let mut ids = Vec::new();
        self.scanner.scan(Finder::text(&mut self.clean, trace), &mut ids).map_err(Error::World)?;
        Ok(ids.iter().map(|&id| self.regexes.probes[id as usize]).collect())
    }

    fn find_alone(&mut self, probe: u32, trace: &[u8]) -> Result<Option<bool>, Error> {
        let expression = |id: usize| Database::compile(&[&self.regexes.expressions[id]], FLAGS).ok();
        let database = || self.regexes.probes.iter().position(|&p| p == probe).and_then(expression);
        let Some(database) = self.alone.entry(probe).or_insert_with(database) else { return Ok(None) };
        let mut ids = Vec::new();
        let mut scanner = database.scanner().map_err(Error::World)?;
        scanner.scan(Finder::text(&mut self.clean, trace), &mut ids).map_err(Error::World)?;
        Ok(Some(!ids.is_empty()))
    }
}

fn told(what: &str, story: &Story) -> String {
    let (seconds, bytes, info) = (story.seconds, story.bytes, &story.info);
    let when = if story.kept { " by an earlier run" } else { "" };
    let refused = story.refused.len();
    format!("Vectorscan's {what}: compiled in {seconds:.1} s{when}, {refused} refused, {bytes} bytes; {info}")
}
