//! Files that are no text.

/// What the first bytes of a file are, if they are no text; at most the first 8 KiB are looked at.
pub(super) fn not_text(start: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 11] = [
        (b"\x1f\x8b", "gzip data: decompress it first"),
        (b"\x28\xb5\x2f\xfd", "zstd data: decompress it first"),
        (b"\xfd7zXZ\x00", "xz data: decompress it first"),
        (b"BZh", "bzip2 data: decompress it first"),
        (b"PK\x03\x04", "a zip archive: unpack it first"),
        (b"\x7fELF", "a binary file: an ELF program"),
        (b"\x89PNG", "a binary file: a PNG picture"),
        (b"\xff\xd8\xff", "a binary file: a JPEG picture"),
        (b"GIF8", "a binary file: a GIF picture"),
        (b"%PDF-", "a binary file: a PDF document"),
        (b"MZ\x90\x00", "a binary file: a Windows program"),
    ];
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(what);
    }
    // UTF-16 of Windows shells has a NUL beside every ASCII character.
    let wide = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
    let start = &start[..start.len().min(8192)];
    let odd: usize = start.chunks(MANY).map(|many| usize::from(many.iter().map(|b| is_odd(*b)).sum::<u8>())).sum();
    (!wide && odd * 10 > start.len().max(40)).then_some("a binary file: every tenth byte or more is a control code")
}

/// Bytes that are counted in a number of eight bits: many are looked at with one instruction.
const MANY: usize = 128;

/// 1 for a control code that logs do not hold. Without a branch.
#[inline(always)]
fn is_odd(b: u8) -> u8 {
    let usual = (0x07..=0x0a).contains(&b) | (b == 0x0c) | (b == b'\r') | (b == 0x1b);
    u8::from(b < 0x20) & u8::from(!usual)
}

#[cfg(test)]
mod tests {
    use super::{is_odd, not_text};

    #[test]
    fn control_codes_that_logs_do_not_hold() {
        for b in 0..=u8::MAX {
            let usual = matches!(b, b'\t' | b'\n' | b'\r' | 0x1b | 0x08 | 0x07 | 0x0c);
            assert_eq!(is_odd(b) == 1, b < 0x20 && !usual, "{b}");
        }
    }

    #[test]
    fn text_and_not_text() {
        assert_eq!(not_text(b"plain\n"), None);
        assert_eq!(not_text(b"a\x00b\n plain text with one NUL byte in it"), None);
        assert_eq!(not_text(&[b"\xff\xfe".as_slice(), b"E\x00r\x00r\x00".repeat(50).as_slice()].concat()), None);
        assert!(not_text(&[0, 1, 2, 3].repeat(100)).is_some());
        assert!(not_text(b"\x1f\x8b\x08\x00").is_some());
    }
}
