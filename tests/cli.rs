//! Command lines with their streams and exit statuses: one file a scenario in `tests/cmd`.

#[test]
fn command_lines_do_what_their_files_say() {
    trycmd::TestCases::new().env("NO_COLOR", "1").case("tests/cmd/*.trycmd");
}
