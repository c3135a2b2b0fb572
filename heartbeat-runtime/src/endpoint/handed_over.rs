//! Sockets that systemd has bound, and hands over by name.

use std::fmt;
use std::io;

use sd_listen_fds::OwnedFd;
use socket2::Socket;

use super::Bound;

/// The sockets that were handed over to this process and are not taken yet. What is never taken
/// stays open, for user code that knows of it.
pub(crate) struct HandedOver {
    sockets: Vec<(String, OwnedFd)>,
}

/// Why a socket that was handed over cannot be used.
#[derive(Debug)]
pub(crate) struct HandedOverError {
    name: String,
    cause: io::Error,
}

impl HandedOver {
    /// What `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` tell of. To be called once, and before
    /// anything else opens a descriptor, which then has the number of none of them.
    pub(crate) fn to_process() -> Result<Self, sd_listen_fds::Error> {
        let sockets = sd_listen_fds::get()?;
        let named = sockets.into_iter().map(|(name, socket)| (name.unwrap_or_default(), socket));
        Ok(Self { sockets: named.collect() })
    }

    /// The sockets of an endpoint: several, where a unit lists several addresses.
    pub(crate) fn take(&mut self, endpoint: &str) -> Result<Vec<Bound>, HandedOverError> {
        let refused = |cause| HandedOverError { name: endpoint.to_owned(), cause };
        let taken = self.sockets.extract_if(.., |(name, _)| name == endpoint);
        taken
            .map(|(_, socket)| Bound::handed_over(Socket::from(socket.into_std())).map_err(refused))
            .collect()
    }
}

impl Drop for HandedOver {
    fn drop(&mut self) {
        for (_, socket) in self.sockets.drain(..) {
            socket.into_raw();
        }
    }
}

impl fmt::Display for HandedOverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, cause } = self;
        write!(
            f,
            "cannot use the socket that was handed over as `{name}`: {cause}: give the socket unit \
             `ListenStream=` and `Accept=no`"
        )
    }
}

impl std::error::Error for HandedOverError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}
