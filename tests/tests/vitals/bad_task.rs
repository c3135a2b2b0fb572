//! One task that blocks for 400 ms at a time, on a runtime with two threads.

use std::time::Duration;

use heartbeat_tests::Worker;
use heartbeat_tests::stalling::{BLOCKS_FOR, echo_beside_a_bad_task, round_trips};
use tokio::runtime::Builder;

use super::{CORES, vital_worker};

#[test]
fn it_stalls_the_io_of_a_bare_runtime_and_not_that_of_a_worker() {
    let _cores = CORES.lock();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let address = runtime.block_on(echo_beside_a_bad_task()).unwrap();
    let bare = round_trips(&address, 12).unwrap();
    runtime.shutdown_background();

    let mut worker = Worker::spawn(&mut vital_worker("bad task"));
    let line = worker.line_with("echo at ");
    let kept = round_trips(line.strip_prefix("echo at ").unwrap(), 60).unwrap();

    let quantile = |took: &[Duration], tenths| took[took.len() * tenths / 10];
    println!("bare: median {:?}, worst {:?}", quantile(&bare, 5), bare[bare.len() - 1]);
    println!("worker: median {:?}, worst {:?}", quantile(&kept, 5), kept[kept.len() - 1]);
    assert!(quantile(&bare, 5) > BLOCKS_FOR / 2, "the task does not stall even a bare runtime");
    assert!(quantile(&kept, 9) < BLOCKS_FOR / 2, "{kept:?}");
}
