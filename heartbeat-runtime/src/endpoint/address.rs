//! Addresses of endpoints, and their text form.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

/// The address of an endpoint, written as `port`, `ip:port`, `[ip6]:port` or `unix:/path`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A TCP (or UDP) address; `[::]` stands for all interfaces of both IP versions.
    Tcp(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
}

/// The error of a text that is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("write a port, ip:port, [ip6]:port or unix:/path")]
#[non_exhaustive]
pub struct AddressError;

impl Address {
    /// Returns the address of a port on all interfaces, for both IP versions; 0 means any free port.
    pub(crate) fn all_interfaces(port: u16) -> Self {
        Self::Tcp((Ipv6Addr::UNSPECIFIED, port).into())
    }

    /// Returns the address at which a client on this machine reaches the endpoint.
    pub(crate) fn reachable(&self) -> String {
        match self {
            Self::Tcp(at) if at.ip().is_unspecified() => format!("localhost:{}", at.port()),
            Self::Tcp(_) | Self::Unix(_) => self.to_string(),
        }
    }

    /// Returns the URL at which a person on this machine finds a path.
    pub(crate) fn url(&self, scheme: &str, path: &str) -> String {
        match self {
            Self::Tcp(_) => format!("{scheme}://{}{path}", self.reachable()),
            Self::Unix(socket) => format!("{} as {path}", socket.display()),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(written: &str) -> Result<Self, AddressError> {
        if let Some(path) = written.strip_prefix("unix:") {
            let absolute = path.starts_with('/');
            return if absolute { Ok(Self::Unix(path.into())) } else { Err(AddressError) };
        }
        // `u16` would also accept a sign.
        if written.bytes().all(|byte| byte.is_ascii_digit()) {
            return written.parse().map(Self::all_interfaces).map_err(|_| AddressError);
        }
        written.parse().map(Self::Tcp).map_err(|_| AddressError)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError};

    #[test]
    fn parses_each_form() {
        for (written, address) in [
            ("3000", "[::]:3000"),
            ("0", "[::]:0"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
            ("unix:/run/orders/health", "unix:/run/orders/health"),
        ] {
            assert_eq!(written.parse::<Address>().unwrap().to_string(), address);
        }
    }

    #[test]
    fn rejects_other_texts() {
        for written in
            ["", " 80", "+80", "65536", "localhost:80", "127.0.0.1", "::1:80", "unix:", "unix:a"]
        {
            assert_eq!(written.parse::<Address>(), Err(AddressError), "{written:?}");
        }
    }
}
