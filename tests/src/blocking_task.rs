//! A runtime with one task that blocks its thread, and its effect on other tasks.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream as Connection};
use tokio::time::sleep;

/// The time for which the task blocks its thread at each turn.
pub const BLOCKS_FOR: Duration = Duration::from_millis(400);

const PAUSE: Duration = Duration::from_millis(50);

/// Parks a thread. Unlike a bare receiver, it may live across an `await`.
struct Park(Receiver<()>);

impl Park {
    fn block_for(&self, time: Duration) {
        let _ = self.0.recv_timeout(time);
    }
}

/// Spawns an echo server, and a task that wakes from a timer and blocks its thread again and again.
/// Returns the address of the server.
///
/// # Errors
///
/// There is no free port.
pub async fn echo_beside_blocking_task() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(echo(connection));
        }
    });
    tokio::spawn(async {
        // Nothing is ever sent, so that receiving is a wait on the clock.
        let (_send, receiver) = channel();
        let park = Park(receiver);
        loop {
            sleep(Duration::from_millis(5)).await;
            park.block_for(BLOCKS_FOR);
        }
    });
    Ok(address)
}

/// Measures how long a byte takes to the echo server and back, shortest first. Before each byte, a
/// pause lets the runtime become idle.
///
/// # Errors
///
/// The server has ended.
pub fn round_trips(address: &str, count: usize) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    let mut byte = [1];
    let mut times = Vec::with_capacity(count);
    let (_send, receiver) = channel();
    let park = Park(receiver);
    for _ in 0..count {
        park.block_for(PAUSE);
        let start = Instant::now();
        stream.write_all(&byte)?;
        stream.read_exact(&mut byte)?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times)
}

async fn echo(mut connection: Connection) -> io::Result<()> {
    let mut byte = [0];
    loop {
        connection.read_exact(&mut byte).await?;
        connection.write_all(&byte).await?;
    }
}
