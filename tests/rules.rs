//! The rules of a verdict, each on a catalog of a few patterns made for it.

use whyred::facts::{Fact, Facts};
use whyred::pattern::{Catalog, Source};
use whyred::trace::Outcome;
use whyred::verdict::{Confidence, Judgement, Options, Role, Rules, Session};

/// A catalog of two classes and the given patterns: `(id, the keys beside title and example)`.
fn rules(patterns: &[(&str, &str)]) -> Rules {
    let class = |id: &str, owner: &str, retry: &str| Source {
        path: format!("access/{id}/class.toml"),
        text: format!(
            "title = \"{id}\"\ndefinition = \"d\"\nowner = \"{owner}\"\nretry = \"{retry}\"\n\
             [[cause]]\nid = \"c\"\ntitle = \"t\"\ndiagnosis = \"d\"\nfix = [\"f\"]\n"
        ),
    };
    let mut sources =
        vec![class("one", "project", "no"), class("two", "platform", "yes"), class("canceled", "none", "no"), class("unexplained", "unknown", "no")];
    for (id, keys) in patterns {
        let rank = if keys.contains("rank") { "" } else { "rank = \"specific\"\n" };
        sources.push(Source { path: format!("access/{id}.toml"), text: format!("title = \"{id}\"\n{rank}{keys}\n") });
    }
    Rules::build(Catalog::build("0", &sources).unwrap_or_else(|e| panic!("{e}"))).unwrap()
}

fn judge_with(rules: &Rules, options: &Options, given: Facts, log: &str) -> Judgement {
    let mut session = Session::new(rules, options, given);
    session.push(log.as_bytes());
    let mut all = session.finish();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn judge(rules: &Rules, log: &str) -> Judgement {
    judge_with(rules, &Options::default(), Facts::new(), log)
}

fn pattern(judgement: &Judgement) -> &str {
    judgement.verdict.as_ref().map_or("-", |v| v.pattern.as_ref().map_or("unexplained", |p| p.as_str()))
}

/// A job's trace: sections with their lines, and the last line.
fn trace(sections: &[(&str, &str)], last: &str) -> String {
    let mut out = String::from("Running with gitlab-runner 18.0.0 (abcdef12)\n");
    for (i, (name, lines)) in sections.iter().enumerate() {
        out.push_str(&format!("section_start:{i}:{name}\r\x1b[0K{lines}section_end:{}:{name}\r\x1b[0K", i + 1));
    }
    out.push_str(last);
    out.push('\n');
    out
}

const FAILED: &str = "ERROR: Job failed: exit code 1";

#[test]
fn a_job_that_passed_has_no_verdict() {
    let rules = rules(&[("one/a", "match = ['alpha failed']")]);
    let judgement = judge(&rules, &trace(&[("step_script", "alpha failed\nERROR: Job failed: exit code 1\n")], "Job succeeded"));
    assert_eq!((judgement.outcome, pattern(&judgement)), (Outcome::Passed, "-"));
    assert_eq!(judgement.findings.len(), 1);
}

#[test]
fn a_script_that_prints_the_last_line_is_not_believed() {
    let rules = rules(&[("one/a", "match = ['alpha failed']")]);
    let script = "alpha failed\nJob succeeded\n";
    assert_eq!(judge(&rules, &trace(&[("step_script", script)], FAILED)).outcome, Outcome::Failed);
    let cut = "Running with gitlab-runner 18.0.0 (abcdef12)\nsection_start:1:step_script\r\nalpha failed\nJob succeeded\nmore\n";
    let judgement = judge(&rules, cut);
    assert_eq!((judgement.outcome, pattern(&judgement)), (Outcome::Unknown, "one/a"));
    let stamped = "2026-08-22T10:00:00.000000Z 00O Running with gitlab-runner 18.0.0 (abcdef12)\n\
                   2026-08-22T10:00:00.000000Z 01O Job succeeded\n";
    assert_eq!(judge(&rules, stamped).outcome, Outcome::Unknown);
}

#[test]
fn output_behind_the_last_command_is_the_best_place() {
    let rules = rules(&[("one/early", "match = ['alpha failed']"), ("two/late", "match = ['beta failed']")]);
    let script = "\x1b[32;1m$ first || true\x1b[0;m\nalpha failed\n\x1b[32;1m$ second\x1b[0;m\nbeta failed\n";
    let judgement = judge(&rules, &trace(&[("get_sources", "alpha failed\n"), ("step_script", script)], FAILED));
    let verdict = judgement.verdict.as_ref().unwrap();
    assert_eq!((pattern(&judgement), verdict.confidence), ("two/late", Confidence::High));
    assert_eq!(judgement.facts.text(Fact::CommandLast), Some("second"));
}

#[test]
fn a_section_that_was_followed_by_the_next_stage_went_well() {
    let rules = rules(&[("one/a", "match = ['alpha failed']")]);
    let log = trace(&[("get_sources", "alpha failed\n"), ("step_script", "nothing to see\n")], FAILED);
    assert_eq!(pattern(&judge(&rules, &log)), "unexplained");
    let log = trace(&[("get_sources", "alpha failed\n"), ("get_sources", "other\n")], FAILED);
    assert_eq!(pattern(&judge(&rules, &log)), "one/a");
}

#[test]
fn what_comes_after_the_script_explains_only_if_nothing_failed_before() {
    let rules = rules(&[("one/a", "match = ['alpha failed']"), ("two/b", "match = ['beta failed']")]);
    let log = trace(&[("step_script", "beta failed\n"), ("after_script", "alpha failed\n"), ("upload_artifacts_on_failure", "alpha failed\n")], FAILED);
    assert_eq!(pattern(&judge(&rules, &log)), "two/b");
    let log = trace(&[("step_script", "beta failed\n"), ("upload_artifacts_on_success", "alpha failed\n")], FAILED);
    assert_eq!(pattern(&judge(&rules, &log)), "one/a");
}

#[test]
fn rank_then_priority_then_the_earliest_line() {
    let rules = rules(&[
        ("one/generic", "rank = \"generic\"\nmatch = ['alpha failed']"),
        ("one/late", "match = ['gamma failed']"),
        ("two/early", "match = ['beta failed']"),
        ("two/prior", "priority = 1\nmatch = ['delta failed']"),
    ]);
    assert_eq!(pattern(&judge(&rules, "alpha failed\nbeta failed\ngamma failed\n")), "two/early");
    assert_eq!(pattern(&judge(&rules, "beta failed\ndelta failed\n")), "two/prior");
    assert_eq!(judge(&rules, "alpha failed\n").verdict.unwrap().confidence, Confidence::Medium);
}

#[test]
fn what_is_explained_steps_back_within_its_command() {
    let rules = rules(&[("one/cause", "explains = [\"two/*\"]\nmatch = ['alpha failed']"), ("two/effect", "match = ['beta failed']")]);
    let judgement = judge(&rules, "beta failed\nalpha failed\n");
    assert_eq!(pattern(&judgement), "one/cause");
    assert_eq!(judgement.findings[0].role, Role::Aftermath);
    let script = "\x1b[32;1m$ first || true\x1b[0;m\nalpha failed\n\x1b[32;1m$ second\x1b[0;m\nbeta failed\n";
    assert_eq!(pattern(&judge(&rules, &trace(&[("step_script", script)], FAILED))), "two/effect");
}

#[test]
fn an_aftermath_stands_only_alone_and_a_notice_never() {
    let rules = rules(&[
        ("one/after", "rank = \"aftermath\"\nmatch = ['alpha failed']"),
        ("two/note", "rank = \"notice\"\nmatch = ['beta failed']"),
        ("two/real", "match = ['gamma failed']"),
    ]);
    assert_eq!(pattern(&judge(&rules, "alpha failed\ngamma failed\n")), "two/real");
    assert_eq!(pattern(&judge(&rules, "alpha failed\nbeta failed\n")), "one/after");
    assert_eq!(judge(&rules, "alpha failed\n").verdict.unwrap().confidence, Confidence::Low);
    assert_eq!(pattern(&judge(&rules, "beta failed\n")), "-");
}

#[test]
fn an_aftermath_explains_only_what_ended_in_its_place() {
    let rules = rules(&[("one/after", "rank = \"aftermath\"\nmatch = ['alpha failed']"), ("two/real", "match = ['gamma failed']")]);
    let script = "\x1b[32;1m$ first\x1b[0;m\nalpha failed\n\x1b[32;1m$ second\x1b[0;m\ndone\n";
    assert_eq!(pattern(&judge(&rules, &trace(&[("step_script", script)], FAILED))), "unexplained");
    let script = "\x1b[32;1m$ first\x1b[0;m\ngamma failed\n\x1b[32;1m$ second\x1b[0;m\nalpha failed\n";
    assert_eq!(pattern(&judge(&rules, &trace(&[("step_script", script)], FAILED))), "two/real");
}

#[test]
fn an_aftermath_is_told_once_on_a_line() {
    let rules = rules(&[("one/after", "rank = \"aftermath\"\nmatch = ['failed']"), ("two/real", "match = ['gamma failed']")]);
    let told = |log: &str| judge(&rules, log).findings.iter().map(|f| (f.line.0, f.told)).collect::<Vec<_>>();
    assert_eq!(told("gamma failed\n"), [(1, true)]);
    assert_eq!(told("gamma failed\nalpha failed\n"), [(2, false)]);
}

#[test]
fn a_verdict_that_says_little_shows_what_reads_like_an_error() {
    let rules = rules(&[("one/little", "rank = \"generic\"\nmatch = ['ended with 1']"), ("two/much", "match = ['gamma failed']")]);
    let shown = |log: &str| judge(&rules, log).verdict.unwrap().evidence.iter().map(|e| e.text.to_string()).collect::<Vec<_>>();
    assert_eq!(shown("cannot open a.txt\nhint: look\nended with 1\n"), ["ended with 1", "cannot open a.txt"]);
    assert_eq!(shown("cannot open a.txt\ngamma failed\n"), ["gamma failed"]);
}

#[test]
fn failed_tests_are_named_and_counted_beyond_the_hits_that_are_kept() {
    let class = |id: &str| Source {
        path: format!("toolchain/{id}/class.toml"),
        text: "title = \"t\"\ndefinition = \"d\"\nowner = \"code\"\nretry = \"no\"\n[[cause]]\nid = \"c\"\ntitle = \"t\"\ndiagnosis = \"d\"\nfix = [\"f\"]\n"
            .to_owned(),
    };
    let text = "title = \"t\"\nrank = \"specific\"\nmatch = ['^FAIL (?P<test>.+)', '^Total: (?P<failed>\\d+) failed, (?P<errored>\\d+) broken']\n";
    let sources = [class("test-failure"), class("unexplained"), Source { path: "toolchain/test-failure/t.toml".to_owned(), text: text.to_owned() }];
    let rules = Rules::build(Catalog::build("0", &sources).unwrap_or_else(|e| panic!("{e}"))).unwrap();
    let tests = |log: &str| judge(&rules, log).verdict.unwrap().failed_tests.map(|t| (t.count, t.names.len()));
    let names: String = (0..70).map(|i| format!("FAIL test {i}\n")).collect();
    assert_eq!(tests(&format!("{names}Total: 60 failed, 12 broken\n")), Some((72, 50)));
    assert_eq!(tests("FAIL a\nFAIL b\nFAIL a\n"), Some((2, 2)));
    let commands = "\x1b[32;1m$ first\x1b[0;m\nFAIL a\n\x1b[32;1m$ second\x1b[0;m\nFAIL b\n";
    assert_eq!(tests(&trace(&[("step_script", commands)], FAILED)), Some((1, 1)));
}

#[test]
fn input_is_no_evidence() {
    let rules = rules(&[("one/a", "match = ['alpha failed']")]);
    for script in ["\x1b[32;1m$ echo 'alpha failed'\x1b[0;m\n", "+ echo alpha failed\n", "\x1b[32;1m$ cat <<EOF\nalpha failed\nEOF\x1b[0;m\n"] {
        assert_eq!(pattern(&judge(&rules, &trace(&[("step_script", script)], FAILED))), "unexplained", "{script}");
    }
    let own = "section_start:5:whyred_verdict[collapsed=true]\r\nalpha failed\nsection_end:6:whyred_verdict\r\n";
    assert_eq!(pattern(&judge(&rules, &trace(&[("step_script", own)], FAILED))), "unexplained");
}

#[test]
fn near_lines_are_arithmetic_on_lines_within_the_section() {
    let rules = rules(&[
        ("one/after", "match = ['alpha failed']\nnear = [{ side = \"after\", lines = 2, any = ['target (?P<branch>\\w+)'] }]"),
        ("two/none", "match = ['beta failed']\nnear = [{ side = \"before\", lines = 3, none = ['quiet please'], until = 'stop here' }]"),
    ]);
    let judgement = judge(&rules, "alpha failed\nx\ntarget main\n");
    assert_eq!(judgement.verdict.as_ref().unwrap().captures["branch"].as_str(), "main");
    assert_eq!(judgement.verdict.unwrap().evidence.len(), 2);
    assert_eq!(pattern(&judge(&rules, "alpha failed\nx\nx\ntarget main\n")), "-");
    assert_eq!(pattern(&judge(&rules, "quiet please\nbeta failed\n")), "-");
    assert_eq!(pattern(&judge(&rules, "quiet please\nstop here\nbeta failed\n")), "two/none");
}

#[test]
fn a_hit_can_be_undone_by_a_later_line_of_its_section() {
    let rules = rules(&[("one/a", "match = ['alpha failed']\nundone_by = ['attempt succeeded']")]);
    assert_eq!(pattern(&judge(&rules, "alpha failed\nattempt succeeded\n")), "-");
    assert_eq!(pattern(&judge(&rules, "attempt succeeded\nalpha failed\n")), "one/a");
}

#[test]
fn facts_decide_and_unknown_ones_lower_confidence() {
    let rules = rules(&[("one/deep", "match = ['alpha failed']\nwhen = { \"clone.depth\" = { min = 1 } }")]);
    let log = |sources: &str| trace(&[("get_sources", sources), ("step_script", "alpha failed\n")], FAILED);
    assert_eq!(judge(&rules, &log("Fetching changes with git depth set to 20...\n")).verdict.unwrap().confidence, Confidence::High);
    assert_eq!(pattern(&judge(&rules, &log("Fetching changes...\n"))), "unexplained");
    assert_eq!(judge(&rules, &log("")).verdict.unwrap().confidence, Confidence::Medium);
}

#[test]
fn a_fact_can_be_the_hit() {
    let rules = rules(&[("one/stuck", "when = { \"job.failure_reason\" = { is = [\"no_matching_runner\"] } }")]);
    let mut given = Facts::new();
    given.set_text(Fact::JobFailureReason, "no_matching_runner");
    let judgement = judge_with(&rules, &Options::default(), given, "");
    assert_eq!((judgement.outcome, pattern(&judgement)), (Outcome::Failed, "one/stuck"));
    assert_eq!(judgement.verdict.unwrap().facts.len(), 1);
    assert_eq!(pattern(&judge(&rules, "anything\n")), "-");
}

#[test]
fn the_fallback_shows_what_the_tool_said_last() {
    let rules = rules(&[]);
    let script = "\x1b[32;1m$ make\x1b[0;m\nbuilding\nwidget: could not open the gate\ndone cleaning\n";
    let judgement = judge(&rules, &trace(&[("step_script", script), ("cleanup_file_variables", "Cleaning up\n")], FAILED));
    let verdict = judgement.verdict.unwrap();
    assert_eq!((verdict.class.as_str(), verdict.confidence, verdict.owner.word()), ("unexplained", Confidence::Low, "code"));
    assert_eq!(verdict.evidence[0].text.as_str(), "widget: could not open the gate");
}

#[test]
fn a_snippet_never_gets_the_fallback_and_a_cut_trace_no_verdict() {
    let rules = rules(&[("one/a", "match = ['alpha failed']")]);
    assert_eq!(pattern(&judge(&rules, "something else\n")), "-");
    let cut = "Running with gitlab-runner 18.0.0 (abcdef12)\nsection_start:1:step_script\r\nalpha failed\n\n\x1b[33;1mJob's log exceeded limit of 4194304 bytes.\nJob execution will continue but no more output will be collected.\x1b[0;m\n";
    let judgement = judge(&rules, cut);
    assert_eq!((pattern(&judgement), judgement.end.word(), judgement.findings.len()), ("-", "log_limit", 1));
    let assume = Options { assume_failed: true, ..Options::default() };
    assert_eq!(pattern(&judge_with(&rules, &assume, Facts::new(), cut)), "one/a");
}

#[test]
fn a_retry_is_advised_only_where_it_is_safe() {
    let rules = rules(&[("two/flaky", "match = ['alpha failed']")]);
    let log = |command: &str| trace(&[("step_script", &format!("\x1b[32;1m$ {command}\x1b[0;m\nalpha failed\n"))], FAILED);
    let retry = |log: &str| judge(&rules, log).verdict.unwrap().retry.word();
    assert_eq!(retry(&log("npm ci")), "yes");
    assert_eq!(retry(&log("terraform apply -auto-approve")), "maybe");
    let mut given = Facts::new();
    given.set_text(Fact::JobEnvironment, "production");
    assert_eq!(judge_with(&rules, &Options::default(), given, &log("npm ci")).verdict.unwrap().retry.word(), "maybe");
}

#[test]
fn causes_are_ranked_by_their_evidence() {
    let keys = "match = ['alpha failed']\n\
        [[cause]]\nid = \"usual\"\ntitle = \"t\"\ndiagnosis = \"d\"\nfix = [\"f\"]\n\
        [[cause]]\nid = \"other-ref\"\ntitle = \"t\"\ndiagnosis = \"d\"\nfix = [\"f\"]\nevidence = [{ fact = \"checkout.ref\", is = \"main\" }]\n\
        [[cause]]\nid = \"hidden\"\ntitle = \"t\"\ndiagnosis = \"d\"\nfix = [\"f\"]\nonly_when_lifted = true\nevidence = ['--force']\n";
    let rules = rules(&[("one/a", keys)]);
    let ids = |log: &str| judge(&rules, log).verdict.unwrap().causes.iter().map(|c| c.cause.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids("alpha failed\n"), ["usual", "other-ref"]);
    assert_eq!(ids("$ git push --force\nalpha failed\n"), ["hidden", "usual", "other-ref"]);
    let log = trace(&[("get_sources", "Checking out 3c40ce99 as main...\n"), ("step_script", "$ git push --force\nalpha failed\n")], FAILED);
    assert_eq!(ids(&log), ["other-ref", "hidden", "usual"]);
}

#[test]
fn the_error_text_behind_the_last_head_is_evidence_with_its_own_offset() {
    let rules = rules(&[("one/pull", "match = ['^failed to pull image']")]);
    let log = trace(&[("prepare_executor", "Preparing\n")], "\x1b[31;1mERROR: Job failed: failed to pull image \"x\"\x1b[0;m");
    let judgement = judge(&rules, &log);
    let evidence = &judgement.verdict.as_ref().unwrap().evidence[0];
    let at = evidence.span.offset as usize;
    assert_eq!(&log[at..at + evidence.span.length as usize], "failed to pull image \"x\"");
    assert_eq!(pattern(&judgement), "one/pull");
}

#[test]
fn sections_of_a_script_are_not_the_runners() {
    let rules = rules(&[("one/a", "match = ['alpha failed']"), ("two/b", "match = ['beta failed']")]);
    let script = "alpha failed\nsection_start:5:step_build[collapsed=true]\r\x1b[0Kmore\n";
    assert_eq!(judge(&rules, &trace(&[("step_script", script), ("cleanup_file_variables", "x\n")], "Job succeeded")).outcome, Outcome::Passed);
    let log = trace(&[("step_script", script), ("after_script", "beta failed\n")], FAILED);
    let judgement = judge(&rules, &log);
    assert_eq!((pattern(&judgement), judgement.facts.text(Fact::JobFailedSection)), ("one/a", Some("step_script")));
    let many: String = (0..1100).map(|i| format!("section_start:5:step_{i}\r\nx\nsection_end:6:step_{i}\r\n")).collect();
    assert_eq!(judge(&rules, &trace(&[("step_script", &many)], "Job succeeded")).outcome, Outcome::Passed);
}

#[test]
fn a_last_line_with_output_behind_it_is_not_the_runners() {
    let rules = rules(&[("one/a", "match = ['alpha failed']")]);
    for last in ["Job succeeded", FAILED] {
        let log = trace(&[("step_script", "alpha failed\n")], last) + "still running\n";
        let judgement = judge(&rules, &log);
        assert_eq!((judgement.outcome, judgement.verdict.unwrap().confidence), (Outcome::Unknown, Confidence::Medium), "{last}");
        let cut = log + "Job's log exceeded limit of 4194304 bytes.\nJob execution will continue but no more output will be collected.\n";
        let judgement = judge(&rules, &cut);
        assert_eq!((judgement.outcome, judgement.end.word(), judgement.verdict.is_none()), (Outcome::Unknown, "log_limit", true), "{last}");
    }
}

#[test]
fn an_own_section_left_open_hides_nothing_of_the_runner() {
    let rules = rules(&[("one/a", "match = ['alpha failed']")]);
    let script = "alpha failed\nsection_start:5:whyred_verdict\r\nalpha failed\n";
    let judgement = judge(&rules, &trace(&[("step_script", script)], FAILED));
    assert_eq!((judgement.outcome, pattern(&judgement)), (Outcome::Failed, "one/a"));
}

#[test]
fn text_of_windows_shells_reads_as_ascii() {
    let rules = rules(&[("one/a", "match = ['^alpha failed']")]);
    let wide = |text: &str| [&[0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice()].concat();
    let options = Options::default();
    for (last, want) in [("\x1b[32;1mJob succeeded\x1b[0;m", Outcome::Passed), (FAILED, Outcome::Failed)] {
        let mut session = Session::new(&rules, &options, Facts::new());
        session.push(&wide(&trace(&[("step_script", "\x1b[31malpha\x1b[0m failed\r\n")], last)));
        let judgement = session.finish().remove(0);
        assert_eq!(judgement.outcome, want);
        assert_eq!(pattern(&judgement), if want == Outcome::Passed { "-" } else { "one/a" });
    }
}

#[test]
fn what_set_x_shows_counts_for_retry_advice() {
    let rules = rules(&[("two/flaky", "match = ['alpha failed']")]);
    for script in [
        "\x1b[32;1m$ bash ci.sh\x1b[0;m\n+ terraform apply -auto-approve\nalpha failed\n",
        "\x1b[32;1m$ set -e # collapsed multi-line command\x1b[0;m\nalpha failed\n",
        "alpha failed\n",
    ] {
        assert_eq!(judge(&rules, &trace(&[("step_script", script)], FAILED)).verdict.unwrap().retry.word(), "maybe", "{script}");
    }
}

#[test]
fn marks_behind_an_echoed_command_are_marks() {
    let rules = rules(&[("one/a", "match = ['alpha failed']")]);
    let sources = "\x1b[32;1m$ git remote set-url origin x\x1b[0;m\n";
    let judgement = judge(&rules, &trace(&[("get_sources", sources), ("step_script", "alpha failed\n")], FAILED));
    let sections: Vec<_> = judgement.sections.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(sections, ["", "get_sources", "step_script"]);
    assert_eq!(judgement.verdict.unwrap().confidence, Confidence::High);
    let quoted = "\x1b[32;1m$ echo \"section_start:1:get_sources alpha failed\"\x1b[0;m\n";
    assert_eq!(pattern(&judge(&rules, &trace(&[("step_script", quoted)], FAILED))), "unexplained");
}
