//! Lines by which a test tool says that a test passed, or was left out. Names and parameters of tests hold the very words
//! of failures, and such a line proves none.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::text::dialect;

static REPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let shapes = [
        // pytest -v, gradle, nextest
        r" (?:PASSED|SKIPPED|XFAIL|XPASS)(?: \(.*\))?(?:\s+\[\s*\d+%\])?$",
        r"^\s*PASS \[",
        // unittest, cargo test
        r" \.\.\. (?:ok|ignored|expected failure|skipped\b.*)$",
        // go test
        r"^\s*--- (?:PASS|SKIP): ",
        // TAP
        r"^\s*ok \d+\b",
        // mocha, jest, vitest, node
        r"^\s*(?:\xE2\x9C\x93|\xE2\x9C\x94|\xE2\x88\x9A) ",
    ];
    dialect(&shapes.map(|s| format!("(?:{s})")).join("|")).ok()
});

/// Whether the line reports a test that did not fail. Cost: one regex; asked of hits, and of the last lines of a job that nothing explains.
pub(super) fn reports_no_failure(line: &[u8]) -> bool {
    REPORT.as_ref().is_some_and(|r| r.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_and_skipped_tests_prove_no_failure() {
        for line in [
            "tests/test_lines.py::test_line_is_classified[npm error code E401-0] PASSED [ 12%]",
            "test_store_is_optional (test_store.Store) ... skipped 'could not connect to server: Connection refused'",
            "test errors::connection_refused_is_retried ... ok",
            "    --- PASS: TestRefusesPush/You_are_not_allowed_to_push (0.00s)",
            "ok 12 - says fatal: not a git repository",
            "  ✓ rejects with 403 Forbidden (4 ms)",
            "MailTest > connection refused is told PASSED",
            "        PASS [   0.003s] app tests::no_such_file",
        ] {
            assert!(reports_no_failure(line.as_bytes()), "{line}");
        }
        for line in [
            "tests/test_lines.py::test_x FAILED [ 12%]",
            "test errors::x ... FAILED",
            "    --- FAIL: TestX (0.00s)",
            "not ok 12 - x",
            "  ✕ rejects with 403",
            "ok, now fatal: not a git repository",
        ] {
            assert!(!reports_no_failure(line.as_bytes()), "{line}");
        }
    }
}
