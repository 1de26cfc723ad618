//! Git remotes in messages.

/// How a remote is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `https://` or `http://`.
    Https,
    /// `ssh://` or `user@host:path`.
    Ssh,
    /// A path.
    File,
}

impl Scheme {
    /// The word of the fact.
    pub fn word(self) -> &'static str {
        match self {
            Scheme::Https => "https",
            Scheme::Ssh => "ssh",
            Scheme::File => "file",
        }
    }
}

/// Host and project of a remote's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// How it is reached.
    pub scheme: Scheme,
    /// Host, without port; empty for a path.
    pub host: String,
    /// Path, without `.git` and slashes at its ends.
    pub project: String,
}

impl Remote {
    /// Reads `https://user@host:port/group/app.git`, `git@host:group/app.git`, `ssh://...`, or a path.
    pub fn parse(url: &str) -> Option<Remote> {
        let url = url.trim().trim_matches('\'').trim_matches('"');
        let web = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let (scheme, rest) = match (web, url.strip_prefix("ssh://").or_else(|| url.strip_prefix("git+ssh://"))) {
            (Some(rest), _) => (Scheme::Https, rest),
            (None, Some(rest)) => (Scheme::Ssh, rest),
            (None, None) => {
                if let Some((user_host, path)) = url.split_once(':')
                    && !user_host.contains('/')
                    && !path.starts_with('\\')
                    && user_host.len() > 1
                {
                    let host = user_host.rsplit('@').next()?;
                    return Remote::of(Scheme::Ssh, host, path);
                }
                let path = url.strip_prefix("file://").unwrap_or(url);
                return (path.starts_with('/') || path.starts_with('.')).then(|| Remote::of(Scheme::File, "", path)).flatten();
            }
        };
        let (host, path) = rest.split_once('/')?;
        let host = host.rsplit('@').next()?.split(':').next()?;
        Remote::of(scheme, host, path)
    }

    fn of(scheme: Scheme, host: &str, path: &str) -> Option<Remote> {
        let path = path.trim_matches('/');
        let project = path.strip_suffix(".git").unwrap_or(path).trim_matches('/');
        (!project.is_empty()).then(|| Remote { scheme, host: host.to_owned(), project: project.to_owned() })
    }
}

/// `group/app` of the path of a job's repository: `/builds/group/app/.git/`, `.../builds/<runner>/<n>/group/app/.git`.
pub(super) fn project_of_path(path: &str) -> Option<String> {
    let path = path.trim().replace('\\', "/");
    let path = path.trim_end_matches('/').trim_end_matches(".git").trim_end_matches('/');
    let (_, tail) = path.rsplit_once("/builds/").or_else(|| path.rsplit_once("/Builds/"))?;
    let mut parts: Vec<&str> = tail.split('/').filter(|p| !p.is_empty()).collect();
    let is_token = |p: &str| (6..=20).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if parts.len() > 3 && is_token(parts[0]) && parts[1].bytes().all(|b| b.is_ascii_digit()) {
        parts.drain(..2);
    }
    (parts.len() >= 2).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (url, want) in [
            ("https://gitlab-ci-token:x@gitlab.example.com:8443/group/sub/app.git/", (Scheme::Https, "gitlab.example.com", "group/sub/app")),
            ("git@gitlab.example.com:group/app.git", (Scheme::Ssh, "gitlab.example.com", "group/app")),
            ("ssh://git@gitlab.example.com:2222/group/app.git", (Scheme::Ssh, "gitlab.example.com", "group/app")),
            ("/srv/git/app.git", (Scheme::File, "", "srv/git/app")),
        ] {
            let got = Remote::parse(url).unwrap();
            assert_eq!((got.scheme, got.host.as_str(), got.project.as_str()), want);
        }
        assert_eq!(Remote::parse("origin"), None);
    }

    #[test]
    fn paths() {
        assert_eq!(project_of_path("/builds/group/app/.git/").as_deref(), Some("group/app"));
        assert_eq!(project_of_path("/home/gitlab-runner/builds/abCdEfGhI/0/group/sub/app/.git/").as_deref(), Some("group/sub/app"));
        assert_eq!(project_of_path("C:/Gitlab-Runner/builds/xxxxxxxx/0/alice/test/.git/").as_deref(), Some("alice/test"));
        assert_eq!(project_of_path("/srv/app/.git/"), None);
    }
}
