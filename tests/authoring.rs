//! What authors of patterns work with: drafts from any line, and trials that read the least that is enough.

mod common;

use common::{Random, catalog, traces};
use whyred::draft::Draft;
use whyred::facts::Facts;
use whyred::pattern::{Catalog, Rank, Source, needs};
use whyred::proof::{Touch, Trial, is_hit, run};
use whyred::redact::Redactor;
use whyred::text::dialect;
use whyred::verdict::{Judgement, Options, Rules, Session};

#[test]
fn a_draft_from_any_line_of_an_example_reads_back_and_matches_it() {
    let catalog = catalog();
    let redactor = Redactor::new();
    let (mut lines, mut drafts, mut slow) = (0, 0, 0);
    for pattern in &catalog.patterns {
        for line in pattern.must_match.iter().flat_map(|e| e.log.lines()) {
            let text = redactor.redact(line.trim().as_bytes());
            lines += 1;
            let Some(draft) = Draft::new("dns", Some("drafted-here"), &text, false) else { continue };
            let regex = dialect(&draft.regex).unwrap_or_else(|e| panic!("{line}: {e}"));
            let found = regex.captures(text.as_str().as_bytes()).unwrap_or_else(|| panic!("`{}` does not match `{text}`", draft.regex));
            for (name, value) in &draft.captures {
                let got = found.name(name).map(|m| String::from_utf8_lossy(m.as_bytes()).into_owned());
                assert_eq!(got.as_ref(), Some(value), "{name} of `{}` on `{text}`", draft.regex);
            }
            let mut pack = Catalog { classes: catalog.classes.clone(), ..Catalog::default() };
            pack.add_pack("drafts", &[Source { path: "dns/drafted-here.toml".to_owned(), text: draft.toml(true) }]).unwrap_or_else(|e| panic!("{line}: {e}"));
            drafts += 1;
            slow += usize::from(needs(&draft.regex).branches.is_empty());
        }
    }
    assert!(drafts * 10 > lines * 9, "{drafts} drafts of {lines} lines");
    // A line such as `E: ..` holds too little that is always there; an author sees the warning of `patterns check`.
    assert!(slow * 50 < drafts, "{slow} of {drafts} drafts would be tried on every line");
}

#[test]
fn a_draft_is_the_verdict_of_the_log_that_it_was_made_from() {
    let mut catalog = Catalog { classes: catalog().classes, ..Catalog::default() };
    let line = Redactor::new().redact(b"deploytool: stage 7 refused: no quorum in eu-1 (3 of 5)");
    let draft = Draft::new("deploy", None, &line, false).unwrap();
    catalog.add_pack("drafts", &[Source { path: format!("{}.toml", draft.symptom), text: draft.toml(true) }]).unwrap();
    let rules = Rules::build(catalog).unwrap();
    let example = rules.catalog().patterns[0].must_match[0].clone();
    let verdict = run(&rules, &example).remove(0).verdict.unwrap();
    assert_eq!(verdict.pattern.unwrap().as_str(), format!("deploy/{}", draft.symptom));
}

fn judge(mut session: Session, bytes: &[u8]) -> Vec<Judgement> {
    session.push(bytes);
    let mut all = session.take_finished();
    all.extend(session.finish());
    all
}

/// What a judgement says, as far as a change of patterns could alter it.
fn said(judgements: &[Judgement]) -> Vec<String> {
    let verdict = |j: &Judgement| {
        let v = j.verdict.as_ref();
        v.map(|v| (v.class.clone(), v.pattern.clone(), v.confidence, v.owner, v.retry, v.evidence.clone(), v.causes.first().map(|c| c.cause.id.clone())))
    };
    judgements.iter().map(|j| format!("{:?} {:?}", j.outcome, verdict(j))).collect()
}

/// The slow twin of the sieve asks both catalogs about every trace.
#[test]
fn a_trace_that_the_sieve_leaves_out_has_the_same_verdict_from_both_catalogs() {
    let whole = catalog();
    let mut random = Random(7);
    let options = Options::default();
    let (mut left_out, mut changed) = (0, 0);
    for _ in 0..4 {
        let (mut before, mut after) = (whole.clone(), whole.clone());
        for _ in 0..25 {
            // Removed, added, changed in what it hits, in what it says, in what it explains.
            let i = random.below(after.patterns.len());
            match random.below(5) {
                0 => drop(after.patterns.remove(i)),
                1 => before.patterns.retain(|p| p.id != after.patterns[i].id),
                2 => after.patterns[i].rank = if after.patterns[i].rank == Rank::Specific { Rank::Generic } else { Rank::Specific },
                3 => after.patterns[i].causes.clear(),
                _ => {
                    let other = after.patterns[random.below(after.patterns.len())].id.to_string();
                    after.patterns[i].explains.push(other);
                }
            }
        }
        let trial = Trial::new(before, after).unwrap();
        assert!(trial.touched().len() > 15);
        for (name, bytes) in traces() {
            let hit = judge(trial.sieve(&options, Facts::new()), &bytes).iter().any(is_hit);
            let [old, new] = [trial.before(), trial.after()].map(|rules| said(&judge(Session::new(rules, &options, Facts::new()), &bytes)));
            left_out += usize::from(!hit);
            changed += usize::from(old != new);
            assert!(hit || old == new, "{name}: {old:?} became {new:?}, and the sieve left it out");
        }
    }
    assert!(left_out > 100 && changed > 10, "{left_out} left out, {changed} changed");
}

#[test]
fn a_trial_of_equal_catalogs_touches_nothing() {
    let trial = Trial::new(catalog(), catalog()).unwrap();
    assert!(trial.touched().is_empty());
    let mut more = catalog();
    let mut new = more.patterns[0].clone();
    new.id = whyred::pattern::PatternId::new("zzz", "new-one");
    more.patterns.push(new);
    let trial = Trial::new(catalog(), more).unwrap();
    assert_eq!(trial.touched().iter().collect::<Vec<_>>(), [(&"zzz/new-one".to_owned(), &Touch::Added)]);
}
