//! The shapes of secrets: a literal that must stand in the text, a regex, and what takes its place.
//!
//! Token prefixes: <https://docs.gitlab.com/security/tokens/#token-prefixes> and the vendors' own pages.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::Regex;

use crate::text::dialect;

/// The rule without a literal needs a word of this many bytes.
const SHORTEST_WORD: usize = 39;

/// One shape.
pub(super) struct Rule {
    /// One of these stands in every text that the regex matches, in lower case.
    literals: &'static [&'static str],
    pattern: &'static str,
    replacement: &'static str,
    regex: OnceLock<Option<Regex>>,
}

impl Rule {
    const fn new(literals: &'static [&'static str], pattern: &'static str, replacement: &'static str) -> Rule {
        Rule { literals, pattern, replacement, regex: OnceLock::new() }
    }

    /// The text with every match replaced, `None` if nothing matches. `lower` is the text in ASCII lower case.
    pub(super) fn apply(&self, text: &str, lower: &str) -> Option<String> {
        if !self.literals.is_empty() && !self.literals.iter().any(|l| lower.contains(l)) {
            return None;
        }
        // A rule that does not compile is caught by the test below.
        let regex = self.regex.get_or_init(|| dialect(self.pattern).ok()).as_ref()?;
        match regex.replace_all(text.as_bytes(), self.replacement.as_bytes()) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(changed) => Some(String::from_utf8_lossy(&changed).into_owned()),
        }
    }
}

/// All shapes, the most telling first: a later one sees what the earlier left.
pub(super) static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    vec![
        Rule::new(&["private key"], r"(-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----).*", "${1}[redacted]"),
        Rule::new(
            &["glpat-", "gloas-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-", "glffct-", "gltok-", "glwt-"],
            r"\b(gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct|tok|wt)-)[0-9A-Za-z._=-]{8,}[0-9A-Za-z_=-]",
            "${1}[redacted]",
        ),
        Rule::new(&["gr1348941"], r"\b(GR1348941)[0-9A-Za-z_-]{10,}", "${1}[redacted]"),
        Rule::new(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\b(gh[pousr]_)[0-9A-Za-z]{20,}", "${1}[redacted]"),
        Rule::new(&["github_pat_"], r"\b(github_pat_)[0-9A-Za-z_]{20,}", "${1}[redacted]"),
        Rule::new(&["akia", "asia"], r"\b(AKIA|ASIA)[0-9A-Z]{16}\b", "${1}[redacted]"),
        Rule::new(&["aiza"], r"\b(AIza)[0-9A-Za-z_-]{30,}", "${1}[redacted]"),
        Rule::new(&["ya29."], r"\b(ya29\.)[0-9A-Za-z_-]{20,}", "${1}[redacted]"),
        Rule::new(&["npm_"], r"\b(npm_)[0-9A-Za-z]{30,}", "${1}[redacted]"),
        Rule::new(&["pypi-"], r"\b(pypi-)[0-9A-Za-z_-]{30,}", "${1}[redacted]"),
        Rule::new(&["dckr_"], r"\b(dckr_(?:pat|oat)_)[0-9A-Za-z_-]{20,}", "${1}[redacted]"),
        Rule::new(&["xox"], r"\b(xox[abprs]-)[0-9A-Za-z-]{10,}", "${1}[redacted]"),
        Rule::new(&["sk-", "sk_live_", "rk_live_"], r"\b(sk-|[sr]k_live_)[0-9A-Za-z_-]{20,}", "${1}[redacted]"),
        Rule::new(&["hvs.", "hvb."], r"\b(hv[sb]\.)[0-9A-Za-z_-]{20,}", "${1}[redacted]"),
        Rule::new(&["dop_v1_"], r"\b(dop_v1_)[0-9a-f]{40,}", "${1}[redacted]"),
        Rule::new(&["eyj"], r"\b(eyJ)[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{5,}(?:\.[0-9A-Za-z_-]*)?", "${1}[redacted]"),
        Rule::new(&["://"], r"(://[^/\s:@'\x22]{0,100}:)[^/\s'\x22\[\]]{1,2000}@", "${1}[redacted]@"),
        // A user name alone may be a token: names that servers give to everybody have no digit and no capital.
        Rule::new(&["https://"], r"(https://)[a-z_.=-]*[0-9A-Z][0-9A-Za-z_.=-]{8,2000}(@)", "${1}[redacted]${2}"),
        Rule::new(&["https://"], r"(https://)[A-Za-z]{18,2000}(@)", "${1}[redacted]${2}"),
        Rule::new(
            &["--password", "--token", "--secret", "--api-key", "--passwd"],
            r"(?i)(--[a-z-]{0,30}(?:password|passwd|token|secret|api-key)[ =]['\x22]?)[^\s'\x22$\[\]<>-][^\s'\x22\[\]<>]{3,}",
            "${1}[redacted]",
        ),
        Rule::new(&["-u ", "--user "], r"(\s(?:-u|--user)[ =]['\x22]?[^\s:'\x22$]{1,100}:)[^\s'\x22$\[\]]{4,}", "${1}[redacted]"),
        // A line of a private key: base64 has letters that no hash in hex has.
        Rule::new(&[], r"^[A-Za-z0-9+/]{8,}[G-Z+/][A-Za-z0-9+/]{30,}={0,2}$", "[redacted]"),
        Rule::new(
            &["authorization"],
            r"(?i)(authorization['\x22]?\s*[:=]\s*['\x22]?(?:(?:bearer|basic|token|digest|negotiate)\s+)?)[^\s'\x22\[\]]{4,}",
            "${1}[redacted]",
        ),
        Rule::new(
            &["-token:", "api-key:", "apikey:"],
            r"(?i)((?:private|job|deploy|auth|access|runner|x-[a-z-]{0,30})-(?:token|api-?key)\s*:\s*)[^\s'\x22\[\]]{4,}",
            "${1}[redacted]",
        ),
        Rule::new(
            &["token=", "signature=", "credential=", "secret=", "password=", "api_key=", "apikey="],
            r"(?i)([?&](?:[a-z0-9_-]{0,40}token|x-amz-(?:signature|credential|security-token)|sig|signature|[a-z0-9_-]{0,40}secret|password|api_?key)=)[^\s&?'\x22\[\]]+",
            "${1}[redacted]",
        ),
        Rule::new(
            &["token", "secret", "passw", "passphrase", "api_key", "apikey", "api-key", "access_key", "private_key", "credential"],
            r"(?i)\b((?:[a-z0-9_-]{0,60}[_-])?(?:tokens?|secrets?|passwords?|passwd|passphrase|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|credentials?)(?:['\x22]?\s*=\s*|:\s*['\x22]))(['\x22]?)[^\s'\x22$\[\]<>{}(),;]{6,}",
            "${1}${2}[redacted]",
        ),
        // A quote behind the word alone may be that of a URL, with the error that a tool puts behind it.
        Rule::new(
            &["token", "secret", "passw", "passphrase", "api_key", "apikey", "api-key", "access_key", "private_key", "credential"],
            r"(?i)(['\x22][a-z0-9_.-]{0,60}(?:tokens?|secrets?|passwords?|passwd|passphrase|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|credentials?)\\?['\x22]\s*:\s*)(\\?['\x22]?)[^\s'\x22$\[\]<>{}(),;\\]{6,}",
            "${1}${2}[redacted]",
        ),
    ]
});

/// Whether a rule can match: its literal stands in the text, or the text is one long word. Cost: one pass.
pub(super) fn may_apply(text: &str) -> bool {
    static LITERALS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let literals = RULES.iter().flat_map(|r| r.literals);
        AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(literals).ok()
    });
    let is_long_word = text.len() >= SHORTEST_WORD && !text.as_bytes()[..SHORTEST_WORD].contains(&b' ');
    is_long_word || LITERALS.as_ref().is_none_or(|l| l.is_match(text))
}

/// Whether a variable of this name holds a secret.
pub(super) fn names_a_secret(name: &str) -> bool {
    const WORDS: [&str; 9] = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "API_KEY", "APIKEY", "PRIVATE_KEY", "CREDENTIAL"];
    let name = name.to_ascii_uppercase();
    WORDS.iter().any(|w| name.contains(w)) || name.ends_with("_KEY") || name.ends_with("_PASS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_compiles() {
        for rule in RULES.iter() {
            assert!(dialect(rule.pattern).is_ok(), "{}", rule.pattern);
        }
    }

    #[test]
    fn a_rule_without_a_literal_matches_long_words_only() {
        let long = format!("{}G{}", "a".repeat(8), "b".repeat(30));
        assert_eq!(long.len(), SHORTEST_WORD);
        for rule in RULES.iter().filter(|r| r.literals.is_empty()) {
            assert!(rule.apply(&long, &long.to_ascii_lowercase()).is_some());
            assert!(rule.apply(&long[1..], &long[1..].to_ascii_lowercase()).is_none());
        }
    }

    #[test]
    fn names_of_secrets() {
        for name in ["CI_JOB_TOKEN", "db_password", "AWS_SECRET_ACCESS_KEY", "SSH_PRIVATE_KEY", "SIGNING_KEY"] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["HOME", "CI_COMMIT_REF_NAME", "KEYBOARD", "MONKEY"] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}
