//! Commands of a script that cannot end it.

/// Whether a command cannot fail: what follows its last `||` always succeeds.
pub(super) fn is_guarded(command: &str) -> bool {
    let Some((_, last)) = command.rsplit_once("||") else { return false };
    let last = last.trim();
    let goes_on = last.contains("&&") || last.contains(';') || last.contains('|');
    let succeeds = last == "true" || last == ":" || last == "exit 0" || last.starts_with("echo ") || last.starts_with("printf ");
    succeeds && !goes_on
}

#[cfg(test)]
mod tests {
    use super::is_guarded;

    #[test]
    fn a_command_with_a_way_out_cannot_fail() {
        for command in ["rm x || true", "a && b||:", "test -f y || echo 'none here'", "z || exit 0"] {
            assert!(is_guarded(command), "{command}");
        }
        for command in ["make", "make || exit 1", "a || echo no && false", "a || { echo no; exit 1; }", "true || make", "a || true; b", "a || true | b"] {
            assert!(!is_guarded(command), "{command}");
        }
    }
}
