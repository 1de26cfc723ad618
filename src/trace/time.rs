//! Points in time. `jiff` lives here only.

/// `2026-08-22T10:00:00Z` of seconds since 1970; `None` outside of the years that can be written so.
pub fn rfc3339(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|t| t.to_string())
}

/// Seconds since 1970 of an RFC 3339 text, fractions cut off.
pub(super) fn parse_rfc3339(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(|t| t.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        assert_eq!(rfc3339(1_787_392_800).as_deref(), Some("2026-08-22T10:00:00Z"));
        assert_eq!(parse_rfc3339("2026-08-22T12:00:00.123456789+02:00"), Some(1_787_392_800));
        assert_eq!(parse_rfc3339("yesterday"), None);
    }
}
