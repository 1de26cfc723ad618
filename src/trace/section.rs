//! The runner's sections, by mark or by title.
//!
//! Names and titles: `common/build.go` and `helpers/build_section.go` of GitLab Runner; the older titles from its
//! releases before 13.

/// What a section of the runner is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Outside of every section.
    Outside,
    /// `resolve_secrets`, `prepare_executor`, `prepare_script`.
    Prepare,
    /// `get_sources`, `clear_worktree`.
    Sources,
    /// `restore_cache`, `download_artifacts`.
    Restore,
    /// `step_script` and every other `step_*`; `build_script` of older runners.
    Script,
    /// `after_script`.
    After,
    /// `archive_cache*`, `upload_artifacts_on_*`.
    Store,
    /// `cleanup_file_variables`.
    Cleanup,
}

impl Stage {
    /// The stage of a runner's section name; `None` for the names of scripts.
    pub fn of_name(name: &str) -> Option<Stage> {
        Some(match name {
            "resolve_secrets" | "prepare_executor" | "prepare_script" | "prepare_environment" => Stage::Prepare,
            "get_sources" | "clear_worktree" => Stage::Sources,
            "restore_cache" | "download_artifacts" => Stage::Restore,
            "build_script" => Stage::Script,
            "after_script" => Stage::After,
            "archive_cache" | "archive_cache_on_failure" => Stage::Store,
            // Before 13.0 the title does not say on what.
            "upload_artifacts" | "upload_artifacts_on_success" | "upload_artifacts_on_failure" => Stage::Store,
            "cleanup_file_variables" => Stage::Cleanup,
            _ if name.starts_with("step_") => Stage::Script,
            _ => return None,
        })
    }

    /// Whether a failure here ends the job at once: what follows only cleans up.
    pub fn is_main(self) -> bool {
        matches!(self, Stage::Prepare | Stage::Sources | Stage::Restore | Stage::Script)
    }
}

/// A section, or what stands outside of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The runner's name.
    pub name: String,
    /// What it is for.
    pub stage: Stage,
    /// When it began.
    pub started: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
    /// Its end was seen.
    pub closed: bool,
    /// Commands echoed in it.
    pub commands: u32,
    /// The last of them cannot fail: it ends in `|| true` or the like.
    pub guarded: bool,
    /// The last of them, cut to 500 bytes.
    pub last_command: Option<String>,
    /// The last line of `set -x` behind it.
    pub last_trace: Option<String>,
}

impl Section {
    pub(super) fn new(name: &str, stage: Stage, started: Option<i64>) -> Section {
        Section { name: name.to_owned(), stage, started, ended: None, closed: false, commands: 0, guarded: false, last_command: None, last_trace: None }
    }
}

/// A mark in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark<'a> {
    pub(super) start: bool,
    pub(super) seconds: i64,
    pub(super) name: &'a str,
}

impl Mark<'_> {
    /// Reads a clean line that is a mark and nothing else.
    pub(super) fn of_line(line: &[u8]) -> Option<Mark<'_>> {
        let rest = line.strip_prefix(b"section_")?;
        let (start, rest) = match rest.strip_prefix(b"start:") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix(b"end:")?),
        };
        let rest = std::str::from_utf8(rest).ok()?;
        let (seconds, name) = rest.split_once(':')?;
        let name = name.split('[').next().unwrap_or_default();
        Some(Mark { start, seconds: seconds.parse().ok()?, name })
    }
}

/// The section that begins at a title line, in a trace without marks, and whether no other tool writes such a line.
pub(super) fn section_of_title(line: &[u8]) -> Option<(&str, bool)> {
    const WHOLE: [(&str, &str, bool); 17] = [
        ("Resolving secrets", "resolve_secrets", false),
        ("Preparing environment", "prepare_script", false),
        ("Getting source from Git repository", "get_sources", true),
        ("Deleting all tracked and untracked files due to source fetch failure", "clear_worktree", true),
        ("Restoring cache", "restore_cache", false),
        ("Downloading artifacts", "download_artifacts", false),
        ("Running after_script", "after_script", true),
        ("Running after script...", "after_script", false),
        ("Saving cache for successful job", "archive_cache", true),
        ("Saving cache for failed job", "archive_cache_on_failure", true),
        ("Uploading artifacts for successful job", "upload_artifacts_on_success", true),
        ("Uploading artifacts for failed job", "upload_artifacts_on_failure", true),
        ("Cleaning up project directory and file based variables", "cleanup_file_variables", true),
        ("Cleaning up file based variables", "cleanup_file_variables", true),
        ("Fetching changes...", "get_sources", false),
        ("Cloning repository...", "get_sources", false),
        ("Uploading artifacts...", "upload_artifacts", false),
    ];
    const STARTS: [(&str, &str, bool); 9] = [
        ("Using Docker executor with image ", "prepare_executor", true),
        ("Using Kubernetes executor ", "prepare_executor", true),
        ("Using Shell executor", "prepare_executor", true),
        ("Running on ", "prepare_script", false),
        ("Fetching changes with git depth set to ", "get_sources", true),
        ("Cloning repository for ", "get_sources", false),
        ("Checking cache for ", "restore_cache", false),
        ("Downloading artifacts for ", "download_artifacts", false),
        ("Creating cache ", "archive_cache", false),
    ];
    let line = std::str::from_utf8(line).ok()?;
    if let Some(rest) = line.strip_prefix("Executing \"") {
        let (name, tail) = rest.split_once('"')?;
        return (tail == " stage of the job script" && name.starts_with("step_")).then_some((name, true));
    }
    if let Some(rest) = line.strip_prefix("Preparing the \"") {
        return rest.ends_with("\" executor").then_some(("prepare_executor", true));
    }
    let whole = WHOLE.iter().find(|(title, ..)| line == *title);
    let found = whole.or_else(|| STARTS.iter().find(|(start, ..)| line.starts_with(start)));
    found.map(|(_, name, telling)| (*name, *telling))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        assert_eq!(Mark::of_line(b"section_start:17:step_script[collapsed=true]"), Some(Mark { start: true, seconds: 17, name: "step_script" }));
        assert_eq!(Mark::of_line(b"section_end:9:a.b"), Some(Mark { start: false, seconds: 9, name: "a.b" }));
        assert_eq!(Mark::of_line(b"section_begin:9:a"), None);
    }

    #[test]
    fn titles() {
        assert_eq!(section_of_title(b"Executing \"step_release\" stage of the job script"), Some(("step_release", true)));
        assert_eq!(section_of_title(b"Preparing the \"docker\" executor"), Some(("prepare_executor", true)));
        assert_eq!(section_of_title(b"Preparing to test"), None);
    }
}
