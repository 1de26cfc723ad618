//! Records to bytes: one file a format. Formats compute nothing: what they show stands in the record.

mod explain;
mod human;
mod json;
mod page;
mod summary;

pub use explain::{explain_json, explain_markdown, Guide};
pub use human::{Human, Look};
pub use json::{json_line, JsonArray};
pub use page::Page;
pub use summary::Summary;
