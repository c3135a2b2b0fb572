//! The broker of a worker: a Redis server of its own.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::process::{command, signal};

/// Far longer than a start takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A running broker. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Broker {
    socket: PathBuf,
    /// The process id of the server, which changes with each start.
    id: Arc<AtomicU32>,
    server: Child,
}

impl Broker {
    /// Starts a server, and waits until it answers.
    pub(crate) fn start(folder: &Path) -> io::Result<Self> {
        let socket = folder.join("broker");
        let server = Self::spawn(&socket)?;
        let mut broker = Self { id: Arc::new(server.id().into()), server, socket };
        broker.wait()?;
        Ok(broker)
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(crate) fn id(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.id)
    }

    pub(crate) fn signal(&self, what: Signal) {
        signal(self.server.id(), what);
    }

    /// Starts the server anew if it was killed, and waits until it answers.
    pub(crate) fn restore(&mut self) -> io::Result<()> {
        self.signal(Signal::CONT);
        if self.server.try_wait()?.is_some() {
            self.server = Self::spawn(&self.socket)?;
            self.id.store(self.server.id(), Ordering::Relaxed);
        }
        self.wait()
    }

    fn spawn(socket: &Path) -> io::Result<Child> {
        let mut server = command("redis-server");
        server.args(["--port", "0", "--save", "", "--unixsocket"]).arg(socket);
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    }

    fn wait(&mut self) -> io::Result<()> {
        // Nothing is ever sent, so that receiving is a wait on the clock.
        let (_send, pause) = channel::<()>();
        let deadline = Instant::now() + TIMEOUT;
        while let Err(error) = self.ping() {
            let ended = self.server.try_wait()?;
            if Instant::now() > deadline || ended.is_some() {
                return Err(io::Error::other(format!("redis-server: {error}; ended: {ended:?}")));
            }
            let _ = pause.recv_timeout(Duration::from_millis(20));
        }
        Ok(())
    }

    fn ping(&self) -> io::Result<()> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.write_all(b"PING\r\n")?;
        stream.read_exact(&mut [0; 7])
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
