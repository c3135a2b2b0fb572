//! The names of metrics: their form, and who has taken them.

use std::collections::HashMap;
use std::iter;
use std::sync::{Mutex, PoisonError};

use prometheus_client::metrics::MetricType;

/// The begins of names that belong to the runtime.
pub(crate) const RESERVED: [&str; 2] = ["heartbeat_", "process_"];

/// The kinds of metric families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
    Unknown,
}

/// The holder of names.
pub(super) type Owner = u64;

/// The names that are taken: those of all families, and of all their samples.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    owners: HashMap<String, Owner>,
    last_owner: Owner,
}

/// The error of a metric that cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot register metric `{name}`: {kind}")]
pub struct MetricsError {
    name: String,
    kind: MetricsErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MetricsErrorKind {
    #[error("a name has ASCII letters, digits and `_`, and no digit first: give it another name")]
    Malformed,
    #[error("names that begin with `{0}` belong to the runtime: give it another name")]
    Reserved(&'static str),
    #[error("the end `{0}` belongs to the samples of other kinds: give it another name")]
    Suffix(&'static str),
    #[error("the name `{0}` is taken: give it another name")]
    Taken(String),
    #[cfg(feature = "metrics")]
    #[error("its label `{0}` is malformed, reserved, or there twice: give it another name")]
    Label(String),
    #[error("the bounds of its buckets must be finite numbers in ascending order")]
    Buckets,
    #[error("its collector has written a line that is no OpenMetrics: `{0}`")]
    Line(String),
}

// === impl Kind ===

impl Kind {
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "counter" => Self::Counter,
            "gauge" => Self::Gauge,
            "histogram" => Self::Histogram,
            "info" => Self::Info,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }

    /// Returns the ends of the names of its samples.
    pub(super) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "_created"],
            Self::Gauge | Self::Unknown => &[""],
            Self::Histogram => &["_bucket", "_count", "_sum", "_created"],
            Self::Info => &["_info"],
        }
    }
}

impl From<MetricType> for Kind {
    fn from(kind: MetricType) -> Self {
        match kind {
            MetricType::Counter => Self::Counter,
            MetricType::Gauge => Self::Gauge,
            MetricType::Histogram => Self::Histogram,
            MetricType::Info => Self::Info,
            MetricType::Unknown => Self::Unknown,
        }
    }
}

// === impl Names ===

impl Names {
    /// Returns a holder that has no names yet.
    pub(super) fn new_owner(&self) -> Owner {
        self.with(|taken| {
            taken.last_owner += 1;
            taken.last_owner
        })
    }

    /// Takes the names of families for an owner, which may have them already: all, or none on an
    /// error.
    pub(super) fn take(
        &self,
        owner: Owner,
        families: &[(String, Kind)],
    ) -> Result<(), MetricsError> {
        self.with(|taken| {
            let mut names = Vec::new();
            for (family, kind) in families {
                check_form(family)?;
                let samples = kind.suffixes().iter().map(|suffix| format!("{family}{suffix}"));
                // The family first: an error then names what the caller knows.
                for name in iter::once(family.clone()).chain(samples) {
                    if taken.owners.get(&name).is_some_and(|other| *other != owner) {
                        return Err(MetricsError::new(family, MetricsErrorKind::Taken(name)));
                    }
                    names.push(name);
                }
            }
            taken.owners.extend(names.into_iter().map(|name| (name, owner)));
            Ok(())
        })
    }

    fn with<T>(&self, action: impl FnOnce(&mut Taken) -> T) -> T {
        // No code under the lock panics.
        action(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn check_form(name: &str) -> Result<(), MetricsError> {
    if !is_well_formed(name) {
        return Err(MetricsError::new(name, MetricsErrorKind::Malformed));
    }
    match RESERVED.into_iter().find(|begin| name.starts_with(begin)) {
        Some(begin) => Err(MetricsError::new(name, MetricsErrorKind::Reserved(begin))),
        None => Ok(()),
    }
}

fn is_well_formed(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(is_letter)
        && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

/// Tells whether these may be the names of the labels of one sample. Prometheus refuses a whole scrape
/// for one that is malformed, comes twice, or begins as those that it keeps to itself.
pub(super) fn are_labels(names: &[&str]) -> bool {
    wrong_label(names).is_none()
}

/// Returns the first name that no label of one sample may have.
pub(super) fn wrong_label<'a>(names: &[&'a str]) -> Option<&'a str> {
    let is_wrong = |(index, name): &(usize, &&str)| {
        !is_well_formed(name)
            || name.starts_with("__")
            || names.iter().take(*index).any(|before| before == *name)
    };
    names.iter().enumerate().find(is_wrong).map(|(_, name)| *name)
}

/// Refuses the end of a sample's name, which would make readers take the family for another kind.
pub(super) fn check_end(name: &str) -> Result<(), MetricsError> {
    let ends = ["_total", "_bucket", "_count", "_sum", "_created"];
    match ends.into_iter().find(|end| name.ends_with(end)) {
        Some(end) => Err(MetricsError::new(name, MetricsErrorKind::Suffix(end))),
        None => Ok(()),
    }
}

impl MetricsError {
    pub(super) fn new(name: &str, kind: MetricsErrorKind) -> Self {
        Self { name: name.to_owned(), kind }
    }
}
