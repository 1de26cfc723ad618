//! A program that runs: signals to it, and what it does next.

use std::io::Read;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Sends the signal of this name.
pub fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap().success());
}

/// Waits for what is to come within some seconds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What it writes to standard output up to and with `end`.
pub fn read_until(child: &mut Child, end: &str) -> String {
    let out = child.stdout.as_mut().unwrap();
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let mut byte = [0];
        out.read_exact(&mut byte).unwrap();
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}
