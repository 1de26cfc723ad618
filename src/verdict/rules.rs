//! A catalog with its engine, and what a user may choose.

use crate::engine::{Engine, EngineError, Known, Tables};
use crate::pattern::{Applies, Catalog, decode};
use crate::redact::Redactor;

/// What `build.rs` made of `patterns/`: the catalog, and the tables of its engine where they can be used in place.
static CATALOG: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));
static TABLES: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/tables.bin")));
/// What the regexes of those tables need: read only where a catalog is compiled at run time.
static NEEDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/needs.bin"));

/// The tables were written by a machine that puts the lowest byte of a number first.
const IN_PLACE: bool = cfg!(target_endian = "little");

/// Bytes at an address that is a multiple of eight.
#[repr(C, align(8))]
struct Aligned<B: ?Sized>(B);

/// The built-in catalog, without the examples of its patterns. Cost: some milliseconds.
pub fn built_in_catalog() -> Catalog {
    // The bytes are those of this very build.
    decode(CATALOG).unwrap_or_else(|e| unreachable!("the embedded catalog is not one: {e}"))
}

/// A catalog, ready to judge. Built once, shared by all threads.
#[derive(Debug)]
pub struct Rules {
    catalog: Catalog,
    engine: Engine,
}

impl Rules {
    /// The built-in catalog. Cost: some milliseconds.
    pub fn built_in() -> Result<Rules, EngineError> {
        let catalog = built_in_catalog();
        let tables = if IN_PLACE { Tables::embedded(&TABLES.0)? } else { Tables::build(&catalog, &Known::default()) };
        Ok(Rules { catalog, engine: Engine::new(tables)? })
    }

    /// Any catalog. Cost: some ten milliseconds, and a tenth of one for each regex that is not built in.
    pub fn build(catalog: Catalog) -> Result<Rules, EngineError> {
        let known = if IN_PLACE { Known::embedded(Tables::embedded(&TABLES.0)?.program(), NEEDS)? } else { Known::default() };
        let engine = Engine::new(Tables::build(&catalog, &known))?;
        Ok(Rules { catalog, engine })
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Its engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// What a user may choose for all logs.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Takes secrets out.
    pub redactor: Redactor,
    /// A huge log may be shared out over the threads of the current pool.
    pub wide: bool,
    /// The log is read while it grows and may have no end: a runner's problems are told when they begin and once more when
    /// they are over, not at the end of the log.
    pub live: bool,
    /// A log without an outcome is that of a failed job.
    pub assume_failed: bool,
    /// Version of the GitLab at hand: what does not hold there is left out.
    pub gitlab: Option<(u16, u16)>,
    /// Tier of the GitLab at hand.
    pub tier: Option<String>,
}

impl Options {
    /// Whether something that applies there holds here, as far as is known.
    pub fn allow(&self, applies: Option<&Applies>) -> bool {
        let Some(applies) = applies else { return true };
        let version = self.gitlab.is_none_or(|v| applies.gitlab_from.is_none_or(|from| v >= from) && applies.gitlab_before.is_none_or(|to| v < to));
        let tier = self.tier.as_ref().is_none_or(|t| applies.tiers.is_empty() || applies.tiers.contains(t));
        version && tier
    }
}
