//! Workers that fail, each in its way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use heartbeat_tests::exchange;
use heartbeat_tests::system::System;

use super::{Service, network};

/// Roles whose workers fail as their setting says.
const DEFINITION: &str = r#"<ServiceDefinition name="Trials">
  <WorkerRole name="Steady">
    <ConfigurationSettings><Setting name="Fail" /></ConfigurationSettings>
    <Endpoints>
      <InternalEndpoint name="Heartbeat" protocol="http" port="3000" />
      <InternalEndpoint name="Peer-Port" protocol="tcp" port="3001" />
    </Endpoints>
    <LocalResources><LocalStorage name="Scratch" cleanOnRoleRecycle="false" /></LocalResources>
  </WorkerRole>
  <WorkerRole name="Blocked">
    <ConfigurationSettings><Setting name="Fail" /></ConfigurationSettings>
    <Endpoints><InternalEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
    <LocalResources><LocalStorage name="Scratch" sizeInMB="10" /></LocalResources>
  </WorkerRole>
  <WorkerRole name="Refused">
    <ConfigurationSettings><Setting name="Fail" /></ConfigurationSettings>
    <Endpoints><InternalEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
  </WorkerRole>
</ServiceDefinition>"#;

/// The value of `Steady` is not used: a file has it.
const CONFIGURATION: &str = r#"<ServiceConfiguration serviceName="Trials">
  <Role name="Steady"><Instances count="2" /><ConfigurationSettings>
    <Setting name="Fail" value="on_start error" />
  </ConfigurationSettings></Role>
  <Role name="Blocked"><Instances count="1" /><ConfigurationSettings>
    <Setting name="Fail" value="run stall block" />
  </ConfigurationSettings></Role>
  <Role name="Refused"><Instances count="1" /><ConfigurationSettings>
    <Setting name="Fail" value="on_start parse" />
  </ConfigurationSettings></Role>
</ServiceConfiguration>"#;

const KEYS: &str = "\
[roles.Steady]
program = 'failing-worker'
secrets = ['Fail']
stop_within = '8s'
drain = '0s'
stall_after = '5s'
[roles.Blocked]
program = 'failing-worker'
stall_after = '1s'
stop_within = '8s'
[roles.Refused]
program = 'failing-worker'
";

/// Probes on new connections until `end` is set, and returns the number of probes.
fn probe_until(end: &AtomicBool, address: &str) -> usize {
    let mut count = 0;
    while !end.load(Ordering::Relaxed) {
        let response = exchange(address, "GET /livez HTTP/1.0\r\n\r\n").unwrap();
        assert!(response.starts_with("HTTP/1.0 200 OK\r\n"), "{response:?}");
        count += 1;
    }
    count
}

/// Returns the result of writing a file as the worker of a unit.
fn touch(system: &System, unit: &str, path: &str) -> bool {
    let process = system.property(unit, "MainPID");
    let user = fs::read_to_string(system.path(&format!("/proc/{process}/status"))).unwrap();
    let user = user.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    let user = user.split_whitespace().next().unwrap();
    let enter = ["nsenter", "--target", &process, "--mount", "--setuid", user, "--setgid", user];
    system.run(&[&enter[..], &["--", "touch", path]].concat()).status.success()
}

#[test]
fn rendered_units_start_watch_restart_and_stop_workers() {
    let service = Service::new(DEFINITION, CONFIGURATION, KEYS);
    let booted = service.boot(|files| {
        files.copy(env!("CARGO_BIN_EXE_failing-worker"), "/usr/local/bin/failing-worker");
        files.write("/etc/credstore/trials-steady.fail", "run stop\n");
    });
    let Some(mut system) = booted else { return };

    system.systemctl(&["start", "--no-block", "trials.target"]);
    for instance in ["trials-steady 0", "trials-steady 1", "trials-blocked 0"] {
        system.wait_for_report(&format!("{instance} started"));
    }
    let [steady, blocked, refused] =
        ["trials-steady@0.service", "trials-blocked@0.service", "trials-refused@0.service"];

    // A refused configuration is final.
    system.wait_for_report("trials-refused 0 exit-code 78");
    assert_eq!(system.property(refused, "ActiveState"), "failed");

    // A blocked worker is restarted.
    system.wait_for_report("trials-blocked 0 watchdog ABRT");
    system.wait_for_report("trials-blocked 0 started");
    assert_eq!(system.property(refused, "NRestarts"), "0");

    // A crash is followed by a restart, and loses no connection.
    let address = format!("127.255.{}.0:3000", network());
    let kept = "/var/lib/trials-steady/0/scratch/kept";
    assert!(touch(&system, steady, kept), "the storage is writable");
    assert!(!touch(&system, steady, "/usr/local/bin/x"), "nothing else is");
    let end = AtomicBool::new(false);
    let restarts = |system: &mut System| {
        for _ in 0..3 {
            system.systemctl(&["restart", steady]);
            system.wait_for_report("trials-steady 0 success 0");
            system.wait_for_report("trials-steady 0 started");
        }
    };
    let count = thread::scope(|scope| {
        let prober = scope.spawn(|| probe_until(&end, &address));
        restarts(&mut system);
        end.store(true, Ordering::Relaxed);
        prober.join().unwrap()
    });
    println!("{count} connections during 3 restarts, none lost");
    system.systemctl(&["kill", "--signal=KILL", steady]);
    system.wait_for_report("trials-steady 0 signal KILL");
    system.wait_for_report("trials-steady 0 started");
    assert!(system.path("/var/lib/private/trials-steady/0/scratch/kept").exists());

    // A storage that need not be kept is empty after a restart.
    let scratch = "/run/trials-blocked/0/scratch/file";
    assert!(touch(&system, blocked, scratch));
    system.wait_for_report("trials-blocked 0 watchdog ABRT");
    system.wait_for_report("trials-blocked 0 started");
    let process = system.property(blocked, "MainPID");
    let inside = ["nsenter", "--target", &process, "--mount", "test", "-e", scratch];
    assert!(!system.run(&inside).status.success());

    // A frozen process is killed.
    system.systemctl(&["kill", "--signal=STOP", "trials-steady@1.service"]);
    system.wait_for_report("trials-steady 1 watchdog ABRT");
    system.wait_for_report("trials-steady 1 started");

    let start = Instant::now();
    system.systemctl(&["stop", "trials.target"]);
    for steady in ["trials-steady 0", "trials-steady 1"] {
        system.wait_for_report(&format!("{steady} success 0"));
    }
    assert!(start.elapsed() < Duration::from_secs(18), "{:?}", start.elapsed());
    assert!(exchange(&address, "GET / HTTP/1.0\r\n\r\n").is_err(), "the sockets are closed");
}
