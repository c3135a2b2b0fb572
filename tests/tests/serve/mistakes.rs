//! Endpoints that cannot be served.

use std::net::TcpListener;

use heartbeat_tests::Worker;

use super::command;

#[test]
fn a_mistake_is_told_with_its_place_and_the_way_out() {
    let declared = "declared: `Heartbeat` (http), `Inside` (http), `Api` (http), `Feed` (tcp), \
                    `Gossip` (udp)";
    let api = format!(
        "; it is declared at ServiceDefinition.csdef:10:28; {declared}; HEARTBEAT_ENDPOINT_API sets \
         its address"
    );
    for (mistake, message) in [
        (
            "unknown",
            "cannot serve endpoint `Apy`: no endpoint named `Apy` in role `ServingWorker`; endpoints \
             declared: `Heartbeat`, `Inside`, `Api`, `Feed`, `Gossip`; did you mean `Api`? \
             (ServiceDefinition.csdef:10:28)"
                .to_owned(),
        ),
        (
            "udp",
            "cannot serve endpoint `Gossip`: endpoint `Gossip` of role `ServingWorker` is `udp`, which \
             cannot carry HTTP; declared here: ServiceDefinition.csdef:12:28; write there: \
             <InputEndpoint name=\"Gossip\" protocol=\"http\" …>"
                .to_owned(),
        ),
        ("bind udp", "cannot bind endpoint `Gossip`: ".to_owned()),
        (
            "twice",
            format!("cannot serve endpoint `Api`: it is in use already: merge the routers, and serve one{api}"),
        ),
        ("bind what is served", "cannot bind endpoint `Api`: it is in use already".to_owned()),
        ("bind health", "cannot bind endpoint `Heartbeat`: it serves health".to_owned()),
        (
            "claim health",
            "cannot serve endpoint `Heartbeat`: `/health` is a path of health there: give your route \
             another path, or serve the router on another endpoint; it is declared at \
             ServiceDefinition.csdef:8:28"
                .to_owned(),
        ),
        (
            "claim metrics",
            "cannot serve endpoint `Inside`: `/metrics` is a path of health there".to_owned(),
        ),
    ] {
        let mut worker = Worker::spawn(command().env("HEARTBEAT_SETTING_MISTAKE", mistake));
        assert_eq!(worker.wait().code(), Some(78), "{mistake}: {:#?}", worker.log());
        let expected = format!("heartbeat: on_start failed: {message}");
        let log = worker.log();
        assert!(log.iter().any(|line| line.starts_with(&expected)), "{expected}\n{log:#?}");
        assert!(!log.iter().any(|line| line.starts_with("thread '")), "no panic: {log:#?}");
    }
}

#[test]
fn an_address_in_use_names_its_variable() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let mut worker = Worker::spawn(command().env("HEARTBEAT_ENDPOINT_API", &address));
    assert_eq!(worker.wait().code(), Some(78));
    let message = format!(
        "cannot serve endpoint `Api`: cannot listen on {address} for endpoint `Api`: Address already \
         in use (os error 98): end the process that has it, or set HEARTBEAT_ENDPOINT_API to another \
         address"
    );
    assert!(worker.log().iter().any(|line| line.contains(&message)), "{:#?}", worker.log());
}

#[test]
fn a_stopping_worker_serves_nothing_new() {
    let mut worker = Worker::spawn(command().env("HEARTBEAT_SETTING_MISTAKE", "late"));
    worker.wait_for_line("ready after");
    worker.signal(heartbeat_tests::Signal::TERM);
    let message = "on_stop failed: cannot serve endpoint `Inside`: the worker is stopping";
    worker.wait_for_line(message);
    assert_eq!(worker.wait().code(), Some(1));
}
