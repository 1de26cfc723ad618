//! A catalog with its engine, and what a user may choose.

use crate::engine::{Engine, EngineError, Program};
use crate::pattern::{Applies, Catalog, decode};
use crate::redact::Redactor;

/// What `build.rs` made of `patterns/`.
static BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));

/// The built-in catalog, without the examples of its patterns. Cost: about a millisecond.
pub fn built_in_catalog() -> Catalog {
    // The bytes are those of this very build.
    decode(BUILT_IN).unwrap_or_else(|e| unreachable!("the embedded catalog is not one: {e}"))
}

/// A catalog, ready to judge. Built once, shared by all threads.
#[derive(Debug)]
pub struct Rules {
    catalog: Catalog,
    engine: Engine,
}

impl Rules {
    /// Compiles a catalog. Cost: some milliseconds.
    pub fn build(catalog: Catalog) -> Result<Rules, EngineError> {
        let engine = Engine::build(Program::new(&catalog))?;
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
