//! The worker of the README, from its start to its exit.

use heartbeat_tests::{Signal, Worker, example};

#[test]
fn serves_health_and_stops_cleanly_on_either_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut worker = Worker::spawn(&mut example("hello-worker"));
        worker.wait_for_line("ready");
        let response = worker.get("/health");
        assert_eq!(response.status, 200);
        assert_eq!(
            response.body,
            format!(
                r#"{{"version":"{}","status":"pass","state":"running"}}"#,
                env!("CARGO_PKG_VERSION")
            )
        );
        worker.signal(signal);
        assert_eq!(worker.wait().code(), Some(0));
        let last = worker.log().last().unwrap();
        assert!(last.starts_with("heartbeat: stopped cleanly after "), "{last}");
    }
}

#[test]
fn frees_its_port_when_it_exits() {
    let mut worker = Worker::spawn(&mut example("hello-worker"));
    worker.wait_for_line("ready");
    worker.signal(Signal::TERM);
    worker.wait();
    std::net::TcpListener::bind(worker.address()).expect("the port is free");
}
