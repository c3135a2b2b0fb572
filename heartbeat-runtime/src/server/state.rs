//! The health that a server reads: the identity and the vitals of the instance, and who sees what.

use std::sync::Arc;
use std::time::SystemTime;

use super::details::DetailAccess;
use super::user_routes::UserRoutes;
use crate::vitals::Vitals;

/// The health that an endpoint serves, and to whom.
pub(crate) struct HealthState {
    pub(crate) info: Arc<InstanceInfo>,
    /// The path of the load balancer probe that the endpoint names.
    pub(crate) probe_path: Option<String>,
    /// Access to the details.
    pub(crate) access: DetailAccess,
    pub(crate) vitals: Arc<Vitals>,
    /// The routes of user code on the endpoint.
    pub(crate) routes: Arc<UserRoutes>,
}

/// The identity of the instance.
pub(crate) struct InstanceInfo {
    pub(crate) role: &'static str,
    pub(crate) version: &'static str,
    pub(crate) instance: String,
    pub(crate) started_at: SystemTime,
}
