//! All classes and patterns together: built-in ones and users' packs, by one road.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::file::{PatternError, Reader};
use super::{Cause, Owner, Pattern, PatternId, Retry};

/// A class of failures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Class {
    /// Its id: `protected-branch`.
    pub id: String,
    /// Its group: `access`.
    pub group: String,
    /// One line.
    pub title: String,
    /// What belongs to it.
    pub definition: String,
    /// Who must act, where a pattern says nothing else.
    pub owner: Owner,
    /// Whether a retry can help, where a pattern says nothing else.
    pub retry: Retry,
    /// Causes of every pattern of the class that names none.
    pub causes: Vec<Cause>,
}

/// A file of a folder of patterns: its path below that folder, with `/`, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// `access/protected-branch/push-denied.toml`.
    pub path: String,
    /// The file's text.
    pub text: String,
}

/// Every class and pattern in force, sorted by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Catalog {
    /// Classes, sorted.
    pub classes: Vec<Class>,
    /// Patterns, sorted.
    pub patterns: Vec<Pattern>,
    /// What records name: version, `+`, a hash of the files; a pack's name behind each.
    pub version: String,
}

/// Why a pack cannot be used as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackError {
    /// Every file that is wrong.
    pub files: Vec<PatternError>,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, file) in self.files.iter().enumerate() {
            write!(f, "{}{file}", if i > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for PackError {}

impl Catalog {
    /// Builds a catalog from the files of a whole folder. All mistakes are gathered.
    pub fn build(version: &str, sources: &[Source]) -> Result<Catalog, PackError> {
        let mut catalog = Catalog { version: format!("{version}+{}", hash(sources)), ..Catalog::default() };
        catalog.add(sources, None)?;
        Ok(catalog)
    }

    /// Adds a pack over what is here: its patterns, `extend`s and `disable`s. On an error nothing is added.
    pub fn add_pack(&mut self, name: &str, sources: &[Source]) -> Result<(), PackError> {
        let mut next = self.clone();
        next.add(sources, Some(name))?;
        next.version = format!("{} {name}+{}", self.version, hash(sources));
        *self = next;
        Ok(())
    }

    /// The class of that id.
    pub fn class(&self, id: &str) -> Option<&Class> {
        self.classes.binary_search_by(|c| c.id.as_str().cmp(id)).ok().map(|i| &self.classes[i])
    }

    /// The pattern of that id, or of that former id.
    pub fn pattern(&self, id: &str) -> Option<&Pattern> {
        match self.patterns.binary_search_by(|p| p.id.as_str().cmp(id)) {
            Ok(i) => Some(&self.patterns[i]),
            Err(_) => self.patterns.iter().find(|p| p.formerly.iter().any(|f| f == id)),
        }
    }

    fn add(&mut self, sources: &[Source], pack: Option<&str>) -> Result<(), PackError> {
        let mut files = Vec::new();
        for source in sources.iter().filter(|s| s.path.ends_with("/class.toml") || s.path == "class.toml") {
            if let Err(e) = self.add_class(source) {
                files.push(e);
            }
        }
        self.classes.sort_by(|a, b| a.id.cmp(&b.id));
        for source in sources.iter().filter(|s| s.path == "pack.toml") {
            if let Err(e) = self.disable(source) {
                files.push(e);
            }
        }
        for source in sources.iter().filter(|s| s.path != "pack.toml" && !s.path.ends_with("class.toml")) {
            if let Err(e) = self.add_pattern(source, pack) {
                files.push(e);
            }
            self.patterns.sort_by(|a, b| a.id.cmp(&b.id));
        }
        if files.is_empty() { Ok(()) } else { Err(PackError { files }) }
    }

    fn add_class(&mut self, source: &Source) -> Result<(), PatternError> {
        let reader = Reader { path: &source.path, text: &source.text };
        let mut parts = source.path.rsplit('/').skip(1);
        let (Some(id), Some(group)) = (parts.next(), parts.next()) else {
            return Err(reader.error(0..0, "a class lives in <group>/<class>/class.toml"));
        };
        let class = reader.class(group, id)?;
        self.classes.retain(|c| c.id != class.id);
        self.classes.push(class);
        Ok(())
    }

    fn disable(&mut self, source: &Source) -> Result<(), PatternError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct PackFile {
            #[serde(default)]
            disable: Vec<String>,
        }
        let reader = Reader { path: &source.path, text: &source.text };
        let file: PackFile = reader.parse()?;
        for id in file.disable {
            let Some(found) = self.pattern(&id).map(|p| p.id.clone()) else {
                let message = format!("disable: no pattern has the id `{id}`");
                return Err(reader.error(reader.find(&id), &message));
            };
            self.patterns.retain(|p| p.id != found);
        }
        Ok(())
    }

    fn add_pattern(&mut self, source: &Source, pack: Option<&str>) -> Result<(), PatternError> {
        let reader = Reader { path: &source.path, text: &source.text };
        let file = reader.pattern_file()?;
        if let Some(extend) = &file.extend {
            let Some(base) = self.pattern(extend.get_ref()).cloned() else {
                return Err(reader.error(extend.span(), "no pattern has this id"));
            };
            let Some(class) = self.class(base.class()).cloned() else {
                return Err(reader.error(extend.span(), "its class is not known"));
            };
            let next = reader.pattern(file, base.id.clone(), &class, Some(&base), pack)?;
            self.patterns.retain(|p| p.id != base.id);
            self.patterns.push(next);
            return Ok(());
        }
        let stem = source.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".toml");
        let folder = source.path.rsplit('/').nth(1);
        let (class_id, span) = match (&file.class, folder) {
            (Some(class), _) => (class.get_ref().clone(), class.span()),
            (None, Some(folder)) => (folder.to_owned(), 0..0),
            (None, None) => return Err(reader.error(0..0, "missing key `class`")),
        };
        let Some(class) = self.class(&class_id).cloned() else {
            return Err(reader.error(span, &format!("`{class_id}` is no class of the catalog")));
        };
        let id = PatternId::new(&class_id, stem);
        if self.pattern(id.as_str()).is_some() {
            return Err(reader.error(0..0, &format!("another pattern has the id `{id}`; use `extend` to change it")));
        }
        let pattern = reader.pattern(file, id, &class, None, pack)?;
        self.patterns.push(pattern);
        Ok(())
    }
}

/// Eight hex digits over paths and texts: FNV-1a, so that the same files give the same name everywhere.
fn hash(sources: &[Source]) -> String {
    let bytes = sources.iter().flat_map(|s| s.path.bytes().chain([0]).chain(s.text.bytes()).chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}
