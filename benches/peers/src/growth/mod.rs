//! Curves: how the time grows with one quantity, all else being equal. See README.md.

mod curves;
mod plot;
mod text;

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use crate::args::Args;
use crate::error::Error;
use crate::facts::{self, Machine};
use crate::ours::Ours;
use crate::processes;
use crate::record::{self, median};
use crate::report::digits;
use crate::rows::wants;

/// Seconds after which a point is not run again.
const LONG: f64 = 20.0;

/// One run.
#[derive(Clone, Debug, Serialize)]
struct Growth {
    /// `whyred.growth/1`: what the keys mean.
    schema: &'static str,
    /// When it began, UTC.
    date: String,
    /// The commit of the project, and whether its tree differs from it.
    commit: String,
    /// Version and hash of the catalog.
    catalog: String,
    /// Where it ran.
    machine: Machine,
    /// Version of the program.
    whyred: String,
    /// Rounds that count; one before them is dropped.
    rounds: usize,
    /// The curves.
    curves: Vec<Curve>,
    /// What else a reader must know.
    notes: Vec<String>,
}

/// One curve.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// Its name in files and options.
    pub key: &'static str,
    /// What it shows.
    pub title: String,
    /// What grows.
    pub x: &'static str,
    /// What is measured.
    pub y: &'static str,
    /// In order of what grows.
    pub points: Vec<Point>,
    /// How it is drawn.
    #[serde(skip)]
    pub shape: Shape,
}

/// One point of a curve.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Point {
    /// The quantity that grows.
    pub x: f64,
    /// The same for a reader.
    pub label: String,
    /// Bytes that are read.
    pub bytes: u64,
    /// Seconds of the rounds that count, in order; of the one round, where it took long.
    pub seconds: Vec<f64>,
}

/// Axes of a plot, and what a straight curve is on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Even axes; the first point goes on.
    Flat,
    /// The same, with points at even distances.
    FlatSteps,
    /// Axes in powers of ten; in proportion to the last point.
    Proportional,
    /// Steps that double; the first point shared out.
    Shared,
}

/// Runs a point once: seconds by the clock.
pub type Task = Box<dyn FnMut() -> Result<f64, Error>>;

/// A curve, and what runs each of its points.
pub struct Planned {
    /// Without seconds.
    pub curve: Curve,
    /// One a point.
    pub tasks: Vec<Task>,
}

impl Planned {
    /// A curve without points.
    pub fn new(key: &'static str, title: &str, x: &'static str, shape: Shape) -> Planned {
        Planned { curve: Curve { key, title: title.to_owned(), x, y: "seconds", points: Vec::new(), shape }, tasks: Vec::new() }
    }

    /// One more point.
    pub fn push(&mut self, x: f64, label: String, bytes: u64, task: Task) {
        self.curve.points.push(Point { x, label, bytes, seconds: Vec::new() });
        self.tasks.push(task);
    }

    /// Runs every point once a round, one point after the other; the first round is dropped. A point that took long is
    /// not run again.
    fn measure(mut self, rounds: usize) -> Result<Curve, Error> {
        let mut done = vec![false; self.tasks.len()];
        for round in 0..=rounds {
            eprintln!("{}: round {round} of {rounds}", self.curve.key);
            for ((point, task), done) in self.curve.points.iter_mut().zip(&mut self.tasks).zip(&mut done).filter(|(_, done)| !**done) {
                let seconds = task()?;
                *done = seconds > LONG;
                if round > 0 || *done {
                    point.seconds.push(seconds);
                }
            }
        }
        Ok(self.curve)
    }
}

/// Measures the curves that the user wants; writes their plots and a record, and prints tables.
pub fn run(args: &Args, whyred: &Path, to: &Path, notes: Vec<String>) -> Result<(), Error> {
    let (date, mut machine) = (facts::now(), Machine::read());
    let version = processes::version_of(whyred)?.trim_start_matches("whyred ").to_owned();
    let plots = args.plots.clone().unwrap_or_else(|| crate::ours::project().join("docs/performance"));
    std::fs::create_dir_all(&plots).map_err(|e| Error::path(&plots, e))?;
    let mut curves = Vec::new();
    for (key, plan) in curves::ALL.iter().filter(|(key, _)| wants(args, key)) {
        // A folder for each: what one needs is gone before the next.
        let scratch = tempfile::tempdir().map_err(|e| Error::World(format!("no folder for what is written on the way: {e}")))?;
        eprintln!("{key}: what is read is generated");
        let curve = plan(args, whyred, scratch.path())?.measure(args.rounds)?;
        plot::write(&curve, &plots.join(format!("{key}.svg")))?;
        print!("{}", markdown(&curve));
        curves.push(curve);
    }
    machine.load_after = facts::load();
    let catalog = Ours::build()?.catalog;
    let growth = Growth { schema: "whyred.growth/1", date, commit: facts::commit(), catalog, machine, whyred: version, rounds: args.rounds, curves, notes };
    growth.notes.iter().for_each(|n| println!("- {n}"));
    eprintln!("record: {}", record::write(&growth, to)?.display());
    Ok(())
}

fn markdown(curve: &Curve) -> String {
    let mut out = format!("\n## {}\n\n| {} | median s | min–max | MB/s |\n|---|---|---|---|\n", curve.title, curve.x);
    for point in &curve.points {
        let Some(middle) = median(&point.seconds) else { continue };
        let min = point.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let max = point.seconds.iter().copied().fold(0.0, f64::max);
        let speed = digits(point.bytes as f64 / middle / 1e6);
        _ = writeln!(out, "| {} | {} | {}–{} | {speed} |", point.label, digits(middle), digits(min), digits(max));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_round_is_dropped_and_a_long_one_is_not_repeated() {
        let mut planned = Planned::new("k", "t", "x", Shape::Flat);
        let mut next = 0.0;
        let counts = move || {
            next += 1.0;
            Ok(next)
        };
        planned.push(1.0, "1".to_owned(), 1, Box::new(counts));
        planned.push(2.0, "2".to_owned(), 2, Box::new(|| Ok(LONG + 1.0)));
        let curve = planned.measure(3).expect("nothing fails");
        assert_eq!(curve.points[0].seconds, [2.0, 3.0, 4.0]);
        assert_eq!(curve.points[1].seconds, [LONG + 1.0]);
    }
}
