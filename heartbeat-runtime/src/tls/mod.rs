//! TLS: certificates and the authorities of clients, their reload, the end of their life, and the
//! handshake.

#[cfg(feature = "tls")]
mod acceptor;
#[cfg(feature = "tls")]
mod authority;
#[cfg(feature = "tls")]
mod certificate;
#[cfg(not(feature = "tls"))]
mod disabled;
#[cfg(feature = "tls")]
mod endpoints;
#[cfg(feature = "tls")]
mod files;
#[cfg(feature = "tls")]
mod unverified_client;
#[cfg(feature = "tls")]
mod validity;
#[cfg(feature = "tls")]
mod watch;

#[cfg(feature = "tls")]
pub(crate) use self::acceptor::{Acceptor, TlsStream, is_certified};
#[cfg(not(feature = "tls"))]
pub(crate) use self::disabled::{Acceptor, TlsEndpoints};
#[cfg(feature = "tls")]
pub(crate) use self::endpoints::TlsEndpoints;
#[cfg(feature = "tls")]
pub use self::unverified_client::connect_tls;
#[cfg(feature = "tls")]
pub(crate) use self::unverified_client::connect_unverified;
