//! What GitLab says of a job beside its facts.

/// What GitLab says of a job that no pattern asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownJob {
    /// Its number.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its stage.
    pub stage: Option<String>,
    /// Number of its pipeline.
    pub pipeline_id: Option<u64>,
    /// Its page.
    pub url: Option<String>,
    /// Whether the pipeline goes on without it.
    pub allow_failure: Option<bool>,
}
