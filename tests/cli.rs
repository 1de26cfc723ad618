//! Command lines with their streams and exit statuses: one file a scenario in `tests/cmd`.

#[test]
fn command_lines_do_what_their_files_say() {
    // SAFETY: this is the only test of the program, and no other thread runs yet.
    unsafe { std::env::remove_var("CI") };
    trycmd::TestCases::new().env("NO_COLOR", "1").case("tests/cmd/*.trycmd");
}
