//! `whyred patterns backtest`.

use crate::batch::in_order;
use crate::comparison::{Change, Comparison, Difference, HitRow, HitTally, Tally, group};
use crate::format::{Page, change_json, hit_json, show_trial};
use crate::pattern::Catalog;
use crate::proof::{Trial, hit_of, is_hit};
use crate::record::{Detail, Origin, Outline, Record};
use crate::source::{Item, JobFacts, JobTable, Opener};
use crate::trace::Outcome;
use crate::verdict::{Judgement, Options, Rules, Session};

use super::args::{BacktestArgs, LineFormat};
use super::message::{Status, error};
use super::rows::Rows;
use super::{check, explain, inputs, packs, terminal};

pub(super) fn run(args: &BacktestArgs) -> Status {
    backtest(args).unwrap_or_else(|status| status)
}

fn backtest(args: &BacktestArgs) -> Result<Status, Status> {
    let walk = inputs::walk(&args.inputs)?;
    let jobs = inputs::jobs(&args.inputs)?;
    let before = packs::catalog(&args.common)?;
    let after = changed(args, &before)?;
    let trial = Trial::new(before, after).map_err(|e| {
        error(&e.to_string());
        Status::Trouble
    })?;
    let options = inputs::options(args.inputs.assume, &args.common, inputs::redactor());
    let mut told = Told::new(LineFormat::or_fitting(args.format), &trial);
    let mapping = inputs::mapping(&args.inputs);
    in_order(
        walk,
        inputs::threads(&args.inputs),
        || Opener::new(mapping),
        |opener, item: Item, _| one(&item, opener, &trial, &options, &jobs),
        |tried| told.take(&tried),
    );
    if told.traces == 0 && !told.trouble {
        inputs::nothing_found();
        return Err(Status::Trouble);
    }
    let status = told.finish();
    let differs = told.tally.changed() > 0 || told.hits.alarms() > 0;
    Ok(if status == Status::Done && args.exit_code && differs { Status::Failed } else { status })
}

/// The catalog with the change.
fn changed(args: &BacktestArgs, before: &Catalog) -> Result<Catalog, Status> {
    let sources = packs::read_folder(&args.folder)?;
    let built = if check::is_whole(&sources) {
        Catalog::build(env!("CARGO_PKG_VERSION"), &sources)
    } else {
        let mut catalog = before.clone();
        catalog.add_pack("backtest", &sources).map(|()| catalog)
    };
    built.map_err(|e| {
        packs::tell(&e, &args.folder);
        Status::Trouble
    })
}

/// What the two catalogs say of one trace.
struct Tried {
    trace: String,
    outcomes: Vec<Outcome>,
    /// Empty: no touched pattern hits.
    changes: Vec<Change>,
    hits: Vec<HitRow>,
    error: Option<String>,
}

fn one(item: &Item, opener: &mut Opener, trial: &Trial, options: &Options, jobs: &JobTable) -> Tried {
    let mut tried = Tried { trace: item.name(), outcomes: Vec::new(), changes: Vec::new(), hits: Vec::new(), error: item.error.clone() };
    if tried.error.is_some() {
        return tried;
    }
    let job = inputs::job_of(item, jobs).unwrap_or_else(|e| {
        tried.error = Some(e);
        JobFacts::default()
    });
    // Standard input can be read once only: there both catalogs read along from the start.
    if item.path.is_some() {
        let [sieved] = judge(item, opener, [trial.sieve(options, job.facts.clone())], &mut tried.error);
        tried.outcomes = sieved.iter().map(|j| j.outcome).collect();
        if tried.error.is_some() || !sieved.iter().any(is_hit) {
            return tried;
        }
    }
    let session = |rules| Session::new(rules, options, job.facts.clone());
    let [before, after] = judge(item, opener, [session(trial.before()), session(trial.after())], &mut tried.error);
    tried.outcomes = after.iter().map(|j| j.outcome).collect();
    let origin = Origin { trace: tried.trace.clone(), job: job.known, ..Origin::default() };
    let outline = |rules: &Rules, j: &Judgement| Outline::of(&Record::new(j, &origin, Detail::Brief, &options.redactor, &rules.catalog().version));
    let mut comparison = Comparison::default();
    for judgement in &before {
        tried.changes.extend(comparison.before(outline(trial.before(), judgement)));
    }
    for judgement in &after {
        tried.changes.extend(comparison.after(outline(trial.after(), judgement)));
    }
    tried.changes.extend(comparison.finish());
    for (pattern, touch) in trial.touched() {
        let found = |all: &[Judgement]| all.iter().find_map(|j| hit_of(pattern, j).map(|hit| (hit, j.outcome)));
        let (before, after) = (found(&before), found(&after));
        let Some((_, outcome)) = after.as_ref().or(before.as_ref()) else { continue };
        tried.hits.push(HitRow {
            pattern: pattern.clone(),
            touch: *touch,
            trace: tried.trace.clone(),
            outcome: *outcome,
            before: before.map(|(hit, _)| hit),
            after: after.map(|(hit, _)| hit),
        });
    }
    tried
}

/// What each session says of an item, from one reading.
fn judge<const N: usize>(item: &Item, opener: &mut Opener, mut sessions: [Session; N], failed: &mut Option<String>) -> [Vec<Judgement>; N] {
    let mut judgements = [const { Vec::new() }; N];
    let end = opener.read(item.path.as_deref(), |bytes| {
        for (session, finished) in sessions.iter_mut().zip(&mut judgements) {
            session.push(bytes);
            finished.append(&mut session.take_finished());
        }
    });
    if let Err(e) = end {
        failed.get_or_insert(e.to_string());
    }
    for (session, finished) in sessions.into_iter().zip(&mut judgements) {
        finished.append(&mut session.finish());
    }
    judgements
}

/// Where the results go.
struct Told {
    format: LineFormat,
    rows: Rows,
    traces: u64,
    outcomes: [u64; 3],
    tally: Tally,
    hits: HitTally,
    trouble: bool,
}

impl Told {
    fn new(format: LineFormat, trial: &Trial) -> Told {
        Told { format, rows: Rows::new(), traces: 0, outcomes: [0; 3], tally: Tally::default(), hits: HitTally::new(trial), trouble: false }
    }

    /// Takes what was found of one trace; false: nobody reads on.
    fn take(&mut self, tried: &Tried) -> bool {
        self.traces += 1;
        if let Some(e) = &tried.error {
            error(&format!("{}: {e}", tried.trace));
            self.trouble = true;
        }
        for outcome in &tried.outcomes {
            self.outcomes[group(*outcome)] += 1;
        }
        tried.changes.iter().for_each(|c| self.tally.add(c));
        tried.hits.iter().for_each(|h| self.hits.add(h));
        let changes = tried.changes.iter().filter(|c| c.difference() != Difference::Same).map(change_json);
        for row in tried.hits.iter().map(hit_json).chain(changes) {
            if self.format == LineFormat::Jsonl {
                self.rows.put(&row);
            }
        }
        self.rows.is_open()
    }

    fn finish(&mut self) -> Status {
        if self.format == LineFormat::Human {
            let mut page = Page::new(terminal::colour(), terminal::width());
            show_trial(&self.hits, &self.tally, self.outcomes, &mut page);
            let status = explain::print(&page.take());
            return if self.trouble { Status::Trouble } else { status };
        }
        let status = self.rows.finish();
        if self.trouble { Status::Trouble } else { status }
    }
}
