//! `whyred scan --follow`.

use std::path::Path;

use crate::facts::Facts;
use crate::live::{Growth, Signals, Then, follow};
use crate::record::Origin;
use crate::verdict::Session;

use super::message::{Status, error};
use super::scan::Scan;
use super::sinks::Written;

/// Scans a file that grows until its job has ended, nobody reads on, or a signal asks for the end.
pub(super) fn run(mut scan: Scan, path: &Path, reopens: bool) -> Status {
    let signals = match Signals::new(reopens) {
        Ok(signals) => signals,
        Err(e) => {
            error(&format!("signals cannot be listened for: {e}"));
            return Status::Trouble;
        }
    };
    let judge = scan.judge;
    let new = || Session::new(judge.rules, judge.options, Facts::new());
    let origin = Origin { trace: path.to_string_lossy().into_owned(), ..Origin::default() };
    let mut session = new();
    let end = follow(path, &signals, |growth| {
        let judged = match growth {
            Growth::Bytes(bytes) => {
                session.push(bytes);
                session.take_finished()
            }
            Growth::Quiet => {
                session.settle();
                session.take_finished()
            }
            Growth::Anew if session.rotate() => session.take_finished(),
            Growth::Anew => {
                let mut judged = std::mem::replace(&mut session, new()).finish();
                // Nothing stood in it yet.
                judged.retain(|j| j.bytes > 0);
                judged
            }
            Growth::Reopen => {
                reopen(&mut scan);
                return Then::Follow;
            }
        };
        let is_read = judged.is_empty() || scan.take(&judge.records(&judged, &origin));
        if !is_read || (matches!(growth, Growth::Quiet) && session.is_over()) { Then::Stop } else { Then::Follow }
    });
    let mut last = origin;
    let signal = end.unwrap_or_else(|e| {
        last.errors.push(e.to_string());
        None
    });
    scan.take(&judge.records(&session.finish(), &last));
    match (scan.end(), signal) {
        (Status::Done | Status::Failed, Some(signal)) => Status::Signal(signal),
        (status, _) => status,
    }
}

fn reopen(scan: &mut Scan) {
    for sink in &mut scan.sinks {
        if let Written::Failed(e) = sink.reopen() {
            error(&e);
            scan.trouble = true;
        }
    }
}
