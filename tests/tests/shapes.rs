//! The other two shapes of a worker as processes: a role named like the binary, a state that is
//! passed on, and a clean stop.

use std::process::Command;

use heartbeat_tests::{Signal, Worker};

#[test]
fn each_shape_goes_through_its_phases() {
    for (program, last) in [
        (env!("CARGO_BIN_EXE_module-worker"), "stopped: ModuleWorker, run"),
        (env!("CARGO_BIN_EXE_main-worker"), "stopped: Main_Worker"),
    ] {
        let mut worker = Worker::spawn(&mut Command::new(program));
        worker.wait_for_line("ready");
        assert_eq!(worker.get("/readyz").status, 200, "{program}");
        worker.signal(Signal::TERM);
        assert_eq!(worker.wait().code(), Some(0), "{program}: {:#?}", worker.log());
        assert!(worker.log().iter().any(|line| line == last), "{program}: {:#?}", worker.log());
    }
}
