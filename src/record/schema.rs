//! The JSON Schema of a record, from the very types that are written.

use schemars::JsonSchema;

use super::Record;

macro_rules! word {
    ($(#[$doc:meta])* $name:ident: $($word:literal)*) => {
        $(#[$doc])*
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).trim_end_matches("Word").into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($word),*] })
            }
        }
    };
}

word!(KindWord: "job-trace" "runner-job" "runner-problem" "text" "none");
word!(EndWord: "seen" "missing" "log_limit");
word!(OutcomeWord: "passed" "failed" "canceled" "timed_out" "unknown");
word!(ConfidenceWord: "high" "medium" "low");
word!(OwnerWord: "code" "project" "platform" "external" "none" "unknown");
word!(RetryWord: "no" "yes" "later" "maybe");
word!(RoleWord: "aftermath" "other" "notice");

/// The schema of a record, as pretty JSON with a last line end.
pub fn json_schema() -> String {
    let mut schema = schemars::generate::SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<Record>();
    schema.insert("$id".to_owned(), super::SCHEMA.into());
    schema.insert("title".to_owned(), "whyred record".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
