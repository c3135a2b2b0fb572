//! The series by which the test of an alert makes it fire.

use std::time::Duration;

/// Series with which an alert fires.
pub(in crate::render::prometheus) struct Example {
    /// The labels of each alert that fires.
    pub(in crate::render::prometheus) firing: Vec<Vec<(&'static str, String)>>,
    /// Series, with their values in the notation of `promtool`, one each 15 s.
    pub(in crate::render::prometheus) series: Vec<(String, &'static str)>,
    /// How long it takes until the expression is true.
    pub(in crate::render::prometheus) begins_after: Duration,
}

/// Returns the series of two instances, of which the alert fires for the first.
pub(super) fn instances(
    job: &str,
    metric: &str,
    label: Option<(&'static str, &'static str)>,
    firing: &'static str,
    quiet: &'static str,
    begins_after: u64,
) -> Example {
    let mut labels = vec![("instance", "Role_IN_0".to_owned()), ("job", job.to_owned())];
    labels.extend(label.map(|(name, value)| (name, value.to_owned())));
    Example {
        firing: vec![labels],
        series: vec![
            (series(metric, job, "Role_IN_0", label), firing),
            (series(metric, job, "Role_IN_1", label), quiet),
        ],
        begins_after: Duration::from_secs(begins_after),
    }
}

/// Returns the name of a series.
pub(super) fn series(
    metric: &str,
    job: &str,
    instance: &str,
    label: Option<(&str, &str)>,
) -> String {
    let label = label.map(|(name, value)| format!(", {name}=\"{value}\"")).unwrap_or_default();
    format!("{metric}{{job=\"{job}\", instance=\"{instance}\"{label}}}")
}
