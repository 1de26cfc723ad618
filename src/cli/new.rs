//! `whyred patterns new`.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::draft::Draft;
use crate::facts::Facts;
use crate::pattern::{Catalog, is_kebab};
use crate::redact::Redactor;
use crate::source::Opener;
use crate::text::LineNumber;
use crate::trace::{Nth, NthLine, Role};
use crate::verdict::{Judgement, Options, Rules, Session};

use super::args::NewArgs;
use super::explain::{nearest, print};
use super::message::{Status, error, help, note};
use super::packs;

pub(super) fn run(args: &NewArgs) -> Status {
    draft(args).unwrap_or_else(|status| status)
}

fn draft(args: &NewArgs) -> Result<Status, Status> {
    let (log, number) = place(&args.from)?;
    let rules = packs::rules(&args.common)?;
    if rules.catalog().class(&args.class).is_none() {
        error(&format!("--class {}: no such class", args.class));
        match nearest(rules.catalog(), &args.class) {
            Some(id) => help(&format!("a similar one exists: `{id}`")),
            None => help("`whyred patterns list` shows all classes"),
        }
        return Err(Status::Usage);
    }
    if let Some(name) = args.name.as_ref().filter(|n| !is_kebab(n)) {
        error(&format!("--name {name}: not in kebab-case, such as `push-denied`"));
        return Err(Status::Usage);
    }
    let options = Options::default();
    let (line, judgements) = line_of(&log, number, rules, &options)?;
    let text = Redactor::new().redact(&line.text);
    let Some(draft) = Draft::new(&args.class, args.name.as_deref(), &text, line.daemon) else {
        error(&format!("{}: line {}: nothing in it is printed every time: `{text}`", log.display(), number.0));
        return Err(Status::Trouble);
    };
    tell_hits(&judgements, number, rules.catalog());
    match &args.into {
        None => Ok(print(&draft.toml(true))),
        Some(folder) => write(folder, &draft, rules.catalog()),
    }
}

/// `LOG:LINE` in its two parts: the log's name may hold colons too.
fn place(from: &str) -> Result<(PathBuf, LineNumber), Status> {
    let parts = from.rsplit_once(':').and_then(|(log, line)| Some((log, line.parse::<u64>().ok()?)));
    match parts.filter(|(log, line)| !log.is_empty() && *log != "-" && *line > 0) {
        Some((log, line)) => Ok((log.into(), LineNumber(line))),
        None => {
            error(&format!("--from {from}: expected LOG:LINE, a file and the number of a line, such as job.log:812"));
            Err(Status::Usage)
        }
    }
}

/// The line of output on that physical line, and what is said of the log today.
fn line_of(log: &Path, number: LineNumber, rules: &Rules, options: &Options) -> Result<(NthLine, Vec<Judgement>), Status> {
    let mut nth = Nth::new(number);
    let mut session = Session::new(rules, options, Facts::new());
    let mut judgements = Vec::new();
    let end = Opener::default().read(Some(log), |bytes| {
        nth.push(bytes);
        session.push(bytes);
        judgements.append(&mut session.take_finished());
    });
    end.map_err(|e| {
        error(&format!("{}: {e}", log.display()));
        Status::Trouble
    })?;
    judgements.append(&mut session.finish());
    let (lines, count) = nth.finish();
    let wrong = |reason: &str| {
        error(&format!("{}: line {}: {reason}", log.display(), number.0));
        Err(Status::Trouble)
    };
    if lines.is_empty() {
        return wrong(&match number.0 > count {
            true => format!("the log has {count} lines"),
            false => "no text for a pattern: it is blank, a section's mark, or goes on from a line above".to_owned(),
        });
    }
    match lines.into_iter().rfind(|l| matches!(l.role, Role::Output | Role::OutcomeText | Role::Title)) {
        Some(line) => Ok((line, judgements)),
        None => wrong("an echoed command, or whyred's own words: no evidence for a pattern"),
    }
}

/// What hits the line already: the author may want to widen that pattern instead.
fn tell_hits(judgements: &[Judgement], number: LineNumber, catalog: &Catalog) {
    for judgement in judgements {
        if let Some(verdict) = &judgement.verdict {
            let id = verdict.pattern.as_ref().map_or(verdict.class.as_str(), |p| p.as_str());
            let line = verdict.evidence.first().map(|e| format!(", by line {}", e.number.0)).unwrap_or_default();
            note(&format!("the verdict on this log is `{id}`{line}"));
        }
        for finding in judgement.findings.iter().filter(|f| f.line == number) {
            let title = catalog.pattern(finding.pattern.as_str()).map_or("", |p| p.title.as_str());
            note(&format!("`{}` hits this line already: {title}", finding.pattern));
        }
    }
}

fn write(folder: &Path, draft: &Draft, catalog: &Catalog) -> Result<Status, Status> {
    let group = catalog.class(&draft.class).map_or("", |c| c.group.as_str());
    let of_catalog = folder.join(group).join(&draft.class);
    let whole = of_catalog.join("class.toml").is_file();
    let place = if whole { of_catalog } else { folder.join(&draft.class) };
    let path = place.join(format!("{}.toml", draft.symptom));
    let made = std::fs::create_dir_all(&place)
        // An author's file is never overwritten.
        .and_then(|()| std::fs::File::create_new(&path))
        .and_then(|mut file| file.write_all(draft.toml(!whole).as_bytes()));
    match made {
        Ok(()) => {
            let status = print(&format!("{}\n", path.display()));
            help(&format!("fill it in, then: whyred patterns check {}", folder.display()));
            Ok(status)
        }
        Err(e) => {
            error(&format!("{}: {e}", path.display()));
            if e.kind() == std::io::ErrorKind::AlreadyExists {
                help("--name gives it another name");
            }
            Err(Status::Trouble)
        }
    }
}
