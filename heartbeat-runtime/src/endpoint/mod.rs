//! Endpoints: an address becomes a bound listener.

mod address;
mod declared;
mod descriptors;
mod endpoint_listener;
mod listener;
#[cfg_attr(not(unix), path = "no_sockets.rs")]
mod socket_activation;
mod stream;
#[cfg(unix)]
mod unix_socket;

pub use self::address::{Address, AddressError};
pub(crate) use self::declared::AddressSource;
pub use self::declared::{Endpoint, Protocol};
pub(crate) use self::descriptors::descriptor_limit;
pub use self::endpoint_listener::{EndpointListener, NotTcpError};
pub(crate) use self::listener::{BoundListener, Listener};
pub(crate) use self::socket_activation::SocketActivation;
pub(crate) use self::stream::Peer;
pub use self::stream::Stream;
