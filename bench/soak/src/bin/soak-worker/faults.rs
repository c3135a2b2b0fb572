//! The faults themselves.

use std::future::pending;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use heartbeat_runtime::Error;
use tokio::runtime::Handle;

use crate::TIMEOUT;
use crate::orders::Lateness;

/// The states of the check `side`.
const PASSES: u8 = 0;
const HANGS: u8 = 1;
const BLOCKS: u8 = 2;

/// A lock that nobody releases, until it is opened.
#[derive(Default)]
pub(crate) struct Blockade {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Blockade {
    pub(crate) fn block(&self) {
        self.block_for(Duration::MAX);
    }

    pub(crate) fn block_for(&self, time: Duration) {
        let is_open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.opened.wait_timeout_while(is_open, time, |is_open| !*is_open);
    }

    fn set_open(&self, open: bool) {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner) = open;
        self.opened.notify_all();
    }
}

pub(crate) fn set_side_check(state: &AtomicU8, blockade: &Blockade, order: &str) {
    let next = match order {
        "hang" => HANGS,
        "block" => BLOCKS,
        _ => PASSES,
    };
    blockade.set_open(next != BLOCKS);
    state.store(next, Ordering::SeqCst);
}

/// Passes, hangs, or blocks its thread.
pub(crate) async fn side_check(state: Arc<AtomicU8>, blockade: Arc<Blockade>) -> Result<(), Error> {
    match state.load(Ordering::SeqCst) {
        HANGS => pending().await,
        BLOCKS => blockade.block(),
        _ => drop(Lateness::new("check", TIMEOUT)),
    }
    Ok(())
}

/// Takes two locks in opposite orders, on two threads.
pub(crate) fn deadlock(began: impl FnOnce()) {
    let locks = Arc::new((Mutex::new(()), Mutex::new(())));
    let both_hold_one = Arc::new(Barrier::new(2));
    let (other_locks, other_holds_one) = (Arc::clone(&locks), Arc::clone(&both_hold_one));
    thread::spawn(move || {
        let _second = other_locks.1.lock();
        other_holds_one.wait();
        let _first = other_locks.0.lock();
    });
    let _first = locks.0.lock();
    both_hold_one.wait();
    began();
    let _second = locks.1.lock();
}

/// Takes two locks of tokio in opposite orders, in two tasks.
pub(crate) async fn deadlock_of_tasks(began: impl FnOnce()) {
    let locks = Arc::new((tokio::sync::Mutex::new(()), tokio::sync::Mutex::new(())));
    let both_hold_one = Arc::new(tokio::sync::Barrier::new(2));
    let (other_locks, other_holds_one) = (Arc::clone(&locks), Arc::clone(&both_hold_one));
    tokio::spawn(async move {
        let _second = other_locks.1.lock().await;
        other_holds_one.wait().await;
        let _first = other_locks.0.lock().await;
    });
    let _first = locks.0.lock().await;
    both_hold_one.wait().await;
    began();
    let _second = locks.1.lock().await;
}

/// Blocks every thread of the runtime.
pub(crate) fn starve(began: impl FnOnce()) {
    let threads = Handle::current().metrics().num_workers();
    let all_blocked = Arc::new(Barrier::new(threads + 1));
    for _ in 0..threads {
        let all_blocked = Arc::clone(&all_blocked);
        tokio::spawn(async move {
            all_blocked.wait();
            Blockade::default().block();
        });
    }
    all_blocked.wait();
    began();
}
