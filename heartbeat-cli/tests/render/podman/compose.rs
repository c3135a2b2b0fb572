//! `podman-compose`, with several instances of each role.

use std::fs;

use super::engine::Engine;
use super::images;
use crate::{fleet, stderr};

const KEYS: &str = r#"
[compose]
balancer = "localhost/haproxy:test"
recycle_after = "2s"
[roles.Front]
image = "localhost/front:test"
drain = "15s"
[roles.Pool]
image = "localhost/pool:test"
stall_after = "5s"
stop_within = "5s"
[roles.Scheduler]
image = "localhost/scheduler:test"
"#;

const ORDER: [&str; 3] = ["-d", "3 apples", "http://127.0.0.1:8080/orders"];

#[test]
fn the_fleet_runs_and_its_probes_act() {
    let Some(engine) = Engine::start() else { return };
    images::build_fleet(&engine);
    images::build_haproxy(&engine);
    let project = fleet().with("heartbeat.toml", KEYS);
    project.files("compose");
    let file = project.path().join("rendered/compose.yaml");
    let content = fs::read_to_string(&file).unwrap();
    // podman-compose 1.0 takes the command of a health check from the first replica of several.
    fs::write(&file, content.replace("    healthcheck:", "    x-healthcheck:")).unwrap();
    let up = ["-p", "fleet", "-f", file.to_str().unwrap(), "up", "--detach"];
    let output = engine.run("podman-compose", &up);
    assert!(output.status.success(), "{}", stderr(&output));

    engine.until("an order is shipped", |engine| engine.curl(&ORDER));

    // A blocked worker recycles itself, and is restarted.
    let pool = "fleet_pool_2";
    let first = restarts(&engine, pool);
    let broken = format!("http://{}:8081/break", address(&engine, pool));
    engine.curl(&["-X", "POST", &broken]).unwrap();
    engine.until("the blocked instance is restarted", |engine| {
        (restarts(engine, pool) > first).then_some(())
    });

    // One that is not ready gets no traffic, although it still accepts: here, one that drains.
    let [leaving, staying] =
        ["fleet_front_1", "fleet_front_2"].map(|front| address(&engine, front));
    engine.podman(&["kill", "--signal", "TERM", "fleet_front_1"]);
    engine.until("the balancer has noticed", |engine| {
        let before = shipped(engine, &leaving);
        (0..4).for_each(|_| drop(engine.curl(&ORDER).unwrap()));
        (shipped(engine, &leaving) == before).then_some(())
    });
    let before = [shipped(&engine, &leaving), shipped(&engine, &staying)];
    (0..4).for_each(|_| drop(engine.curl(&ORDER).unwrap()));
    let after = [shipped(&engine, &leaving), shipped(&engine, &staying)];
    assert_eq!(after, [before[0], before[1] + 4]);
    let direct = format!("http://{leaving}:8080/orders");
    assert!(engine.curl(&["-d", "a pear", &direct]).is_some(), "it still accepts");
}

/// Returns the IP address of a container.
fn address(engine: &Engine, container: &str) -> String {
    let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    engine.podman(&["inspect", "--format", format, container])
}

fn restarts(engine: &Engine, container: &str) -> u32 {
    engine.podman(&["inspect", "--format", "{{.RestartCount}}", container]).parse().unwrap()
}

/// Returns the orders that a front has shipped, by its own account.
fn shipped(engine: &Engine, address: &str) -> u64 {
    let health = engine.run("curl", &["-s", "-m", "10", &format!("http://{address}:3010/health")]);
    let health: serde_json::Value = serde_json::from_slice(&health.stdout).unwrap();
    health["facts"]["shipped"].as_u64().unwrap_or_default()
}
