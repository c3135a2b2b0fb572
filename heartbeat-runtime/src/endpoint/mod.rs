//! A declared endpoint becomes an address, then a bound listener.

mod address;
#[cfg(unix)]
mod handed_over;
mod listener;
mod stream;
#[cfg(unix)]
mod unix_socket;

pub use self::address::Address;
#[cfg(unix)]
pub(crate) use self::handed_over::HandedOver;
pub(crate) use self::listener::{Bound, Listener};
pub(crate) use self::stream::{Peer, Stream};

use std::fmt;

use heartbeat_definition::{Endpoint as Declared, Protocol};

/// An endpoint of this instance: what the service definition declares, at the address where it
/// is to be had here.
#[derive(Clone, Debug)]
pub struct Endpoint {
    name: String,
    protocol: Protocol,
    public_port: Option<u16>,
    address: Address,
}

impl Endpoint {
    /// The declared endpoint, at an address that may be another than the declared one.
    pub(crate) fn new(declared: &Declared, address: Address) -> Self {
        Self {
            name: declared.name.clone(),
            protocol: declared.protocol,
            public_port: declared.public_port(),
            address,
        }
    }

    /// The name, as declared.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The protocol, as declared: `http`, `https`, `tcp`, `udp` or `any`.
    #[must_use]
    pub fn protocol(&self) -> impl fmt::Display + use<> {
        self.protocol
    }

    /// The port at which the world reaches an input endpoint, where the platform keeps to the
    /// definition; `None` for another kind.
    #[must_use]
    pub fn public_port(&self) -> Option<u16> {
        self.public_port
    }

    /// Where the endpoint listens: for the heartbeat the address that is bound, for another one
    /// the address that its own listener is to bind, with port 0 where any free one will do.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn is_at(&mut self, address: Address) {
        self.address = address;
    }
}
