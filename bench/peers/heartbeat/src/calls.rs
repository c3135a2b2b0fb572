//! Calls that a profiler counts the instructions of: those of one of the two functions, whose
//! difference is what a beat takes more than an empty call.

use std::hint::black_box;

use heartbeat_runtime::{Error, RoleEnvironment};

#[expect(clippy::unnecessary_wraps, reason = "it is how the worker ends")]
pub(crate) fn make(role: &RoleEnvironment, times: u32) -> Result<(), Error> {
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
