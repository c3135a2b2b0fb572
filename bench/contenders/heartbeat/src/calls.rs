//! Beats and empty calls for a profiler, which counts the instructions of each function: the
//! difference is the cost of a beat.

use std::hint::black_box;

use heartbeat_runtime::{Error, RoleEnvironment};

#[expect(clippy::unnecessary_wraps, reason = "the worker returns it")]
pub(crate) fn run(role: &RoleEnvironment, times: u32) -> Result<(), Error> {
    bench_empty_calls(role, times);
    bench_beats(role, times);
    Ok(())
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
