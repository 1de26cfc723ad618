//! Sets of expressions as databases of Vectorscan, kept between runs: thousands of regexes take it a quarter of a
//! minute.
//!
//! A kept database is a file of the system's folder for such: a line of JSON, then the library's bytes. Its name is a
//! hash of all that went into it.

use std::fs;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::facts;
use crate::vectorscan::{Database, Flags, version};

/// A database, and what is to be known of it.
#[derive(Debug)]
pub struct Set {
    /// The expressions that were taken.
    pub database: Database,
    /// For each expression of the database its index among those that were given.
    pub ids: Vec<usize>,
    /// How it came about.
    pub story: Story,
}

/// How a database came about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Story {
    /// Seconds to compile all that were taken, together.
    pub seconds: f64,
    /// It was compiled by an earlier run.
    #[serde(default)]
    pub kept: bool,
    /// Indices of the expressions that were refused, and the library's words.
    pub refused: Vec<(usize, String)>,
    /// Bytes in memory.
    pub bytes: usize,
    /// What the library says of it.
    pub info: String,
}

impl Set {
    /// Compiles expressions together, or takes the database that an earlier run kept. One that is refused is left out
    /// and named.
    pub fn build(expressions: &[String], flags: Flags) -> Result<Set, Error> {
        let parts = expressions.iter().flat_map(|e| e.bytes().chain([0]));
        let context = format!("{} {} {}", version(), facts::cpu_flags().join(" "), flags.bits());
        let name = fnv(context.bytes().chain([0]).chain(parts));
        let path = std::env::temp_dir().join("whyred-peers").join(format!("{name:016x}.hs"));
        if let Some(set) = fs::read(&path).ok().and_then(|bytes| Set::from_kept(&bytes, expressions.len())) {
            return Ok(set);
        }
        let set = Set::compile(expressions, flags)?;
        let mut bytes = serde_json::to_vec(&set.story).map_err(|e| Error::World(e.to_string()))?;
        bytes.push(b'\n');
        bytes.extend(set.database.to_bytes().map_err(|e| Error::World(format!("vectorscan: {e}")))?);
        // Beside its place and then moved: a run that is stopped leaves no half of a file under the name.
        let half = path.with_extension(format!("{}.part", std::process::id()));
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&half, bytes)).and_then(|()| fs::rename(&half, &path));
        if let Err(e) = written {
            eprintln!("whyred-peers: {}: {e}; the database is not kept", path.display());
        }
        Ok(set)
    }

    fn from_kept(bytes: &[u8], given: usize) -> Option<Set> {
        let end = memchr::memchr(b'\n', bytes)?;
        let mut story: Story = serde_json::from_slice(&bytes[..end]).ok()?;
        story.kept = true;
        let database = Database::from_bytes(&bytes[end + 1..]).ok()?;
        Some(Set { ids: taken(given, &story.refused), database, story })
    }

    fn compile(expressions: &[String], flags: Flags) -> Result<Set, Error> {
        let mut refused = Vec::new();
        loop {
            let ids = taken(expressions.len(), &refused);
            let chosen: Vec<&str> = ids.iter().map(|&i| expressions[i].as_str()).collect();
            let start = Instant::now();
            let refusal = match Database::compile(&chosen, flags) {
                Ok(database) => {
                    let story = Story { seconds: start.elapsed().as_secs_f64(), kept: false, refused, bytes: database.bytes(), info: database.info() };
                    return Ok(Set { database, ids, story });
                }
                Err(refusal) => refusal,
            };
            // The library names one culprit a call: after the first, each of the others is asked alone.
            let known = refused.len();
            let alone = |i: &usize| Database::compile(&[&expressions[*i]], flags).err().map(|r| (*i, r.message));
            match refusal.expression.and_then(|i| ids.get(i)) {
                Some(&culprit) if known == 0 => {
                    refused.push((culprit, refusal.message));
                    refused.extend(ids.iter().filter(|&&i| i != culprit).filter_map(alone));
                    refused.sort();
                }
                Some(&culprit) => refused.push((culprit, refusal.message)),
                None => return Err(Error::World(format!("vectorscan: the expressions cannot be compiled together: {}", refusal.message))),
            }
        }
    }
}

/// The indices that were not refused.
fn taken(given: usize, refused: &[(usize, String)]) -> Vec<usize> {
    (0..given).filter(|i| refused.iter().all(|(r, _)| r != i)).collect()
}

/// FNV-1a: the same on every machine.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
