//! Records to bytes: one file a format. Formats compute nothing: what they show stands in the record.

mod change;
mod explain;
mod human;
mod json;
mod page;
mod summary;
mod trial;

pub use change::{change_json, show_changes};
pub use explain::{Guide, explain_json, explain_markdown};
pub use human::{Human, Look};
pub use json::{JsonArray, json_line};
pub use page::Page;
pub use summary::Summary;
pub use trial::{hit_json, show_trial};
