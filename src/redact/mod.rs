//! Secrets and control codes out of everything that whyred itself writes.
//!
//! [`Redacted`] is the only text that a record can hold, and this module alone makes one. Redaction works on a whole
//! clean line, before it is cut to a length. What a thing was stays readable: `glpat-[redacted]`.

mod rules;

use std::fmt;

use rules::RULES;

/// What stands for a removed value.
pub const MARK: &str = "[redacted]";

/// The shortest value of an environment variable that is looked for: shorter ones are words.
const MIN_VALUE_BYTES: usize = 8;

/// Text without secrets and without control bytes, valid UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Redacted(String);

impl Redacted {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// At most `max` bytes of it, a character never cut.
    pub fn cut(&self, max: usize) -> Redacted {
        Redacted(crate::text::cut(&self.0, max).to_owned())
    }

    /// At most `max` bytes of it that hold `range`, or as much of that as has room; a character is never cut.
    pub fn cut_around(&self, range: std::ops::Range<usize>, max: usize) -> Redacted {
        if self.0.len() <= max || range.end <= max {
            return self.cut(max);
        }
        // A little of what stands before says where the words come from.
        let room = max.saturating_sub(range.len());
        let mut start = range.start.saturating_sub(room / 2).min(self.0.len() - max);
        while !self.0.is_char_boundary(start) {
            start += 1;
        }
        Redacted(crate::text::cut(&self.0[start..], max).to_owned())
    }

    /// A text of the catalog, its `<placeholders>` replaced by what `value` gives for their names. The catalog's own
    /// words hold nothing of a log: only control characters are removed from them.
    pub fn from_template<'v>(template: &str, value: impl Fn(&str) -> Option<&'v Redacted>) -> Redacted {
        let template = visible(template.as_bytes());
        let mut out = String::new();
        let mut rest = template.as_str();
        while let Some(open) = rest.find('<') {
            let Some(length) = rest[open..].find('>') else { break };
            out.push_str(&rest[..open]);
            match value(&rest[open + 1..open + length]) {
                Some(value) => out.push_str(value.as_str()),
                None => out.push_str(&rest[open..=open + length]),
            }
            rest = &rest[open + length + 1..];
        }
        out.push_str(rest);
        Redacted(out)
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Redacted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Removes secrets. One serves all threads.
#[derive(Clone, Debug)]
pub struct Redactor {
    /// Values to remove wherever they stand, longest first.
    values: Vec<String>,
    off: bool,
}

impl Redactor {
    /// Knows the shapes of tokens, and no value.
    pub fn new() -> Redactor {
        Redactor { values: Vec::new(), off: false }
    }

    /// Lets secrets through; control bytes are removed all the same.
    pub fn off() -> Redactor {
        Redactor { values: Vec::new(), off: true }
    }

    /// Also removes the values of variables whose names speak of a secret (`*_TOKEN`, `*PASSWORD*`, ...).
    /// Values of less than eight bytes stay: they are words.
    pub fn with_variables(variables: impl IntoIterator<Item = (String, String)>) -> Redactor {
        let mut values: Vec<String> = variables
            .into_iter()
            .filter(|(name, value)| rules::names_a_secret(name) && value.trim().len() >= MIN_VALUE_BYTES)
            .flat_map(|(_, value)| value.lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>())
            .filter(|v| v.len() >= MIN_VALUE_BYTES)
            .collect();
        values.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        values.dedup();
        Redactor { values, off: false }
    }

    /// The text of `bytes` as it may be shown. Cost: a pass a rule that finds its literal.
    pub fn redact(&self, bytes: &[u8]) -> Redacted {
        let mut text = visible(bytes);
        if self.off {
            return Redacted(text);
        }
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), MARK);
            }
        }
        if !rules::may_apply(&text) {
            return Redacted(text);
        }
        let mut lower = text.to_ascii_lowercase();
        for rule in RULES.iter() {
            if let Some(changed) = rule.apply(&text, &lower) {
                lower = changed.to_ascii_lowercase();
                text = changed;
            }
        }
        Redacted(text)
    }
}

impl Default for Redactor {
    fn default() -> Redactor {
        Redactor::new()
    }
}

/// Valid UTF-8 without control characters; a tab becomes a space, U+FFFD stands for what was no UTF-8.
fn visible(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes)
        && bytes.iter().all(|b| matches!(b, b' '..=b'~'))
    {
        return text.to_owned();
    }
    String::from_utf8_lossy(bytes)
        .chars()
        .filter_map(|c| match c {
            '\t' | '\n' => Some(' '),
            // Bidirectional controls can make a terminal show another text than the one that stands there.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redact(text: &str) -> String {
        Redactor::new().redact(text.as_bytes()).to_string()
    }

    #[test]
    fn shapes_of_tokens_go_and_their_names_stay() {
        let body = "A1b2C3d4E5f6G7h8I9j0";
        for (text, want) in [
            (format!("token glpat-{body}."), "token glpat-[redacted].".to_owned()),
            (format!("glptt-{body} gldt-{body} glrt-{body}"), "glptt-[redacted] gldt-[redacted] glrt-[redacted]".to_owned()),
            (format!("ghp_{body}A1b2C3d4E5f6G7h8"), "ghp_[redacted]".to_owned()),
            (format!("github_pat_{body}_{body}"), "github_pat_[redacted]".to_owned()),
            ("AKIAIOSFODNN7EXAMPLE".to_owned(), "AKIA[redacted]".to_owned()),
            (format!("npm_{body}{body}"), "npm_[redacted]".to_owned()),
            ("https://oauth2:s3cr3t@gitlab.example.com/g/p.git".to_owned(), "https://oauth2:[redacted]@gitlab.example.com/g/p.git".to_owned()),
            ("https://s3cr3ttoken@gitlab.example.com/g/p.git".to_owned(), "https://[redacted]@gitlab.example.com/g/p.git".to_owned()),
            ("ssh://git@gitlab.example.com/g/p.git".to_owned(), "ssh://git@gitlab.example.com/g/p.git".to_owned()),
            ("Authorization: Bearer abc.def-ghi".to_owned(), "Authorization: Bearer [redacted]".to_owned()),
            ("-H 'PRIVATE-TOKEN: abcdefghij'".to_owned(), "-H 'PRIVATE-TOKEN: [redacted]'".to_owned()),
            ("export DEPLOY_TOKEN=abcdefghij rest".to_owned(), "export DEPLOY_TOKEN=[redacted] rest".to_owned()),
            ("password: \"hunter2hunter2\"".to_owned(), "password: \"[redacted]\"".to_owned()),
            (
                "{\"db.password\": \"hunter2hunter2\", 'token':'hunter2hunter2'}".to_owned(),
                "{\"db.password\": \"[redacted]\", 'token':'[redacted]'}".to_owned(),
            ),
            (r#"{\"api_key\":\"hunter2hunter2\"}"#.to_owned(), r#"{\"api_key\":\"[redacted]\"}"#.to_owned()),
            ("?private_token=abc123def&x=1".to_owned(), "?private_token=[redacted]&x=1".to_owned()),
            ("-----BEGIN RSA PRIVATE KEY----- MIIEabc".to_owned(), "-----BEGIN RSA PRIVATE KEY-----[redacted]".to_owned()),
            ("https://u:p@ssw0rdlong@host/x".to_owned(), "https://u:[redacted]@host/x".to_owned()),
            ("login --password hunter2hunter -u bob:hunter2hunter x".to_owned(), "login --password [redacted] -u bob:[redacted] x".to_owned()),
            ("MIIEpAIBAAKCAQEA7v0Yk1mX0aZq3cQfLw9uT2eR5sJ8bNpHgDdVxKyWzUoItCfE".to_owned(), "[redacted]".to_owned()),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl".to_owned(), "jwt eyJ[redacted]".to_owned()),
        ] {
            assert_eq!(redact(&text), want);
        }
    }

    #[test]
    fn plain_text_stays() {
        for text in [
            "remote: GitLab: You are not allowed to push code to protected branches on this project.",
            "error: invalid token ')' at line 3",
            "CI_JOB_TOKEN=[MASKED] glpat-[MASKED]",
            "token: none, password: required",
            "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "Post \"https://10.0.0.1/api/v1/namespaces/app/secrets\": net/http: TLS handshake timeout",
            "use --password-stdin or --token <token>",
            "GIT_DEPTH=20 TOKEN=$CI_JOB_TOKEN",
            "fatal: could not read Password for 'https://gitlab-ci-token@gitlab.example.com'",
            "See https://gitlab.example.com/help/topics/git#token-expired",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn values_of_secret_variables_go() {
        let pairs = [("MY_SECRET", "correct horse battery"), ("SHORT_TOKEN", "abc"), ("HOME", "/home/someone")];
        let redactor = Redactor::with_variables(pairs.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(redactor.redact(b"x correct horse battery /home/someone abc").as_str(), "x [redacted] /home/someone abc");
    }

    #[test]
    fn a_long_line_is_cut_around_what_matters() {
        let line = format!("{}\u{e9}key words\u{e9}{}", "a".repeat(700), "b".repeat(50));
        let redacted = Redactor::new().redact(line.as_bytes());
        let at = line.find("key words").unwrap();
        for max in [12, 40, 100, 500] {
            let cut = redacted.cut_around(at..at + 9, max);
            assert!(cut.as_str().contains("key words") && cut.as_str().len() <= max, "{max}: {cut}");
        }
        assert_eq!(redacted.cut_around(0..3, 500), redacted.cut(500));
        assert_eq!(redacted.cut_around(0..line.len(), 500).as_str().len(), 500, "a match with no room");
    }

    #[test]
    fn control_characters_go_even_without_redaction() {
        assert_eq!(Redactor::off().redact(b"a\x1b[31mb\x07\xffc\xe2\x80\xaed").as_str(), "a[31mb\u{fffd}cd");
    }
}
