//! Socket activation: sockets that systemd has bound and hands over by name.

use std::io;
use std::os::fd::{IntoRawFd, OwnedFd};

use socket2::Socket;

use super::BoundListener;
use crate::error::Error;

/// The sockets that were handed over to this process and are not taken yet. The rest stays open for
/// user code that expects it.
#[derive(Default)]
pub(crate) struct SocketActivation {
    sockets: Vec<(String, OwnedFd)>,
}

/// The error of a socket that was handed over and cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot use the socket that was handed over as `{name}`: {cause}: give the socket unit \
     `ListenStream=` and `Accept=no`"
)]
pub(crate) struct SocketActivationError {
    name: String,
    #[source]
    cause: io::Error,
}

impl SocketActivation {
    /// Takes the sockets that `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` describe. Call it once,
    /// before anything opens a descriptor with one of their numbers.
    pub(crate) fn from_env() -> Result<Self, sd_listen_fds::Error> {
        let sockets = sd_listen_fds::get()?;
        let named = |(name, socket): (Option<_>, sd_listen_fds::OwnedFd)| {
            (name.unwrap_or_default(), socket.into_std())
        };
        Ok(Self { sockets: sockets.into_iter().map(named).collect() })
    }

    /// Takes the sockets of an endpoint; a unit may list several addresses.
    pub(crate) fn take(
        &mut self,
        endpoint: &str,
    ) -> Result<Vec<BoundListener>, SocketActivationError> {
        let refused = |cause| SocketActivationError { name: endpoint.to_owned(), cause };
        let taken = self.sockets.extract_if(.., |(name, _)| name == endpoint);
        taken
            .map(|(_, socket)| BoundListener::handed_over(Socket::from(socket)).map_err(refused))
            .collect()
    }

    /// Adds a hint to the error of an endpoint that could not be bound: a socket under another name
    /// may have its address.
    pub(crate) fn with_hint(&self, endpoint: &str, error: impl Into<Error>) -> Error {
        let error = error.into();
        // A socket of that name was ignored, because a variable gives the address.
        if self.sockets.is_empty() || self.sockets.iter().any(|(name, _)| name == endpoint) {
            return error;
        }
        let names: Vec<_> = self.sockets.iter().map(|(name, _)| format!("`{name}`")).collect();
        let names = names.join(", ");
        format!(
            "{error}; what was handed over is named {names}: give the socket unit \
             `FileDescriptorName={endpoint}`"
        )
        .into()
    }
}

impl Drop for SocketActivation {
    fn drop(&mut self) {
        for (_, socket) in self.sockets.drain(..) {
            let _ = socket.into_raw_fd();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SocketActivation;

    #[test]
    fn names_the_sockets_that_match_no_endpoint() {
        let handed_over = |names: &[&str]| {
            let socket = |name: &&str| {
                let (socket, _) = std::os::unix::net::UnixStream::pair().unwrap();
                ((*name).to_owned(), socket.into())
            };
            SocketActivation { sockets: names.iter().map(socket).collect() }
        };
        let explained = |names| handed_over(names).with_hint("Heartbeat", "in use").to_string();
        assert_eq!(explained(&[]), "in use");
        assert_eq!(explained(&["x", "Heartbeat"]), "in use");
        assert_eq!(
            explained(&["orders.socket", "x"]),
            "in use; what was handed over is named `orders.socket`, `x`: give the socket unit \
             `FileDescriptorName=Heartbeat`"
        );
    }
}
