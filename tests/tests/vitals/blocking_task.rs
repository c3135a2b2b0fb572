//! One task that blocks for 400 ms at a time, on a runtime with two threads.

use std::time::Duration;

use heartbeat_tests::Worker;
use heartbeat_tests::blocking_task::{BLOCKS_FOR, echo_beside_blocking_task, round_trips};
use tokio::runtime::Builder;

use super::{CORES, vital_worker};

#[test]
fn a_blocking_task_delays_io_in_a_bare_runtime_but_not_in_a_worker() {
    let _cores = CORES.lock();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let address = runtime.block_on(echo_beside_blocking_task()).unwrap();
    let bare = round_trips(&address, 12).unwrap();
    runtime.shutdown_background();

    let mut worker = Worker::spawn(&mut vital_worker("blocking task"));
    let line = worker.wait_for_line("echo at ");
    let canary = round_trips(line.strip_prefix("echo at ").unwrap(), 60).unwrap();

    let quantile = |times: &[Duration], tenths| times[times.len() * tenths / 10];
    println!("bare: median {:?}, worst {:?}", quantile(&bare, 5), bare[bare.len() - 1]);
    println!("worker: median {:?}, worst {:?}", quantile(&canary, 5), canary[canary.len() - 1]);
    assert!(quantile(&bare, 5) > BLOCKS_FOR / 2, "the task does not delay a bare runtime either");
    assert!(quantile(&canary, 9) < BLOCKS_FOR / 2, "{canary:?}");
}
