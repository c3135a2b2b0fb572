//! The error of declared settings that have no value.

use super::setting_source::value_variable;

/// The error of declared settings that have no value.
#[derive(Debug, thiserror::Error)]
#[error(
    "no value for setting `{}` of role `{role}`: {reason}: set {}, or name a service configuration \
     with HEARTBEAT_CONFIGURATION",
    .names.join("`, `"),
    .names.iter().map(|name| value_variable(name)).collect::<Vec<_>>().join(", ")
)]
pub(crate) struct MissingValues {
    pub(crate) role: String,
    pub(crate) names: Vec<String>,
    pub(super) reason: String,
}
