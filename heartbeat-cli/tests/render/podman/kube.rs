//! `podman kube play`. podman knows no Services and no readiness, and its health timers need
//! systemd: the test names the pool's pod where its Service would be, and runs the rendered readiness
//! probe and podman's own health check itself. The liveness probe acts as podman does it.

use std::fs;

use super::engine::Engine;
use super::images;
use crate::{Project, fleet};

const KEYS: &str = r#"
[roles.Front]
image = "localhost/front:test"
probe = "exec"
[roles.Pool]
image = "localhost/pool:test"
probe = "exec"
stall_after = "5s"
stop_within = "5s"
[roles.Scheduler]
image = "localhost/scheduler:test"
probe = "exec"
"#;

const ORDER: [&str; 3] = ["-d", "3 apples", "http://127.0.0.1:8080/orders"];
/// A second container of a pod: podman stops a pod whose containers have all ended, perhaps before it
/// restarts the one that a probe has killed.
const KEEPER: &str = "      - name: keeper
        image: localhost/pool:test
        command: [/bin/sleep, '3600']
";

const FRONT: &str = "front-pod-0-front";
const POOL: &str = "pool-pod-0-pool";

#[test]
fn the_fleet_runs_and_its_probes_act() {
    let Some(engine) = Engine::start() else { return };
    images::build_fleet(&engine);
    let project = fleet().with("heartbeat.toml", KEYS);
    // Without Services, podman gives every pod the ports of the machine.
    let configuration = project.path().join("ServiceConfiguration.cscfg");
    let one = fs::read_to_string(&configuration).unwrap();
    let one = one.replace("count=\"2\"", "count=\"1\"").replace("count=\"3\"", "count=\"1\"");
    fs::write(configuration, one).unwrap();
    play(&engine, &project);

    let answer = engine.until("an order is shipped", |engine| engine.curl(&ORDER));
    assert!(answer.ends_with("has shipped 3 apples\n"), "{answer}");
    engine.until("the front is ready", |engine| is(engine, FRONT, "ready").then_some(()));

    // A blocked worker is restarted by its liveness probe.
    let first = started(&engine);
    engine.curl(&["-X", "POST", "http://127.0.0.1:8081/break"]);
    engine.until("the liveness probe restarts the pool", |engine| {
        engine.run("podman", &["healthcheck", "run", POOL]);
        (started(engine) != first).then_some(())
    });
    engine.until("the pool is live again", |engine| is(engine, POOL, "live").then_some(()));
    engine.until("an order is shipped again", |engine| engine.curl(&ORDER));

    // A worker that must have no traffic says so to its readiness probe, and is not killed for it.
    engine.podman(&["stop", POOL]);
    engine.until("the front is not ready", |engine| (!is(engine, FRONT, "ready")).then_some(()));
    assert!(is(&engine, FRONT, "live"));
}

/// Plays the rendered files.
fn play(engine: &Engine, project: &Project) {
    for (name, content) in project.files("kubernetes") {
        let path = engine.path().join(&name);
        // The name of the only pod instead of that of the Service.
        let content = content.replace("pool-instances:", "pool-pod-0:");
        let containers = "      containers:\n";
        let content = content.replace(containers, &format!("{containers}{KEEPER}"));
        fs::write(&path, content).unwrap();
        engine.podman(&["kube", "play", path.to_str().unwrap()]);
    }
}

/// Runs the command of a probe in its container, and returns whether it passes.
fn is(engine: &Engine, container: &str, probe: &str) -> bool {
    let program = format!("/{}", container.rsplit('-').next().unwrap());
    let argument = format!("--heartbeat-probe={probe}");
    engine.run("podman", &["exec", container, &program, &argument]).status.success()
}

/// Returns when the pool was started.
fn started(engine: &Engine) -> String {
    engine.podman(&["inspect", "--format", "{{.State.StartedAt}}", POOL])
}
