//! Terminal escape sequences and control bytes.
//!
//! Removed: CSI (`ESC [ .. final`), OSC (`ESC ] .. BEL` or `ESC \`), two-byte escapes, charset choices
//! (`ESC ( B`), `#033[..m` as syslog daemons write ESC, and every other control byte but the tab. A NUL is dropped, so
//! that UTF-16 text of Windows shells reads as ASCII.

/// The colour in which a line begins: what tells the runner's own lines from a script's.
/// Source: `helpers/ansi_colors.go` of GitLab Runner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lead {
    /// No colour code before the first character.
    #[default]
    Plain,
    /// `ESC[32;1m`: info lines and echoed commands.
    Green,
    /// `ESC[36;1m`: section titles.
    Cyan,
    /// `ESC[0;33m`: warnings.
    Yellow,
    /// `ESC[31;1m`: errors.
    Red,
    /// Another code.
    Other,
}

const ESC: u8 = 0x1b;

/// The colour before the first visible character of a raw line. Cost: the escape sequences at its start.
pub fn lead_of(raw: &[u8]) -> Lead {
    let mut lead = Lead::Plain;
    let mut at = 0;
    while at < raw.len() && raw[at] == ESC {
        let end = at + escape_length(&raw[at..]);
        lead = match &raw[at..end] {
            b"\x1b[32;1m" => Lead::Green,
            b"\x1b[36;1m" => Lead::Cyan,
            b"\x1b[0;33m" => Lead::Yellow,
            b"\x1b[31;1m" => Lead::Red,
            b"\x1b[0K" | b"\x1b[K" => lead,
            _ => Lead::Other,
        };
        at = end;
    }
    lead
}

/// The visible text of `raw`: itself, where all of it is visible, else in `scratch`. `raw` holds no line end and no carriage
/// return. Cost: one pass; runs without control bytes are copied whole.
pub(super) fn visible<'t>(raw: &'t [u8], scratch: &'t mut Vec<u8>) -> &'t [u8] {
    let run = plain_run(raw);
    if run == raw.len() {
        return raw;
    }
    scratch.clear();
    scratch.extend_from_slice(&raw[..run]);
    clean_into(&raw[run..], scratch);
    scratch
}

/// Appends the visible text of `raw` to `out`. `raw` holds no line end and no carriage return.
pub fn clean_into(raw: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    loop {
        let run = plain_run(&raw[at..]);
        out.extend_from_slice(&raw[at..at + run]);
        at += run;
        if at == raw.len() {
            break;
        }
        at += match raw[at] {
            ESC => escape_length(&raw[at..]),
            b'#' => match syslog_escape_length(&raw[at..]) {
                0 => {
                    out.push(b'#');
                    1
                }
                n => n,
            },
            _ => 1,
        };
    }
}

/// Bytes before the first that is not plain.
fn plain_run(raw: &[u8]) -> usize {
    const STEP: usize = 16;
    let any_special = |step: &[u8; STEP]| step.iter().fold(0, |any, &b| any | special(b)) != 0;
    let (steps, _) = raw.as_chunks::<STEP>();
    let plain = STEP * steps.iter().take_while(|step| !any_special(step)).count();
    // The last step overlaps the one before: most lines end without a control byte, and single bytes take longer.
    if plain + STEP > raw.len() && raw.last_chunk().is_some_and(|last| !any_special(last)) {
        return raw.len();
    }
    raw[plain..].iter().position(|&b| special(b) != 0).map_or(raw.len(), |i| plain + i)
}

/// 1 for a byte at which visible text may end. Without a branch, so that many bytes are looked at with one instruction.
#[inline(always)]
fn special(b: u8) -> u8 {
    (u8::from(b < 0x20) & u8::from(b != b'\t')) | u8::from(b == 0x7f) | u8::from(b == b'#')
}

/// Bytes of the escape sequence that starts at `raw[0] == ESC`, at least 1. One that does not end takes the rest.
fn escape_length(raw: &[u8]) -> usize {
    match raw.get(1) {
        None => 1,
        Some(b'[') => csi_length(raw, 2),
        Some(b']' | b'P' | b'X' | b'^' | b'_') => {
            let end = raw[2..].iter().position(|&b| b == 0x07 || b == ESC);
            match end {
                Some(i) if raw[2 + i] == 0x07 => 2 + i + 1,
                Some(i) if raw.get(2 + i + 1) == Some(&b'\\') => 2 + i + 2,
                // Another escape before the terminator: the string was cut off, the escape stands for itself.
                Some(i) => 2 + i,
                None => raw.len(),
            }
        }
        Some(b'(' | b')' | b'*' | b'+' | b'#' | b'%' | b' ') => raw.len().min(3),
        Some(0x30..=0x7e) => 2,
        Some(_) => 1,
    }
}

/// `start` is the index of the first parameter byte.
fn csi_length(raw: &[u8], start: usize) -> usize {
    let parameters = raw[start..].iter().position(|b| !(0x20..=0x3f).contains(b));
    match parameters {
        Some(i) if (0x40..=0x7e).contains(&raw[start + i]) => start + i + 1,
        // Not a final byte: the sequence was cut off; what follows is text.
        Some(i) => start + i,
        None => raw.len(),
    }
}

/// Bytes of `#033[..m`, 0 if `raw` does not start with one.
fn syslog_escape_length(raw: &[u8]) -> usize {
    if !raw.starts_with(b"#033[") {
        return 0;
    }
    csi_length(raw, 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(raw: &[u8]) -> String {
        let mut out = Vec::new();
        clean_into(raw, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn visible_text_stays() {
        for (raw, want) in [
            (&b"plain"[..], "plain"),
            (b"npm \x1b[31merror\x1b[39m \x1b[94mcode\x1b[39m E403", "npm error code E403"),
            (b"\x1b]8;;https://example.com\x07link\x1b]8;;\x07 text", "link text"),
            (b"\x1b]0;title\x1b\\text", "text"),
            (b"\x1b(Btext\x1b[?25h", "text"),
            (b"#033[31merror#033[0m # comment", "error # comment"),
            (b"E\x00r\x00r\x00", "Err"),
            (b"a\x08b\x7fc\td", "abc\td"),
            (b"cut \x1b[31", "cut "),
            (b"cut \x1b", "cut "),
            (b"bad \x1b[31\xc3\xa9", "bad \u{e9}"),
            (b"\x1b]0;never ends \x1b[1mbold", "bold"),
        ] {
            assert_eq!(clean(raw), want, "{raw:?}");
        }
    }

    #[test]
    fn lead_is_the_last_colour_before_text() {
        assert_eq!(lead_of(b"\x1b[0K\x1b[36;1mPreparing"), Lead::Cyan);
        assert_eq!(lead_of(b"\x1b[32;1m$ make\x1b[0;m"), Lead::Green);
        assert_eq!(lead_of(b"text \x1b[31;1m"), Lead::Plain);
        assert_eq!(lead_of(b""), Lead::Plain);
    }
}
