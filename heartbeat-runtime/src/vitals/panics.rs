//! Panics. Those of a phase are caught, those of spawned tasks are counted, and those of a thread of the
//! start are handed to the thread that waits for it. A hook, chained before the existing one, sees all.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use tokio::task::{Id, try_id};

use crate::log::escape_controls;

/// Number of panics of spawned tasks and threads. Like the hook, it belongs to the process.
static COUNT: AtomicU64 = AtomicU64::new(0);
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Code whose panics are caught: on this thread, outside of tasks or in one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Caught {
    task: Option<Id>,
}

type Receiver = Box<dyn Fn(String)>;

thread_local! {
    static CAUGHT: Cell<Option<Caught>> = const { Cell::new(None) };
    static CAUGHT_AT: RefCell<Option<String>> = const { RefCell::new(None) };
    static RECEIVER: RefCell<Option<Receiver>> = const { RefCell::new(None) };
}

/// The task panics of an instance; the hook counts those of the process.
pub(crate) struct PanicLog {
    /// The number before the instance.
    before: u64,
    logged: Mutex<u64>,
}

impl PanicLog {
    pub(super) fn new() -> Self {
        let (before, _) = task_panics();
        Self { before, logged: Mutex::new(before) }
    }

    /// Returns the number of task panics, and the text of the last one.
    pub(crate) fn report(&self) -> (u64, Option<String>) {
        let (count, last) = task_panics();
        let count = count.saturating_sub(self.before);
        (count, last.filter(|_| count > 0))
    }

    /// Calls `log` with the number of task panics and the text of the last one, if there are new
    /// ones. Held meanwhile, so that a caller that finds none comes after the line.
    pub(crate) fn log_new(&self, log: impl FnOnce(u64, String)) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = task_panics();
        if count > *logged {
            *logged = count;
            log(count.saturating_sub(self.before), last.unwrap_or_default());
        }
    }
}

/// Installs the hook, once for the process.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |panic| {
            if !try_hand_over(panic) {
                record(panic);
                previous(panic);
            }
        }));
    });
}

/// Returns the number of task panics of the process, and the text of the last one.
pub(crate) fn task_panics() -> (u64, Option<String>) {
    let last = LAST.lock().map(|last| last.clone()).unwrap_or_default();
    (COUNT.load(Ordering::Relaxed), last)
}

/// Makes a call. Returns its value, or the text and the place of its panic.
pub(crate) fn catch_panic<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let around = CAUGHT.replace(Some(Caught { task: try_id() }));
    CAUGHT_AT.set(None);
    let result = catch_unwind(AssertUnwindSafe(call));
    CAUGHT.set(around);
    let place = CAUGHT_AT.take();
    result.map_err(|panic| describe_caught(place.as_deref(), panic))
}

/// Hands the text of each panic of this thread to `receiver`, instead of printing and counting it,
/// and before the thread unwinds. Unwinding may never end: tokio waits there for threads that do not
/// know they should end.
pub(crate) fn hand_over(receiver: impl Fn(String) + 'static) {
    RECEIVER.set(Some(Box::new(receiver)));
}

/// Makes a call, and tells whether it panicked. Nothing is printed or counted.
pub(crate) fn panics_silently(call: impl FnOnce()) -> bool {
    let around = RECEIVER.replace(Some(Box::new(drop)));
    let result = catch_unwind(AssertUnwindSafe(call));
    RECEIVER.set(around);
    result.map_err(discard).is_err()
}

fn describe_caught(place: Option<&str>, panic: Box<dyn Any + Send>) -> String {
    let text = match task_panics() {
        // A resumed panic does not call the hook, which has seen it before.
        (_, Some(last)) if place.is_none() && last.ends_with(payload_text(panic.as_ref())) => last,
        _ => panic_text(place, panic.as_ref()),
    };
    discard(panic);
    text
}

/// Drops a payload, which may panic: the payload of that is leaked.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    let around = RECEIVER.replace(Some(Box::new(drop)));
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    RECEIVER.set(around);
    dropped.unwrap_or_else(std::mem::forget);
}

/// Hands a panic to the receiver of this thread; returns false if there is none. Must not panic, as
/// `record` must not.
fn try_hand_over(panic: &PanicHookInfo<'_>) -> bool {
    let hand_over = |receiver: &RefCell<Option<Receiver>>| {
        let receiver = receiver.try_borrow().ok()?;
        receiver.as_ref().map(|receiver| receiver(escape_controls(payload_text(panic.payload()))))
    };
    RECEIVER.try_with(hand_over).ok().flatten().is_some()
}

/// Counts a panic and keeps its text, or keeps only the place if it is caught. Must not panic: a panic
/// in a hook aborts the process.
fn record(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    // A task may be polled on this thread, inside the caught code.
    let here = Caught { task: try_id() };
    if CAUGHT.try_with(Cell::get).ok().flatten() == Some(here) {
        let _ = CAUGHT_AT.try_with(|at| at.try_borrow_mut().map(|mut at| *at = place));
        return;
    }
    if let Ok(mut last) = LAST.try_lock() {
        *last = Some(panic_text(place.as_deref(), panic.payload()));
    }
    COUNT.fetch_add(1, Ordering::Relaxed);
}

fn panic_text(place: Option<&str>, payload: &(dyn Any + Send)) -> String {
    let at = place.map(|place| format!(" at {place}")).unwrap_or_default();
    escape_controls(&format!("panicked{at}: {}", payload_text(payload)))
}

/// Returns the text of a caught panic.
pub(super) fn text_of(payload: Box<dyn Any + Send>) -> String {
    let text = payload_text(payload.as_ref()).to_owned();
    discard(payload);
    text
}

fn payload_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("(no text)")
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    use tokio::runtime::Builder;

    use super::{catch_panic, hand_over, install_hook, task_panics};

    #[test]
    fn reports_the_place_of_a_phase_panic_and_counts_task_panics() {
        install_hook();
        install_hook();
        let (before, _) = task_panics();
        let text = catch_panic(|| panic!("a {} turn", "wrong")).unwrap_err();
        assert!(text.contains("panics.rs:") && text.ends_with(": a wrong turn"), "{text}");
        let text = catch_panic(|| std::panic::panic_any(7)).unwrap_err();
        assert!(text.ends_with(": (no text)"), "{text}");
        // After a phase, the thread still belongs to the host.
        let text = catch_panic(|| {
            catch_panic(|| ()).unwrap();
            panic!("in between")
        });
        let text = Result::<(), _>::unwrap_err(text);
        assert!(text.contains("panics.rs:") && text.ends_with(": in between"), "{text}");
        let (send, handed_over) = channel();
        let maker = std::thread::spawn(|| {
            hand_over(move |text| send.send(text).unwrap());
            panic!("no\nthreads");
        });
        assert_eq!(handed_over.recv().as_deref(), Ok("no\\nthreads"));
        maker.join().unwrap_err();
        assert_eq!(task_panics().0, before, "none of these is a task's");

        std::thread::spawn(|| panic!("elsewhere")).join().unwrap_err();
        let (after, last) = task_panics();
        assert_eq!(after, before + 1);
        assert!(last.unwrap().ends_with(": elsewhere"));

        let runtime = Builder::new_current_thread().build().unwrap();
        let task = async { tokio::spawn(async { panic!("on the main thread") }).await };
        catch_panic(|| runtime.block_on(task)).unwrap().unwrap_err();
        let (after, last) = task_panics();
        assert_eq!(after, before + 2);
        assert!(last.unwrap().ends_with(": on the main thread"));
    }

    /// A task that panics at each restart must not fill the memory.
    #[test]
    fn a_payload_is_dropped_even_if_that_panics() {
        struct PanicsInDrop(Arc<()>);
        impl Drop for PanicsInDrop {
            fn drop(&mut self) {
                panic_any(Arc::clone(&self.0));
            }
        }

        install_hook();
        let (before, _) = task_panics();
        let alive = Arc::new(());
        let payload = Arc::clone(&alive);
        catch_panic(|| panic_any(payload)).unwrap_err();
        assert_eq!(Arc::strong_count(&alive), 1);

        let payload = PanicsInDrop(Arc::clone(&alive));
        let text = catch_panic(|| panic_any(payload)).unwrap_err();
        assert!(text.ends_with(": (no text)"), "{text}");
        assert_eq!(Arc::strong_count(&alive), 2, "the payload of its drop is leaked");
        assert_eq!(task_panics().0, before, "none of these is a task's");
    }
}
