//! `whyred completions`.

use clap::CommandFactory;

use super::args::{Arguments, CompletionsArgs};
use super::explain::print;
use super::message::Status;

pub(super) fn run(args: &CompletionsArgs) -> Status {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "whyred", &mut out);
    print(&String::from_utf8_lossy(&out))
}
