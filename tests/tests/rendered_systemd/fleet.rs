//! The fleet of the examples, from its own files.

use std::fs;

use escargot::CargoBuild;
use heartbeat_tests::{exchange, workspace};

use super::{Service, network};

/// Budgets as in the attribute.
const KEYS: &str = "[roles.Pool]\nstall_after = '5s'\nstop_within = '5s'\n";

/// Sends a request with a body, and returns the response.
fn post(address: &str, path: &str, body: &str) -> String {
    let length = body.len();
    let request =
        format!("POST {path} HTTP/1.0\r\nHost: fleet\r\nContent-Length: {length}\r\n\r\n{body}");
    exchange(address, request).unwrap()
}

#[test]
fn the_fleet_runs_from_its_units() {
    let example = workspace().join("examples/fleet");
    let read = |name: &str| fs::read_to_string(example.join(name)).unwrap();
    // Another test may have the public port.
    let port = (20_000 + std::process::id() % 10_000).to_string();
    let definition = read("ServiceDefinition.csdef");
    let public = r#"port="8080""#;
    assert!(definition.contains(&format!(" {public}")), "{definition}");
    let definition = definition.replace(&format!(" {public}"), &format!(r#" port="{port}""#));
    let service = Service::new(&definition, &read("ServiceConfiguration.cscfg"), KEYS);
    let booted = service.boot(|files| {
        for name in ["front", "pool", "scheduler"] {
            let build = CargoBuild::new().package("fleet").bin(name).current_release();
            files.copy(build.run().unwrap().path(), &format!("/usr/local/bin/{name}"));
        }
    });
    let Some(mut system) = booted else { return };

    // It returns when all are ready.
    system.systemctl(&["start", "fleet.target"]);
    let instances = [("front", 2), ("pool", 3), ("scheduler", 1)];
    let names =
        instances.iter().flat_map(|(role, n)| (0..*n).map(move |n| format!("fleet-{role} {n}")));
    let names: Vec<String> = names.collect();
    for name in &names {
        system.wait_for_report(&format!("{name} started"));
    }
    let orders = format!("127.0.0.1:{port}");
    for _ in 0..10 {
        let response = post(&orders, "/orders", "3 apples");
        assert!(response.starts_with("HTTP/1.0 200 OK\r\n"), "{response}");
    }

    // A hanging instance is restarted, and no order is lost meanwhile.
    let pool = format!("127.255.{}.1:8081", network() + 1);
    let response = post(&pool, "/break", "");
    assert!(response.starts_with("HTTP/1.0 2"), "{response}");
    for _ in 0..3 {
        let response = post(&orders, "/orders", "3 apples");
        assert!(response.starts_with("HTTP/1.0 200 OK\r\n"), "{response}");
    }
    system.wait_for_report("fleet-pool 1 watchdog ABRT");
    system.wait_for_report("fleet-pool 1 started");

    system.systemctl(&["stop", "fleet.target"]);
    for name in &names {
        system.wait_for_report(&format!("{name} success 0"));
    }
}
