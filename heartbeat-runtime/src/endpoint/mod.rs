//! Endpoints: an address becomes a bound listener.

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

/// An endpoint of this instance: its declaration, and its address here.
#[derive(Clone, Debug)]
pub struct Endpoint {
    name: String,
    protocol: Protocol,
    public_port: Option<u16>,
    address: Address,
}

impl Endpoint {
    /// Returns the declared endpoint at an address, which may differ from the declared one.
    pub(crate) fn new(declared: &Declared, address: Address) -> Self {
        Self {
            name: declared.name.clone(),
            protocol: declared.protocol,
            public_port: declared.public_port(),
            address,
        }
    }

    /// Returns the declared name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the declared protocol: `http`, `https`, `tcp`, `udp` or `any`.
    #[must_use]
    pub fn protocol(&self) -> impl fmt::Display + use<> {
        self.protocol
    }

    /// Returns the public port of an input endpoint, on a platform that follows the definition; `None`
    /// for other kinds.
    #[must_use]
    pub fn public_port(&self) -> Option<u16> {
        self.public_port
    }

    /// Returns the address of the endpoint: for the heartbeat and management endpoints the bound one,
    /// for others the one that your own listener binds, with port 0 for any free port.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn is_at(&mut self, address: Address) {
        self.address = address;
    }
}
