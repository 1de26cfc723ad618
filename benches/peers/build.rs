//! Links the system's Vectorscan, and says what to install where there is none.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CC");
    println!("cargo::rustc-env=RUSTC_VERSION={}", rustc_version());
    if env::var_os("CARGO_FEATURE_VECTORSCAN").is_none() {
        return;
    }
    if !links() {
        println!("cargo::error=the linker does not find libhs, the library of Vectorscan");
        println!("cargo::error=Debian and Ubuntu: apt-get install libvectorscan-dev");
        println!("cargo::error=without its rows: cargo run --release --no-default-features ...");
        std::process::exit(1);
    }
    println!("cargo::rustc-link-lib=dylib=hs");
}

/// Whether a program that calls the library can be linked. The linker's own message would come late and name symbols.
fn links() -> bool {
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    let (source, program) = (Path::new(&out).join("probe.c"), Path::new(&out).join("probe"));
    if fs::write(&source, "const char *hs_version(void);\nint main(void) { return hs_version() == 0; }\n").is_err() {
        return false;
    }
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(compiler).arg(&source).arg("-o").arg(&program).arg("-lhs").stderr(Stdio::null()).status();
    status.is_ok_and(|s| s.success())
}

/// `1.95.0`, of the compiler that builds this.
fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    text.split(' ').nth(1).unwrap_or("unknown").to_owned()
}
