//! The load balancer of an input endpoint: TCP, round robin over the ready instances.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Time in which a client gets an instance, or is closed: longer than the restart of the only one takes.
const INSTANCE_WITHIN: Duration = Duration::from_secs(5);
/// Time in which an instance accepts a connection, before the next one is tried.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// Pause after a failed accept, and after all instances refused.
const PAUSE: Duration = Duration::from_millis(100);

/// A bound load balancer. Clients wait in the queue of its socket until it serves.
#[derive(Debug)]
pub(crate) struct Balancer {
    listener: TcpListener,
}

impl Balancer {
    /// Binds the address of the clients.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// Returns the bound address.
    #[cfg(test)]
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves clients by the instances that are ready at the moment. An instance that is no longer among
    /// them keeps its open connections. Ends when the sender of the instances is dropped and all
    /// connections are closed; dropping the future closes them at once.
    pub(crate) async fn serve(self, mut instances: watch::Receiver<Vec<SocketAddr>>) {
        let mut connections = JoinSet::new();
        let mut turn: usize = 0;
        loop {
            tokio::select! {
                changed = instances.changed() => {
                    if changed.is_err() {
                        break;
                    }
                }
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((client, _)) => {
                        connections.spawn(forward(client, turn, instances.clone()));
                        turn = turn.wrapping_add(1);
                    }
                    // No descriptor is left, or the client has gone.
                    Err(_) => sleep(PAUSE).await,
                },
            }
        }
        drop(self);
        while connections.join_next().await.is_some() {}
    }
}

/// Copies both directions until both sides have ended; the end of one half is passed on.
async fn forward(mut client: TcpStream, turn: usize, instances: watch::Receiver<Vec<SocketAddr>>) {
    let connected = timeout(INSTANCE_WITHIN, connect(turn, instances)).await;
    let Ok(Some(mut instance)) = connected else { return };
    // The ends decide what they send at once.
    if client.set_nodelay(true).is_ok() && instance.set_nodelay(true).is_ok() {
        // Each end knows how it failed.
        let _ = copy_bidirectional(&mut client, &mut instance).await;
    }
}

/// Connects to the instance whose turn it is, else to the next one that accepts. Returns none if there will
/// be no instances.
async fn connect(
    turn: usize,
    mut instances: watch::Receiver<Vec<SocketAddr>>,
) -> Option<TcpStream> {
    loop {
        let ready = instances.borrow_and_update().clone();
        let first = turn.checked_rem(ready.len()).unwrap_or_default();
        for address in ready.iter().cycle().skip(first).take(ready.len()) {
            if let Ok(Ok(instance)) = timeout(CONNECT_WITHIN, TcpStream::connect(address)).await {
                return Some(instance);
            }
        }
        let changed = instances.changed();
        if ready.is_empty() {
            changed.await.ok()?;
        } else {
            let _ = timeout(PAUSE, changed).await;
        }
    }
}

#[cfg(test)]
mod tests;
