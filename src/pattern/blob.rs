//! The catalog as compact bytes: what the binary embeds.

use super::Catalog;

/// The bytes of a catalog, without the examples. Done once, when the program is built.
pub fn encode(catalog: &Catalog) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(catalog)
}

/// A catalog from its bytes; only those of [`encode`] of the same version are valid.
pub fn decode(bytes: &[u8]) -> Result<Catalog, postcard::Error> {
    postcard::from_bytes(bytes)
}
