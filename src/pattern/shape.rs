//! The shape of pattern files, as TOML gives it: nothing is checked here but names and types of keys. Unknown keys are
//! errors.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

pub(super) type Text = Spanned<String>;
pub(super) type Tests = BTreeMap<Text, TestFile>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassFile {
    pub(super) title: String,
    pub(super) definition: String,
    pub(super) owner: Text,
    pub(super) retry: Text,
    #[serde(default)]
    pub(super) cause: Vec<CauseFile>,
}

/// Everything is optional here: `extend` gives only what it changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatternFile {
    pub(super) extend: Option<Text>,
    pub(super) class: Option<Text>,
    pub(super) title: Option<String>,
    pub(super) rank: Option<Text>,
    pub(super) tools: Option<Vec<Text>>,
    #[serde(rename = "match")]
    pub(super) matches: Option<Vec<Text>>,
    pub(super) except: Option<Vec<Text>>,
    pub(super) near: Option<Vec<NearFile>>,
    pub(super) when: Option<Tests>,
    #[serde(rename = "where")]
    pub(super) place: Option<WhereFile>,
    pub(super) undone_by: Option<Vec<Text>>,
    pub(super) explains: Option<Vec<String>>,
    pub(super) owner: Option<Text>,
    pub(super) retry: Option<Text>,
    pub(super) priority: Option<i32>,
    pub(super) applies: Option<AppliesFile>,
    pub(super) formerly: Option<Vec<String>>,
    pub(super) cause: Option<Vec<CauseFile>>,
    #[serde(default)]
    pub(super) must_match: Vec<ExampleFile>,
    #[serde(default)]
    pub(super) must_not_match: Vec<ExampleFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NearFile {
    pub(super) side: Text,
    pub(super) lines: Spanned<u32>,
    #[serde(default)]
    pub(super) any: Vec<Text>,
    #[serde(default)]
    pub(super) none: Vec<Text>,
    pub(super) until: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhereFile {
    #[serde(default)]
    pub(super) sections: Vec<String>,
    pub(super) kind: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppliesFile {
    pub(super) gitlab: Option<String>,
    #[serde(default)]
    pub(super) tier: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum TestFile {
    Full(TestTable),
    Bare(Scalar),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestTable {
    pub(super) fact: Option<String>,
    pub(super) is: Option<OneOrMany>,
    pub(super) not: Option<OneOrMany>,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) matches: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(Scalar),
    Many(Vec<Scalar>),
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Number(i64),
    Flag(bool),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CauseFile {
    pub(super) id: Text,
    pub(super) title: String,
    pub(super) diagnosis: String,
    pub(super) fix: Vec<StepFile>,
    #[serde(default)]
    pub(super) why: String,
    #[serde(default)]
    pub(super) commands: Vec<String>,
    #[serde(default)]
    pub(super) references: Vec<String>,
    #[serde(default)]
    pub(super) evidence: Vec<Spanned<EvidenceFile>>,
    #[serde(default)]
    pub(super) only_when_lifted: bool,
    pub(super) applies: Option<AppliesFile>,
    #[serde(default)]
    pub(super) wording: Vec<WordingFile>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum StepFile {
    Text(String),
    Full(StepTable),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepTable {
    pub(super) text: String,
    pub(super) applies: Option<AppliesFile>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum EvidenceFile {
    Line(String),
    Fact(TestTable),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WordingFile {
    pub(super) when: Tests,
    pub(super) diagnosis: Option<String>,
    pub(super) fix: Option<Vec<StepFile>>,
    pub(super) why: Option<String>,
    pub(super) commands: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleFile {
    pub(super) line: Option<String>,
    pub(super) log: Option<String>,
    #[serde(default)]
    pub(super) facts: BTreeMap<Text, Scalar>,
    pub(super) section: Option<String>,
    #[serde(default)]
    pub(super) captures: BTreeMap<String, String>,
    pub(super) cause: Option<String>,
    #[serde(default)]
    pub(super) because: String,
}
