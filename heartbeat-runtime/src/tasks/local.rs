//! The tasks of the main thread, whose futures need not be `Send`.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;

use tokio::task::{AbortHandle, LocalSet};

thread_local! {
    static CURRENT: RefCell<Option<Rc<LocalTasks>>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct LocalTasks {
    tasks: LocalSet,
    is_used: Cell<bool>,
}

/// Drives the phases of a worker, and beside them the local tasks that they spawn. Tasks that are left
/// when the phases have ended are dropped.
pub(crate) async fn drive_with_local_tasks<T>(phases: impl Future<Output = T>) -> T {
    let local = Rc::new(LocalTasks::default());
    let mut phases = pin!(phases);
    let mut tasks = pin!(local.tasks.run_until(pending::<()>()));
    poll_fn(|context| {
        let _around = Around(CURRENT.replace(Some(Rc::clone(&local))));
        // Not inside the set, in which a phase could not call `block_in_place`.
        let poll = phases.as_mut().poll(context);
        if poll.is_pending() && local.is_used.get() {
            let _never = tasks.as_mut().poll(context);
        }
        poll
    })
    .await
}

/// The tasks of a worker around this one, restored even if a phase panics in a drop.
struct Around(Option<Rc<LocalTasks>>);

impl Drop for Around {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Spawns a future beside the phases that this thread drives; `None` outside of them.
pub(super) fn spawn_local(future: impl Future<Output = ()> + 'static) -> Option<AbortHandle> {
    CURRENT.with_borrow(|current| {
        let local = current.as_ref()?;
        local.is_used.set(true);
        Some(local.tasks.spawn_local(future).abort_handle())
    })
}
