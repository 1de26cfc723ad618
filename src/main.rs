//! The program. All of it lives in the library.

use whyred::cli::{Status, run};

fn main() -> Status {
    run()
}
