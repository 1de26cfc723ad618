//! What the trace shows of pushes: where the last one went, and as whom.

use crate::facts::{Fact, Facts};

use super::remote::{Remote, Scheme};

/// The last push, and the identity that echoed commands give to pushes.
#[derive(Clone, Debug, Default)]
pub(super) struct Pushes {
    remote: Option<Remote>,
    target: Option<String>,
    /// The target was refused: of several refs the first such one is told.
    refused: bool,
    other_identity: bool,
    job_token: bool,
    pushing: bool,
}

impl Pushes {
    /// An echoed command.
    pub(super) fn command(&mut self, command: &str) {
        self.pushing = command.contains("push");
        let names_remote = command.contains("push") || command.contains("remote") || command.contains("url");
        if names_remote && (command.contains("gitlab-ci-token") || command.contains("CI_JOB_TOKEN")) {
            self.job_token = true;
        } else if names_remote && (command.contains('@') || command.contains("oauth2"))
            || ["insteadOf", "extraheader", "GIT_ASKPASS", "credential.helper", "GIT_SSH_COMMAND"].iter().any(|w| command.contains(w))
        {
            self.other_identity = true;
        }
    }

    /// A line of output.
    pub(super) fn line(&mut self, line: &[u8]) {
        let is_ref = matches!(line, [b' ', b' ' | b'!' | b'*' | b'+' | b'-' | b'=', b' ', ..]);
        let is_access = self.pushing && line.starts_with(b"fatal: unable to access '");
        if !is_ref && !is_access && !line.starts_with(b"To ") {
            return;
        }
        let Ok(text) = std::str::from_utf8(line) else { return };
        if let Some(url) = text.strip_prefix("To ") {
            if let Some(remote) = Remote::parse(url) {
                *self = Pushes { remote: Some(remote), target: None, refused: false, ..self.clone() };
            }
        } else if is_access {
            let url = text.split('\'').nth(1).unwrap_or_default();
            if let Some(remote) = Remote::parse(url) {
                *self = Pushes { remote: Some(remote), target: None, refused: false, ..self.clone() };
            }
        } else if self.remote.is_some()
            && !self.refused
            && let Some((_, right)) = text.rsplit_once(" -> ")
        {
            self.target = right.split_whitespace().next().map(str::to_owned);
            self.refused = line[1] == b'!';
        }
    }

    /// Writes what is known; needs the job's project and the checked out ref to be there already.
    pub(super) fn fill(&self, facts: &mut Facts) {
        let Some(remote) = &self.remote else { return };
        facts.set_text(Fact::PushHost, remote.host.clone());
        facts.set_text(Fact::PushProject, remote.project.clone());
        facts.set_text(Fact::PushScheme, remote.scheme.word());
        let other_project = facts.text(Fact::JobProject).map(|p| !p.eq_ignore_ascii_case(&remote.project));
        if let Some(other) = other_project {
            facts.set_flag(Fact::PushOtherProject, other);
        }
        if let Some(target) = &self.target {
            if let Some(other) = facts.text(Fact::CheckoutRef).map(|r| r != target) {
                facts.set_flag(Fact::PushOtherRef, other);
            }
            facts.set_text(Fact::PushRef, target.clone());
        }
        let user_is_job_token = if remote.scheme == Scheme::Ssh || self.other_identity {
            Some(false)
        } else if self.job_token || other_project == Some(false) {
            Some(true)
        } else {
            None
        };
        if let Some(yes) = user_is_job_token {
            facts.set_flag(Fact::PushUserIsJobToken, yes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(commands: &[&str], lines: &[&str]) -> Facts {
        let mut facts = Facts::new();
        facts.set_text(Fact::JobProject, "group/app");
        facts.set_text(Fact::CheckoutRef, "feature/x");
        let mut pushes = Pushes::default();
        commands.iter().for_each(|c| pushes.command(c));
        lines.iter().for_each(|l| pushes.line(l.as_bytes()));
        pushes.fill(&mut facts);
        facts
    }

    #[test]
    fn rejected_push_to_the_own_project() {
        let facts = facts(
            &["git push origin HEAD:main"],
            &["To https://gitlab.example.com/group/app.git", " ! [remote rejected] HEAD -> main (pre-receive hook declined)"],
        );
        assert_eq!(facts.text(Fact::PushRef), Some("main"));
        assert_eq!(facts.flag(Fact::PushOtherProject), Some(false));
        assert_eq!(facts.flag(Fact::PushOtherRef), Some(true));
        assert_eq!(facts.flag(Fact::PushUserIsJobToken), Some(true));
    }

    #[test]
    fn of_several_refs_the_first_refused_one_counts() {
        let lines = [
            "To https://gitlab.example.com/group/app.git",
            "   1a2b3c4..5d6e7f8  a -> a",
            " ! [remote rejected] HEAD -> main (pre-receive hook declined)",
            " ! [remote rejected] b -> b (pre-receive hook declined)",
        ];
        assert_eq!(facts(&["git push origin a HEAD:main b"], &lines).text(Fact::PushRef), Some("main"));
    }

    #[test]
    fn another_identity_and_project() {
        let facts = facts(
            &["git push \"https://oauth2:${TOKEN}@gitlab.example.com/group/docs.git\" HEAD:main"],
            &["fatal: unable to access 'https://gitlab.example.com/group/docs.git/': The requested URL returned error: 403"],
        );
        assert_eq!(facts.flag(Fact::PushOtherProject), Some(true));
        assert_eq!(facts.flag(Fact::PushUserIsJobToken), Some(false));
    }
}
