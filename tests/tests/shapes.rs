//! The other two shapes of a worker, as processes: a role named like the binary, a state that is
//! handed on, and a clean end.

use std::process::Command;

use heartbeat_tests::{Signal, Worker};

#[test]
fn each_shape_lives_through_its_phases() {
    for (program, seen) in [
        (env!("CARGO_BIN_EXE_module-worker"), "seen: ModuleWorker, run"),
        (env!("CARGO_BIN_EXE_main-worker"), "seen: Main_Worker"),
    ] {
        let mut worker = Worker::spawn(&mut Command::new(program));
        worker.line_with("ready");
        assert_eq!(worker.get("/readyz").status, 200, "{program}");
        worker.signal(Signal::TERM);
        assert_eq!(worker.wait().code(), Some(0), "{program}: {:#?}", worker.log());
        assert!(worker.log().iter().any(|line| line == seen), "{program}: {:#?}", worker.log());
    }
}
