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
    let odd = start.iter().filter(|&&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x1b | 0x08 | 0x07 | 0x0c)).count();
    (!wide && odd * 10 > start.len().max(40)).then_some("a binary file: every tenth byte or more is a control code")
}

#[cfg(test)]
mod tests {
    use super::not_text;

    #[test]
    fn text_and_not_text() {
        assert_eq!(not_text(b"plain\n"), None);
        assert_eq!(not_text(b"a\x00b\n plain text with one NUL byte in it"), None);
        assert_eq!(not_text(&[b"\xff\xfe".as_slice(), b"E\x00r\x00r\x00".repeat(50).as_slice()].concat()), None);
        assert!(not_text(&[0, 1, 2, 3].repeat(100)).is_some());
        assert!(not_text(b"\x1f\x8b\x08\x00").is_some());
    }
}
