//! Shows a place in a pattern file: line, column, the line itself and a caret.

use std::fmt::Write;
use std::ops::Range;

/// The same shape as the TOML parser's own messages, so that both kinds of mistake read alike.
pub(super) fn show(text: &str, span: Range<usize>, message: &str) -> String {
    let start = span.start.min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
    let number = text[..start].matches('\n').count() + 1;
    let column = text[line_start..start].chars().count() + 1;
    let shown = text[start..span.end.clamp(start, line_end)].chars().count().max(1);
    let gutter = " ".repeat(number.to_string().len());
    let mut out = format!("line {number}, column {column}\n");
    let _ = writeln!(out, "{gutter} |");
    let _ = writeln!(out, "{number} | {}", &text[line_start..line_end]);
    let _ = writeln!(out, "{gutter} | {}{}", " ".repeat(column - 1), "^".repeat(shown));
    out.push_str(message);
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn caret_stands_under_the_place() {
        let text = "title = \"x\"\nmatch = ['(']\n";
        let at = text.find("'('").unwrap();
        let shown = super::show(text, at..at + 3, "unclosed group");
        assert_eq!(shown, "line 2, column 10\n  |\n2 | match = ['(']\n  |          ^^^\nunclosed group");
    }
}
