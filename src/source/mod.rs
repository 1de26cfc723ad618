//! Where bytes come from: files, folders, standard input, lists of files.
//!
//! Names what is to be read, in order, and opens it. Knows nothing of what the bytes mean.

mod binary;
mod folders;
mod job_facts;
mod map;
mod open;
mod walk;

pub use job_facts::{JobFacts, JobTable, job_id_of_path};
pub use open::{MAP_FROM_BYTES, Mapping, Opener, ReadError};
pub use walk::{Choice, Item, Walk};
