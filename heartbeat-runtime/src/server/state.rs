//! The health that an endpoint serves, and to whom.

use std::sync::Arc;

use super::details::DetailAccess;
use crate::report::ReportSource;

/// The health that an endpoint serves, and to whom.
pub(crate) struct HealthState {
    pub(crate) source: Arc<ReportSource>,
    /// The path of the load balancer probe that the endpoint names.
    pub(crate) probe_path: Option<String>,
    /// Access to the details.
    pub(crate) access: DetailAccess,
}
