//! The health that an endpoint serves, and to whom.

use std::sync::Arc;

use super::details::DetailAccess;
use super::user_routes::UserRoutes;
use crate::report::ReportSource;
use crate::tls::Acceptor;

/// The health that an endpoint serves, and to whom.
pub(crate) struct HealthState {
    pub(crate) source: Arc<ReportSource>,
    /// The path of the load balancer probe that the endpoint names.
    pub(crate) probe_path: Option<String>,
    /// Access to the details.
    pub(crate) access: DetailAccess,
    /// The routes of user code on the endpoint.
    pub(crate) routes: Arc<UserRoutes>,
    /// The acceptor of TLS, where the endpoint has it.
    pub(crate) tls: Option<Arc<Acceptor>>,
}
