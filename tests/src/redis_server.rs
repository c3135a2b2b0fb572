//! A Redis server of a test's own, which can be killed, frozen, and started again with its data.

use std::io::ErrorKind;
use std::process::{Child, Command, Stdio};

use redis::{Client, Connection, RedisResult};
use tempfile::TempDir;

use crate::server_log::wait_until_ready;
use crate::{Signal, free_address, signal, skip};

/// A Redis server on a free loopback port, which has written to the disk whatever it has accepted.
/// Dropping it kills it and removes its data.
#[derive(Debug)]
pub struct RedisServer {
    folder: TempDir,
    address: String,
    server: Child,
}

impl RedisServer {
    /// Starts a server, and waits until it accepts connections. Returns `None`, after [`skip`], if it is
    /// not installed.
    ///
    /// # Panics
    ///
    /// The server does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let installed =
            Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        if installed.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            skip("redis-server is not installed");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let address = free_address();
        let server = spawn_server(&folder, &address);
        Some(Self { folder, address, server })
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Connects to the server.
    ///
    /// # Errors
    ///
    /// The server does not accept the connection, or does not answer within 2 seconds.
    pub fn connect(&self) -> RedisResult<Connection> {
        connect(&self.url())
    }

    /// Kills the server, a frozen one too, and waits until it has ended.
    pub fn kill(&mut self) {
        // Both fail only if it has been killed already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }

    /// Starts the server again, after [`kill`](Self::kill), at its address and with its data.
    ///
    /// # Panics
    ///
    /// The server does not start, or has not been killed.
    pub fn restart(&mut self) {
        self.server = spawn_server(&self.folder, &self.address);
    }

    /// Suspends the server: connections stay open, and nothing answers.
    pub fn freeze(&self) {
        signal(self.server.id(), Signal::STOP);
    }

    /// Lets a frozen server run again.
    pub fn thaw(&self) {
        signal(self.server.id(), Signal::CONT);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Connects to the server at an address, as [`RedisServer::connect`] does.
///
/// # Errors
///
/// As [`RedisServer::connect`].
pub fn connect(url: &str) -> RedisResult<Connection> {
    let within = std::time::Duration::from_secs(2);
    let connection = Client::open(url)?.get_connection_with_timeout(within)?;
    connection.set_read_timeout(Some(within))?;
    Ok(connection)
}

/// Spawns the server, and waits until it says that it accepts connections.
fn spawn_server(folder: &TempDir, address: &str) -> Child {
    let (ip, port) = address.rsplit_once(':').expect("an address has a port");
    let mut command = Command::new("redis-server");
    command.args(["--bind", ip, "--port", port, "--protected-mode", "no", "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "always"]);
    command.arg("--dir").arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut server = command.spawn().expect("the program starts");
    let pipe = server.stdout.take().expect("stdout is a pipe");
    wait_until_ready("Redis", pipe);
    server
}
