//! Beats and empty calls, for a profiler that counts the instructions of each function, and for a clock.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use heartbeat_runtime::RoleEnvironment;

/// Calls between two looks at the clock: few enough that the system seldom interrupts them.
const CALLS: u32 = 20_000;
const CHUNKS: usize = 101;

pub(crate) fn count(role: &RoleEnvironment, times: u32) {
    bench_empty_calls(role, times);
    bench_beats(role, times);
}

/// Prints the nanoseconds of a beat, an empty call and a shared counter, on one thread and then on
/// several at once: a line for each round.
pub(crate) fn time(role: &RoleEnvironment, rounds: u32) {
    let threads = thread::available_parallelism().map_or(2, usize::from).max(2);
    let counter = AtomicU64::new(0);
    for _ in 0..rounds {
        for threads in [1, threads] {
            let beat = slowest(threads, || bench_beats(role, CALLS));
            let empty = slowest(threads, || bench_empty_calls(role, CALLS));
            let shared = slowest(threads, || {
                for _ in 0..CALLS {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
            print!("{beat} {empty} {shared} ");
        }
        println!();
    }
}

/// Measures calls on several threads at once. Returns the nanoseconds of one, on the slowest thread.
fn slowest(threads: usize, calls: impl Fn() + Sync) -> f64 {
    let barrier = Barrier::new(threads);
    let measure = || {
        let mut chunks = [0.0; CHUNKS];
        barrier.wait();
        for chunk in &mut chunks {
            let start = Instant::now();
            calls();
            *chunk = start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS);
        }
        chunks.sort_by(f64::total_cmp);
        chunks[CHUNKS / 2]
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(measure)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).fold(0.0, f64::max)
    })
}

#[inline(never)]
fn bench_empty_calls(role: &RoleEnvironment, times: u32) {
    for _ in 0..times {
        empty(role);
    }
}

#[inline(never)]
fn bench_beats(role: &RoleEnvironment, times: u32) {
    for _ in 0..times {
        role.beat();
    }
}

#[inline(never)]
fn empty(role: &RoleEnvironment) {
    black_box(role);
}
