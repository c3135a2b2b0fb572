//! Endpoints that user code serves or binds.

use super::{Instance, RoleEnvironment};
use crate::endpoint::EndpointListener;
use crate::server::{ServeError, UserEndpoints};

impl RoleEnvironment {
    /// Serves a router of yours on a declared `http`, `https` or `tcp` endpoint, each once.
    ///
    /// On the endpoint of the heartbeat (or of the management) the health paths keep their meaning, and
    /// the router answers all others; the connection limits are those of the health paths, and no
    /// connection is upgraded: serve a `WebSocket` on another endpoint. On any other endpoint the router
    /// has every path, and up to 1,024 connections, fewer where descriptors run out. There, HTTP/1 closes a
    /// connection 75 to 90 seconds after its last response if no request follows.
    ///
    /// The handlers run in the worker's runtime. While that runs no tasks, a request to the heartbeat's
    /// endpoint gets 503 within 5 seconds, and the health paths answer as ever. A handler that panics
    /// responds with 500. `ConnectInfo<SocketAddr>` is there for TCP, with the IPv4 address of an IPv4
    /// client. For extractors such as `Json`, add `axum` with its feature to your own dependencies.
    ///
    /// At a stop, the endpoint goes on accepting through `drain`, then no more; requests under way have
    /// until `run`'s share of the time ends. Then those that are left are aborted, with exit code 75, and
    /// `on_stop` runs.
    ///
    /// With the feature `tls`, an `https` endpoint is served over TLS, once `HEARTBEAT_CERTIFICATE_<NAME>`
    /// names the files of the certificate that the definition gives it. With
    /// `HEARTBEAT_CLIENT_CA_<ENDPOINT>`, a client without a certificate of that authority is refused.
    ///
    /// ```
    /// use heartbeat_runtime::axum::Router;
    /// use heartbeat_runtime::axum::routing::get;
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    ///
    /// # fn on_start(role: &RoleEnvironment) -> Result<(), Error> {
    /// let orders = async || "no orders";
    /// role.serve("Heartbeat", Router::new().route("/orders", get(orders)))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The endpoint is not declared, is `udp`, is in use, or its address is; the router has a route for
    /// a health path, on an endpoint that serves them; or the worker is stopping. Out of `on_start`,
    /// this error ends the process with exit code 78.
    pub fn serve(&self, endpoint: &str, router: axum::Router) -> Result<(), ServeError> {
        let Instance { user_endpoints, config, vitals, .. } = &*self.instance;
        user_endpoints.serve(endpoint, router, config, vitals)
    }

    /// Binds a declared endpoint for a protocol other than HTTP: at the address in
    /// `HEARTBEAT_ENDPOINT_<NAME>`, as a socket that systemd hands over under its name, or at its
    /// declared port, for IPv4 and IPv6. The connections are raw, without TLS, also of an `https` endpoint.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # async fn run(role: &RoleEnvironment) -> Result<(), Error> {
    /// let listener = role.bind("Feed")?;
    /// while let Some(connection) = role.until_stopping(listener.accept()).await {
    ///     let (stream, _peer) = connection?;
    ///     // … `stream` is a `tokio::io::AsyncRead` and `AsyncWrite`.
    /// #   drop(stream);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve); also if the endpoint serves health.
    pub fn bind(&self, endpoint: &str) -> Result<EndpointListener, ServeError> {
        let Instance { user_endpoints, config, vitals, .. } = &*self.instance;
        user_endpoints.bind(endpoint, config, vitals)
    }

    pub(crate) fn user_endpoints(&self) -> &UserEndpoints {
        &self.instance.user_endpoints
    }
}
