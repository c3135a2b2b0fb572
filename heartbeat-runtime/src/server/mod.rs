//! The health server, which reads the verdict and decides nothing, and the routes of user code.

mod accept;
mod client;
mod connection;
mod details;
mod events;
mod exchanges;
mod format;
mod frames;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg_attr(not(feature = "tls"), path = "no_handshake.rs")]
mod handshake;
mod headers;
mod heads;
mod limiter;
mod reserved;
mod router;
mod rules;
mod shutdown;
mod state;
mod task;
#[cfg(feature = "tls")]
mod transport;
mod user_body;
mod user_connection;
mod user_endpoints;
mod user_routes;
mod user_server;
mod viewer;

pub(crate) use self::accept::serve;
pub(crate) use self::details::DetailAccess;
#[cfg(feature = "test-util")]
pub(crate) use self::router::router;
pub(crate) use self::state::HealthState;
pub(crate) use self::task::BoxFuture;
pub use self::user_endpoints::ServeError;
pub(crate) use self::user_endpoints::UserEndpoints;
pub(crate) use self::user_routes::UserRoutes;
