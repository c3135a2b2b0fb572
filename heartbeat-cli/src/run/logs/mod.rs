//! The lines that instances print: on the terminal, in files, and in the fleet.
//!
//! A thread of its own writes them, so that a terminal that stands still stops neither supervision nor
//! health. Lines of instances are bounded: an instance that prints faster than the terminal takes waits.

mod files;
mod lines;
mod terminal;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::{sleep, timeout};

use self::files::LogFiles;
use self::lines::LineSplitter;
pub(crate) use self::terminal::Terminal;
use super::fleet::Fleet;

/// Maximum number of pieces of output that wait to be written.
const QUEUED_PIECES: usize = 64;
/// Bytes that are read from a pipe at once.
const PIECE_BYTES: usize = 64 * 1024;
/// Bytes that are written to the terminal at once.
const WRITTEN_BYTES: usize = 64 * 1024;
/// Time without progress after which a terminal stands still.
const STANDS_STILL_AFTER: Duration = Duration::from_secs(5);
/// Time for which the output of a process is read after its end. Another program may hold its pipe.
const READ_AFTER_END: Duration = Duration::from_secs(1);

/// A cheap handle on the writer of lines.
#[derive(Clone, Debug)]
pub(super) struct Logs {
    messages: Sender<Message>,
    room: Arc<Semaphore>,
    closed: watch::Receiver<bool>,
    /// Number of writes so far.
    written: watch::Receiver<u64>,
}

#[derive(Debug)]
enum Message {
    /// Output of an instance.
    Output {
        instance: Arc<str>,
        bytes: Vec<u8>,
        _room: OwnedSemaphorePermit,
    },
    /// The end of the output of one of its processes.
    End {
        instance: Arc<str>,
    },
    /// A line of `run` itself.
    Own(String),
    Flush(oneshot::Sender<()>),
}

/// The thread that writes.
#[derive(Debug)]
struct Writer {
    fleet: Fleet,
    files: LogFiles,
    terminal: Terminal,
    splitters: HashMap<Arc<str>, LineSplitter>,
    /// Becomes true when nobody reads stdout any more.
    closed: watch::Sender<bool>,
    written: watch::Sender<u64>,
}

// === impl Logs ===

impl Logs {
    /// Starts to write the lines of instances, to files in a folder and to stdout.
    pub(super) fn start(
        fleet: Fleet,
        folder: PathBuf,
        instances: impl IntoIterator<Item = String>,
    ) -> std::io::Result<Self> {
        let names: Vec<Arc<str>> = instances.into_iter().map(Arc::from).collect();
        let (messages, received) = mpsc::channel();
        let (closed, is_closed) = watch::channel(false);
        let (written, progress) = watch::channel(0);
        let (files, terminal) = (LogFiles::new(folder), Terminal::new(&names));
        let writer = Writer { fleet, files, terminal, splitters: HashMap::new(), closed, written };
        std::thread::Builder::new().name("logs".to_owned()).spawn(move || writer.run(&received))?;
        let room = Arc::new(Semaphore::new(QUEUED_PIECES));
        Ok(Self { messages, room, closed: is_closed, written: progress })
    }

    /// Adds a line of `run` itself.
    pub(super) fn say(&self, line: impl Into<String>) {
        // The thread ends last.
        let _ = self.messages.send(Message::Own(line.into()));
    }

    /// Reads the output of a process of an instance to its end, or until the process has ended and no
    /// more arrives.
    pub(super) async fn follow(
        self,
        instance: Arc<str>,
        mut output: impl AsyncRead + Unpin,
        ended: oneshot::Receiver<()>,
    ) {
        let is_over = async {
            let _ = ended.await;
            sleep(READ_AFTER_END).await;
        };
        tokio::pin!(is_over);
        loop {
            let mut bytes = Vec::with_capacity(PIECE_BYTES);
            let read = tokio::select! {
                // What is there is read in any case.
                biased;
                read = output.read_buf(&mut bytes) => read,
                () = &mut is_over => break,
            };
            match read {
                Ok(0) | Err(_) => break,
                Ok(_) => bytes.shrink_to_fit(),
            }
            let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return };
            let instance = Arc::clone(&instance);
            let _ = self.messages.send(Message::Output { instance, bytes, _room: room });
        }
        let _ = self.messages.send(Message::End { instance });
    }

    /// Waits until nobody reads stdout any more.
    pub(super) async fn closed(&mut self) {
        // The sender lives as long as this.
        let _ = self.closed.wait_for(|&closed| closed).await;
    }

    /// Waits until all lines so far are written.
    pub(super) async fn flush(&self) {
        let (flush, flushed) = oneshot::channel();
        let _ = self.messages.send(Message::Flush(flush));
        let _ = flushed.await;
    }

    /// Waits until nothing has been written for some time.
    pub(super) async fn stands_still(&self) {
        let mut written = self.written.clone();
        while timeout(STANDS_STILL_AFTER, written.changed()).await.is_ok() {}
    }
}

// === impl Writer ===

impl Writer {
    fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(first) = messages.recv() {
            self.write(first);
            // One write for those that wait.
            while self.terminal.waiting_bytes() < WRITTEN_BYTES
                && let Ok(message) = messages.try_recv()
            {
                self.write(message);
            }
            self.flush();
        }
    }

    fn write(&mut self, message: Message) {
        match message {
            Message::Output { instance, bytes, _room } => {
                if let Err(error) = self.files.write(&instance, &bytes) {
                    let line = format!("cannot write the log file of {instance}: {error}");
                    self.terminal.own_line(&line);
                }
                let splitter = self.splitters.entry(Arc::clone(&instance)).or_default();
                let lines = splitter.push(&bytes);
                self.add_lines(&instance, lines);
            }
            Message::End { instance } => {
                let last = self.splitters.get_mut(&instance).and_then(LineSplitter::finish);
                self.add_lines(&instance, last);
            }
            Message::Own(line) => self.terminal.own_line(&line),
            Message::Flush(flushed) => {
                self.flush();
                let _ = flushed.send(());
            }
        }
    }

    fn add_lines(&mut self, instance: &Arc<str>, lines: impl IntoIterator<Item = String>) {
        self.terminal.add(instance);
        let lines = lines.into_iter().inspect(|line| self.terminal.line(instance, line));
        self.fleet.add_lines(instance, lines.map(Arc::from));
    }

    fn flush(&mut self) {
        if self.terminal.flush().is_err() {
            self.closed.send_replace(true);
        }
        self.written.send_modify(|written| *written = written.wrapping_add(1));
    }
}
