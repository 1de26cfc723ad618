//! The bench without Vectorscan: no rows of it.

use std::collections::BTreeMap;

use crate::args::Args;
use crate::corpus::Traces;
use crate::error::Error;
use crate::ours::Ours;
use crate::record::Sets;
use crate::rows::Rows;
use crate::twin::Twin;

/// Stands in for what needs the library.
#[derive(Debug)]
pub struct Vectorscan;

impl Vectorscan {
    /// Notes that its rows are missing.
    pub fn build(_: &Args, _: &[(u32, &str)], _: &[Vec<u8>], notes: &mut Vec<String>) -> Result<Vectorscan, Error> {
        notes.push("built without Vectorscan: its rows are missing".to_owned());
        Ok(Vectorscan)
    }

    /// Adds nothing.
    pub fn add_version(&self, _: &mut BTreeMap<String, String>) {}

    /// Compares nothing.
    pub fn compare(&self, _: &Ours, _: &Twin, _: &Traces, _: usize) -> Result<Vec<Sets>, Error> {
        Ok(Vec::new())
    }

    /// Adds no row.
    pub fn add_rows(&self, _: &mut Rows<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// Nothing was refused.
    pub fn refused(&self, _: &[&str]) -> Vec<(String, String)> {
        Vec::new()
    }
}
