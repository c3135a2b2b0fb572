//! Socket activation: sockets that systemd has bound and hands over by name.

use std::os::fd::{IntoRawFd, OwnedFd};

use socket2::Socket;

/// The sockets that were handed over to this process and are not taken yet. The rest stays open for
/// user code that expects it.
#[derive(Default)]
pub(crate) struct SocketActivation {
    sockets: Vec<(String, OwnedFd)>,
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

    /// Tells whether a socket was handed over under the name of an endpoint.
    pub(crate) fn has(&self, endpoint: &str) -> bool {
        self.sockets.iter().any(|(name, _)| name == endpoint)
    }

    /// Takes the sockets of an endpoint; a unit may list several addresses.
    pub(super) fn take(&mut self, endpoint: &str) -> Vec<Socket> {
        let taken = self.sockets.extract_if(.., |(name, _)| name == endpoint);
        taken.map(|(_, socket)| socket.into()).collect()
    }

    /// Returns a hint for the error of an endpoint that could not be bound: a socket under another
    /// name may have its address. Empty if there is none.
    pub(super) fn hint(&self, endpoint: &str) -> String {
        // A socket of that name was ignored, because a variable gives the address.
        if self.sockets.is_empty() || self.has(endpoint) {
            return String::new();
        }
        let names: Vec<_> = self.sockets.iter().map(|(name, _)| format!("`{name}`")).collect();
        let names = names.join(", ");
        format!(
            "; what was handed over is named {names}: give the socket unit \
             `FileDescriptorName={endpoint}`"
        )
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
        let hint = |names| handed_over(names).hint("Heartbeat");
        assert_eq!(hint(&[]), "");
        assert_eq!(hint(&["x", "Heartbeat"]), "");
        assert_eq!(
            hint(&["orders.socket", "x"]),
            "; what was handed over is named `orders.socket`, `x`: give the socket unit \
             `FileDescriptorName=Heartbeat`"
        );
    }
}
