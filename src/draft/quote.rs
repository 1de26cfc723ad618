//! Text as a TOML string.

/// `text` as a TOML string on one line: literal where it can be, so that a regex reads as it is.
pub(super) fn quoted(text: &str) -> String {
    let plain = !text.chars().any(|c| c.is_control() && c != '\t');
    if plain && !text.contains('\'') {
        return format!("'{text}'");
    }
    if plain && !text.contains("'''") && !text.ends_with('\'') {
        return format!("'''{text}'''");
    }
    // A JSON string is a TOML basic string.
    serde_json::Value::from(text).to_string()
}
