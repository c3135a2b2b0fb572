//! The worker of the README: what it says and answers, from its start to its end.

use heartbeat_tests::{Signal, Worker, example};

#[test]
fn it_serves_health_and_stops_cleanly_on_either_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut worker = Worker::spawn(&mut example("hello-worker"));
        worker.line_with("ready");
        let answer = worker.get("/health");
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.body,
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
fn its_port_is_free_again_when_it_has_ended() {
    let mut worker = Worker::spawn(&mut example("hello-worker"));
    worker.line_with("ready");
    worker.signal(Signal::TERM);
    worker.wait();
    std::net::TcpListener::bind(worker.address()).expect("the port is free");
}
