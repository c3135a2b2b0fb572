//! A runtime with one bad task: what it does to the others, seen from outside.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream as Connection};
use tokio::time::sleep;

/// How long the bad task blocks its thread at a time.
pub const BLOCKS_FOR: Duration = Duration::from_millis(400);

const PAUSE: Duration = Duration::from_millis(50);

/// Echoes bytes, on a free port that is returned, beside a task that wakes from a timer and
/// blocks its thread, again and again.
///
/// # Errors
///
/// Where there is no free port.
pub async fn echo_beside_a_bad_task() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(echo(connection));
        }
    });
    tokio::spawn(async {
        // Never sent to: a wait on it is a wait on the clock.
        let (_send, never) = channel();
        let never = Never(never);
        loop {
            sleep(Duration::from_millis(5)).await;
            never.block_for(BLOCKS_FOR);
        }
    });
    Ok(address)
}

/// How long a byte takes to the echo and back, the shortest first; each sent after a pause in
/// which the runtime comes to rest.
///
/// # Errors
///
/// Where the echo is gone.
pub fn round_trips(address: &str, count: usize) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    let mut byte = [1];
    let mut took = Vec::with_capacity(count);
    let (_send, never) = channel();
    let never = Never(never);
    for _ in 0..count {
        never.block_for(PAUSE);
        let start = Instant::now();
        stream.write_all(&byte)?;
        stream.read_exact(&mut byte)?;
        took.push(start.elapsed());
    }
    took.sort();
    Ok(took)
}

async fn echo(mut connection: Connection) -> io::Result<()> {
    let mut byte = [0];
    loop {
        connection.read_exact(&mut byte).await?;
        connection.write_all(&byte).await?;
    }
}

/// Crosses an `await`, which a receiver alone may not.
struct Never(Receiver<()>);

impl Never {
    fn block_for(&self, time: Duration) {
        let _ = self.0.recv_timeout(time);
    }
}
