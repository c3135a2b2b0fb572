//! Panics: those of a phase are caught where it is polled, those of the tasks that a worker has
//! spawned are counted. A hook, chained before the one that is there, sees both.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once};

use crate::log::one_line;

/// The panics of spawned tasks and threads; like the hook, they belong to the process.
static COUNT: AtomicU64 = AtomicU64::new(0);
static LAST: Mutex<Option<String>> = Mutex::new(None);

thread_local! {
    static IN_PHASE: Cell<bool> = const { Cell::new(false) };
    static CAUGHT_AT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Installs the hook, once for the process.
pub(crate) fn observe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |panic| {
            record(panic);
            previous(panic);
        }));
    });
}

/// How many panics were seen outside of the phases, and what the last one said.
pub(crate) fn of_tasks() -> (u64, Option<String>) {
    let last = LAST.lock().map(|last| last.clone()).unwrap_or_default();
    (COUNT.load(Ordering::Relaxed), last)
}

/// What `poll` gives, or what its panic said, and where.
pub(crate) fn caught<T>(poll: impl FnOnce() -> T) -> Result<T, String> {
    CAUGHT_AT.set(None);
    IN_PHASE.set(true);
    let result = catch_unwind(AssertUnwindSafe(poll));
    IN_PHASE.set(false);
    result.map_err(|panic| told(CAUGHT_AT.take().as_deref(), panic))
}

/// What `life` gives, or what a panic said that came between or after the phases: of a `Drop`, or
/// of the runtime.
pub(crate) fn caught_around<T>(life: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(life)).map_err(|panic| told(None, panic))
}

fn told(place: Option<&str>, panic: Box<dyn Any + Send>) -> String {
    let described = match of_tasks() {
        // The hook was not called where a task's panic is resumed, and has seen it before.
        (_, Some(last)) if place.is_none() && last.ends_with(text(panic.as_ref())) => last,
        _ => described(place, panic.as_ref()),
    };
    // What was thrown may panic when it is dropped.
    std::mem::forget(panic);
    described
}

/// Must not panic itself, wherever it is called from: that would abort the process.
fn record(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    if IN_PHASE.try_with(Cell::get).unwrap_or_default() {
        let _ = CAUGHT_AT.try_with(|at| at.try_borrow_mut().map(|mut at| *at = place));
        return;
    }
    if let Ok(mut last) = LAST.try_lock() {
        *last = Some(described(place.as_deref(), panic.payload()));
    }
    COUNT.fetch_add(1, Ordering::Relaxed);
}

fn described(place: Option<&str>, payload: &(dyn Any + Send)) -> String {
    one_line(&format!("panicked at {}: {}", place.unwrap_or("?"), text(payload)))
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("(no text)")
}

#[cfg(test)]
mod tests {
    use super::{caught, observe, of_tasks};

    #[test]
    fn a_panic_of_a_phase_is_told_with_its_place_and_one_of_a_task_is_counted() {
        observe();
        observe();
        let told = caught(|| panic!("a {} turn", "wrong")).unwrap_err();
        assert!(told.contains("panics.rs:") && told.ends_with(": a wrong turn"), "{told}");
        let told = caught(|| std::panic::panic_any(7)).unwrap_err();
        assert!(told.ends_with(": (no text)"), "{told}");

        let (before, _) = of_tasks();
        std::thread::spawn(|| panic!("elsewhere")).join().unwrap_err();
        let (after, last) = of_tasks();
        assert!(after > before);
        assert!(last.unwrap().ends_with(": elsewhere"));
    }
}
