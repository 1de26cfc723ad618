//! What git, the shells and the C library print in other languages has the class of the English message.
//!
//! `coverage/translations.tsv` has a line per row, rendered from the tools' own message catalogs with values of this
//! project. `cargo test --test translations -- --nocapture` prints the figures. What no tool translates (`[rejected]`,
//! `remote:` lines, the runner's words) is in `coverage/messages.tsv`; git has no Japanese.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{RULES, project};
use whyred::facts::Facts;
use whyred::verdict::{Options, Session};

/// Rows that must be there: a file that lost some would be right too easily.
const ROWS: usize = 1686;
const LANGUAGES: [&str; 9] = ["de", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh"];

#[test]
fn a_translated_message_has_the_class_of_the_english_one() {
    let text = fs::read_to_string(project("tests/coverage/translations.tsv")).unwrap();
    let options = Options::default();
    let mut of_language: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in text.lines().skip(1) {
        let [language, class, line] = row.split('\t').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{row}"));
        let mut session = Session::new(&RULES, &options, Facts::new());
        session.push(line.as_bytes());
        session.push(b"\n");
        let verdict = session.finish().remove(0).verdict;
        let got = verdict.map_or("none".to_owned(), |v| v.class);
        let (right, all) = of_language.entry(language).or_default();
        *all += 1;
        *right += usize::from(got == class);
        if got != class {
            wrong.push(format!("{language} {class}, not {got}: {line}"));
        }
    }
    for (language, (right, all)) in &of_language {
        println!("{language}  {right} of {all}");
    }
    assert!(of_language.keys().eq(LANGUAGES.iter()), "{of_language:?}");
    assert_eq!(of_language.values().map(|(_, all)| all).sum::<usize>(), ROWS);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
