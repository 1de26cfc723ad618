//! The program: arguments, one verb a file, messages, exit status.

mod args;
mod backtest;
mod check;
mod completions;
mod diff;
mod explain;
#[cfg(unix)]
mod follow;
mod inputs;
mod list;
mod message;
mod new;
mod packs;
#[cfg(unix)]
mod records;
mod rows;
#[cfg(unix)]
mod run;
mod scan;
mod sinks;
#[cfg(unix)]
mod tee;
mod terminal;
mod words;

use clap::Parser;

use args::{Arguments, PatternsVerb, Verb};
pub use message::Status;

/// Runs the program with the arguments of the process.
pub fn run() -> Status {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(e) => {
            // Help and version go to stdout and are a success. A closed pipe is nobody's mistake.
            let _ = e.print();
            return if e.use_stderr() { Status::Usage } else { Status::Done };
        }
    };
    match arguments.verb {
        Verb::Scan(args) => scan::run(&args),
        #[cfg(unix)]
        Verb::Tee(args) => tee::run(&args),
        #[cfg(unix)]
        Verb::Run(args) => run::run(&args),
        Verb::Explain(args) => explain::run(&args),
        Verb::Diff(args) => diff::run(&args),
        Verb::Patterns(args) => match args.verb {
            PatternsVerb::List(args) => list::run(&args),
            PatternsVerb::Show(args) => explain::run(&args),
            PatternsVerb::Check(args) => check::run(&args),
            PatternsVerb::New(args) => new::run(&args),
            PatternsVerb::Backtest(args) => backtest::run(&args),
        },
        Verb::Completions(args) => completions::run(&args),
    }
}
