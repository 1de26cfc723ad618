//! Reads CI job traces, says why each job failed, shows the line that proves it, and says how to fix it.
//!
//! The library is the whole program but for its entry. The way of the data goes through the modules in this order, and
//! each imports only from those before it:
//!
//! | floor | modules |
//! |---|---|
//! | 0 | [`text`], [`redact`], [`facts`] |
//! | 1 | [`pattern`], [`trace`] |
//! | 2 | [`engine`], [`draft`] |
//! | 3 | [`verdict`] |
//! | 4 | [`proof`], [`record`], [`comparison`], [`source`] |
//! | 5 | [`format`](mod@format), [`batch`], `live` (Unix) |
//! | 6 | [`cli`] |
//!
//! ```
//! use whyred::facts::Facts;
//! use whyred::verdict::{Options, Rules, Session};
//!
//! let rules = Rules::built_in()?;
//! let options = Options::default();
//! let mut session = Session::new(&rules, &options, Facts::new());
//! session.push(b"remote: GitLab: You are not allowed to push code to ");
//! session.push(b"protected branches on this project.\n");
//! let verdict = session.finish().remove(0).verdict.expect("the line is a known one");
//! assert_eq!(verdict.class, "protected-branch");
//! assert_eq!(verdict.evidence[0].number.0, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod batch;
pub mod cli;
pub mod comparison;
pub mod draft;
pub mod engine;
pub mod facts;
pub mod format;
#[cfg(unix)]
pub mod live;
pub mod pattern;
pub mod proof;
pub mod record;
pub mod redact;
pub mod source;
pub mod text;
pub mod trace;
pub mod verdict;
