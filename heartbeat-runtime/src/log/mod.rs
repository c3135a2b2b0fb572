//! The lifecycle lines of a worker.
//!
//! All threads write through one queue, so that lines come in the order of the events. A thread of its
//! own takes them out: a full pipe, or a subscriber that blocks or panics, stops neither health nor
//! deadlines.
//!
//! `on_start` may install the subscriber. Unless there is one already, the lines before it are held
//! until `on_start` has ended, or for at most [`HOLD`].

mod elapsed;
mod line;
mod queue;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

pub(crate) use self::elapsed::Elapsed;
pub(crate) use self::line::{Fields, Level, escape_controls};
use self::line::{Line, has_subscriber};
use self::queue::Queue;

/// Logs a lifecycle line through `tracing`, or to stderr if the program has no subscriber. It never
/// waits for the write. [`Fields`] may precede the text.
macro_rules! lifecycle {
    (@ $level:ident, $text:literal $($rest:tt)*) => {
        $crate::log::lifecycle!(@ $level, $crate::log::Fields::default(), $text $($rest)*)
    };
    (@ $level:ident, $fields:expr, $text:literal $($rest:tt)*) => {
        $crate::log::write($crate::log::Level::$level, $fields, &format!($text $($rest)*))
    };
    (info, $($line:tt)+) => { $crate::log::lifecycle!(@ Info, $($line)+) };
    (warn, $($line:tt)+) => { $crate::log::lifecycle!(@ Warn, $($line)+) };
    (error, $($line:tt)+) => { $crate::log::lifecycle!(@ Error, $($line)+) };
}
pub(crate) use lifecycle;

/// Time that the end of the process, and the begin of each phase, waits for the lines before it.
pub(crate) const FLUSH_TIMEOUT: Duration = Duration::from_millis(50);
/// Maximum time that lines wait for a subscriber once health is served.
const HOLD: Duration = Duration::from_millis(100);

static QUEUE: Mutex<Queue> = Mutex::new(Queue::new());
/// Notified of new lines, of written ones, and of the end of the hold.
static CHANGED: Condvar = Condvar::new();

thread_local! {
    static FINISH_AT_EXIT: FinishAtExit = const { FinishAtExit };
}

/// Writes the lines that are still held when its thread ends or ends the process, as `on_start` does
/// by [`std::process::exit`].
struct FinishAtExit;

impl Drop for FinishAtExit {
    fn drop(&mut self) {
        finish(FLUSH_TIMEOUT);
    }
}

/// Holds lines back from now on, once for the process and unless there is a subscriber. Call it on the
/// thread that will run user code.
pub(crate) fn hold() {
    FINISH_AT_EXIT.with(|_| ());
    let mut queue = lock();
    queue.is_held = !queue.has_writer && !has_subscriber();
}

/// Ends the hold.
pub(crate) fn release() {
    lock().is_held = false;
    CHANGED.notify_all();
}

/// Starts the writer thread, once for the process. Before, each thread writes its lines itself.
pub(crate) fn start() -> io::Result<()> {
    let mut queue = lock();
    if !queue.has_writer {
        thread::Builder::new().name("heartbeat-log".to_owned()).spawn(write_lines)?;
        queue.has_writer = true;
    }
    Ok(())
}

/// Queues a line, with its control characters escaped. It never waits for the write.
pub(crate) fn write(level: Level, fields: Fields, text: &str) {
    let line = Line::new(level, fields, escape_controls(text));
    let mut queue = lock();
    if queue.has_writer || queue.is_held {
        queue.push(line);
        CHANGED.notify_all();
    } else {
        drop(queue);
        line.write();
    }
}

/// Waits until all lines are written that are not held, for at most `within`.
pub(crate) fn flush(within: Duration) {
    let is_behind = |queue: &mut Queue| queue.is_writing || queue.has_ready_line();
    // Out of time, or poisoned: nothing more can be done.
    let _ = CHANGED.wait_timeout_while(lock(), within, is_behind);
}

/// Ends the hold, and waits until all lines are written, for at most `within`. Without a writer thread,
/// this thread writes them.
pub(crate) fn finish(within: Duration) {
    release();
    let mut queue = lock();
    if queue.has_writer {
        drop(queue);
        return flush(within);
    }
    let lines: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
    drop(queue);
    lines.iter().for_each(Line::write);
}

fn lock() -> MutexGuard<'static, Queue> {
    // No code under the lock panics.
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_lines() {
    let held = CHANGED.wait_timeout_while(lock(), HOLD, |queue| queue.is_held);
    held.unwrap_or_else(PoisonError::into_inner).0.is_held = false;
    let mut is_subscriber_broken = false;
    loop {
        let mut queue = lock();
        queue.is_writing = false;
        CHANGED.notify_all();
        let Some(line) = wait_for_line(queue) else { continue };
        // A subscriber that panicked gets no further line: each would log one more panic.
        is_subscriber_broken =
            is_subscriber_broken || catch_unwind(AssertUnwindSafe(|| line.write())).is_err();
        if is_subscriber_broken {
            line.write_to_stderr();
        }
    }
}

fn wait_for_line(queue: MutexGuard<'_, Queue>) -> Option<Line> {
    let queue = CHANGED.wait_while(queue, |queue| !queue.has_ready_line());
    let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
    queue.is_writing = true;
    queue.pop()
}
