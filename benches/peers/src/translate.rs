//! Regexes of the engine's dialect in plainer words, which Vectorscan and any ripgrep read.
//!
//! A regex of the catalog sees one line. Vectorscan sees a whole text, in which `^` and `$` hold at line ends (its flag
//! MULTILINE). So that both mean the same, classes lose the bytes that end a line: `[^"]` must not run into the next
//! one. The parsed form is printed and not the source, since case, captures and Unicode classes are resolved in it:
//!
//! ```text
//! (?i)no (?P<what>\w+): [^"]+   ->   [Nn][Oo] (?:[0-9A-Z_a-z]+)\x3a [\x00-\x09\x0b-\x0c\x0e-\x21\x23-\xff]+
//! ```

use std::fmt::Write;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};
use regex_syntax::utf8::Utf8Sequences;

/// The same regex in plainer words; an error names what it has none for.
pub fn translate(source: &str) -> Result<String, String> {
    let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(source).map_err(|e| e.to_string())?;
    let mut out = String::new();
    print(&hir, &mut out)?;
    Ok(out)
}

/// A regex that matches these bytes and no others.
#[cfg(feature = "vectorscan")]
pub fn literal(bytes: &[u8]) -> String {
    let mut out = String::new();
    bytes.iter().for_each(|&b| print_byte(b, &mut out));
    out
}

fn print(hir: &Hir, out: &mut String) -> Result<(), String> {
    match hir.kind() {
        HirKind::Empty => out.push_str("(?:)"),
        HirKind::Literal(bytes) => bytes.0.iter().for_each(|&b| print_byte(b, out)),
        HirKind::Class(Class::Bytes(class)) => print_class(class, out)?,
        HirKind::Class(Class::Unicode(class)) => {
            let sequences = class.ranges().iter().flat_map(|r| Utf8Sequences::new(r.start(), r.end()));
            out.push_str("(?:");
            for (i, sequence) in sequences.enumerate() {
                out.push_str(if i > 0 { "|" } else { "" });
                sequence.as_slice().iter().for_each(|r| print_ranges(&[(r.start, r.end)], out));
            }
            out.push(')');
        }
        HirKind::Look(look) => out.push_str(look_word(*look)?),
        HirKind::Capture(capture) => print_group(&capture.sub, out)?,
        HirKind::Repetition(repetition) => {
            print_group(&repetition.sub, out)?;
            print_count(repetition, out);
        }
        HirKind::Concat(parts) => {
            for part in parts {
                let group = matches!(part.kind(), HirKind::Alternation(_));
                if group { print_group(part, out)? } else { print(part, out)? }
            }
        }
        HirKind::Alternation(branches) => {
            for (i, branch) in branches.iter().enumerate() {
                out.push_str(if i > 0 { "|" } else { "" });
                print(branch, out)?;
            }
        }
    }
    Ok(())
}

fn print_group(hir: &Hir, out: &mut String) -> Result<(), String> {
    if matches!(hir.kind(), HirKind::Class(Class::Bytes(_))) {
        return print(hir, out);
    }
    out.push_str("(?:");
    print(hir, out)?;
    out.push(')');
    Ok(())
}

/// A repetition that is lazy matches the same texts as one that is not.
fn print_count(repetition: &Repetition, out: &mut String) {
    match (repetition.min, repetition.max) {
        (0, None) => out.push('*'),
        (1, None) => out.push('+'),
        (0, Some(1)) => out.push('?'),
        (min, None) => _ = write!(out, "{{{min},}}"),
        (min, Some(max)) => _ = write!(out, "{{{min},{max}}}"),
    }
}

/// `\A` and `\z` are those of a line.
fn look_word(look: Look) -> Result<&'static str, String> {
    match look {
        Look::Start | Look::StartLF => Ok("^"),
        Look::End | Look::EndLF => Ok("$"),
        Look::WordAscii => Ok(r"\b"),
        Look::WordAsciiNegate => Ok(r"\B"),
        other => Err(format!("no words for {other:?}")),
    }
}

fn print_class(class: &ClassBytes, out: &mut String) -> Result<(), String> {
    let mut class = class.clone();
    class.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n'), ClassBytesRange::new(b'\r', b'\r')]));
    let ranges: Vec<(u8, u8)> = class.ranges().iter().map(|r| (r.start(), r.end())).collect();
    if ranges.is_empty() {
        return Err("it matches line ends only".to_owned());
    }
    print_ranges(&ranges, out);
    Ok(())
}

fn print_ranges(ranges: &[(u8, u8)], out: &mut String) {
    out.push('[');
    for &(start, end) in ranges {
        print_byte(start, out);
        if end > start {
            out.push('-');
            print_byte(end, out);
        }
    }
    out.push(']');
}

fn print_byte(byte: u8, out: &mut String) {
    if byte.is_ascii_alphanumeric() || byte == b' ' || byte == b'_' {
        out.push(char::from(byte));
    } else {
        _ = write!(out, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_captures_and_line_ends_are_resolved() {
        assert_eq!(translate(r"(?i)no (?P<what>\w+)").unwrap(), "[Nn][Oo] (?:[0-9A-Z_a-z]+)");
        assert_eq!(translate(r#"[^"]+\z"#).unwrap(), r"[\x00-\x09\x0b-\x0c\x0e-\x21\x23-\xff]+$");
        assert_eq!(translate(r"a{2,}?b{3}(?:c|de)f*").unwrap(), "(?:a){2,}(?:b){3,3}(?:c|de)(?:f)*");
        assert_eq!(translate("(?u:[é-ë])").unwrap(), r"(?:[\xc3][\xa9-\xab])");
    }

    #[test]
    fn what_has_no_words_is_named() {
        assert!(translate(r"\b{start}a").unwrap_err().contains("WordStart"));
        assert!(translate(r"\n").is_ok_and(|s| s == r"\x0a"));
    }
}
