//! All that a scan looks up, as flat arrays: made once from a catalog, or part of the program.
//!
//! `build.rs` compiles this module into itself and writes the tables of the built-in catalog as bytes; the program uses them
//! where they lie, so that starting costs next to nothing.

mod beside;
mod calls;
mod layout;
mod program;
mod sieve;
mod texts;
mod window;

use crate::pattern::{Catalog, Fragment, Needs};

pub use program::{Context, EngineError, Known, PatternIndex, Probe, ProbeId, Program};

pub(in crate::engine) use calls::{Calls, Line};
pub(in crate::engine) use sieve::{
    Buckets, LONG_AGAIN_BITS, MIDDLE_AGAIN_BITS, SHORT_AGAIN_BITS, SieveTables, has, hash_again, long_hash, long_key, middle_hash, short_hash, word,
};
pub(in crate::engine) use window::{LONG_BACK, LONG_STEP, LONG_WINDOW, MIDDLE_STEP, MIDDLE_WINDOW, SHORT_STEP, SHORT_WINDOW};

use layout::{Reader, Writer};

/// A fragment to be searched for.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Wanted {
    /// With the line ends around it, if there must be any.
    pub(in crate::engine) fragment: Fragment,
    /// Bytes of a line end before it.
    pub(in crate::engine) lead: u8,
    /// Where its rarest stretch begins.
    rarest: u8,
}

/// The tables of a catalog.
#[derive(Debug)]
pub struct Tables {
    pub(in crate::engine) program: Program,
    pub(in crate::engine) calls: Calls,
    pub(in crate::engine) sieve: SieveTables,
    /// What is searched for; empty where the tables are part of the program.
    pub(in crate::engine) wanted: Vec<Wanted>,
    embedded: bool,
}

impl Tables {
    /// The tables of a catalog. Cost: some ten milliseconds, and a tenth of one more for each regex of which it is not known yet
    /// what it needs.
    pub fn build(catalog: &Catalog, known: &Known) -> Tables {
        Tables::of(Program::new(catalog, known))
    }

    fn of(program: Program) -> Tables {
        let (calls, wanted) = Calls::build(&program);
        let sieve = SieveTables::build(&wanted);
        Tables { program, calls, sieve, wanted, embedded: false }
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Whether they are part of the program.
    pub(in crate::engine) fn is_embedded(&self) -> bool {
        self.embedded
    }

    /// The tables of a few regexes.
    #[cfg(test)]
    pub(in crate::engine) fn of_sources(sources: &[&str]) -> Tables {
        Tables::of(Program::of_sources(sources))
    }

    /// The tables as bytes for [`Tables::embedded`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EngineError> {
        let mut writer = Writer::default();
        writer.add(&postcard::to_stdvec(&self.program).map_err(|e| EngineError(e.to_string()))?);
        self.calls.write(&mut writer);
        self.sieve.write(&mut writer);
        Ok(writer.finish())
    }

    /// What the regexes need, as bytes for [`Known::embedded`]. Nothing is known of tables that are embedded.
    pub fn needs_to_bytes(&self) -> Result<Vec<u8>, EngineError> {
        let needs: Vec<&Needs> = self.program.probes().iter().map(|p| &p.needs).collect();
        postcard::to_stdvec(&needs).map_err(|e| EngineError(e.to_string()))
    }

    /// Tables that are part of the program: what [`Tables::to_bytes`] gave for the same version and processor, at an address
    /// that is a multiple of eight. Cost: about a millisecond.
    pub fn embedded(bytes: &'static [u8]) -> Result<Tables, EngineError> {
        let mut reader = Reader::new(bytes)?;
        let program = postcard::from_bytes(&reader.part::<u8>()?).map_err(|e| EngineError(e.to_string()))?;
        let calls = Calls::read(&mut reader)?;
        let sieve = SieveTables::read(&mut reader)?;
        Ok(Tables { program, calls, sieve, wanted: Vec::new(), embedded: true })
    }
}
