//! The program. All of it lives in the library.

use whyred::cli::{run, Status};

fn main() -> Status {
    run()
}
