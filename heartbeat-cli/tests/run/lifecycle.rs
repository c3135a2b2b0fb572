//! Starts, stops, and what is left behind.

use std::process::Command;

use heartbeat_tests::{Signal, Worker, signal};

use crate::project::{Project, heartbeat_in, is_alive, role, spawn};

/// A worker that tells its variables, starts a process of its own, and runs until it is stopped.
const WORKER: &str = r#"
echo "id $HEARTBEAT_INSTANCE_ID at $HEARTBEAT_ENDPOINT_WORK of $HEARTBEAT_INSTANCES_POOL_WORK from $PWD"
echo "greeting $GREETING, scratch $HEARTBEAT_RESOURCE_SCRATCH"
sleep 1000 & child=$!
echo "child $child"
wait
"#;

fn fleet() -> Project {
    let work = r#"<InternalEndpoint name="Work" protocol="tcp" port="3000" />"#;
    let roles = ["Front", "Pool", "Scheduler"].map(|name| role(name, "worker.sh", work)).concat();
    let roles = roles.replace(
        "</WorkerRole>",
        "<LocalResources><LocalStorage name=\"Scratch\" sizeInMB=\"1\" /></LocalResources></WorkerRole>",
    );
    let project = Project::new(&roles);
    project.script("worker.sh", WORKER);
    project
}

fn start(project: &Project) -> Worker {
    let three = ["Front=3", "--scale", "Pool=3", "--scale", "Scheduler=3"];
    let mut run = project.run(&[&["--scale"], &three[..]].concat());
    run.wait_until_logged("9 instances ready");
    for role in ["Front", "Pool", "Scheduler"] {
        for number in 0..3 {
            let instance = format!("{role}_IN_{number}");
            run.wait_until_logged(&format!("{instance:14} | child "));
        }
    }
    run
}

/// Returns the processes of the workers, and those that they have started.
fn processes(project: &Project, run: &Worker) -> Vec<u64> {
    let own = project.status().into_iter().map(|it| it["pid"].as_u64().unwrap());
    let children = run.log().iter().filter_map(|line| line.split_once("| child "));
    own.chain(children.map(|(_, pid)| pid.parse().unwrap())).collect()
}

/// Waits until processes have ended: they are killed a moment after `run`.
pub(crate) fn await_end(pids: &[u64]) {
    for pid in pids {
        if let Some(pid) = rustix::process::Pid::from_raw(i32::try_from(*pid).unwrap())
            && let Ok(process) =
                rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())
        {
            let mut poll = [rustix::event::PollFd::new(&process, rustix::event::PollFlags::IN)];
            let minute = rustix::event::Timespec { tv_sec: 60, tv_nsec: 0 };
            rustix::event::poll(&mut poll, Some(&minute)).unwrap();
        }
        assert!(!is_alive(*pid), "{pid} lives");
    }
}

#[test]
fn three_roles_with_three_instances_start_and_stop() {
    let project = fleet();
    let mut run = start(&project);
    let pids = processes(&project, &run);
    assert_eq!(pids.len(), 18);
    let log = run.log().join("\n");
    let folder = project.path("").canonicalize().unwrap();
    let pool = "Pool_IN_0=127.255.1.1:3000,Pool_IN_1=127.255.1.2:3000,Pool_IN_2=127.255.1.3:3000";
    let line = format!("id Front_IN_1 at 127.255.0.2:3000 of {pool} from {}", folder.display());
    assert!(log.contains(&line), "{log}");
    let scratch = folder.join(".heartbeat/resources/Pool_IN_2/Scratch");
    assert!(log.contains(&format!("scratch {}", scratch.display())), "{log}");

    run.signal(Signal::INT);
    let status = run.wait();
    assert_eq!(status.code(), Some(0), "{:?}", run.log());
    assert!(run.log().iter().any(|line| line.contains("stopping 9 instances")));
    await_end(&pids);
    assert!(!project.path(".heartbeat/run.sock").exists());
}

#[test]
fn nothing_survives_a_killed_run() {
    let project = fleet();
    let mut run = start(&project);
    let pids = processes(&project, &run);
    run.signal(Signal::KILL);
    run.wait();
    await_end(&pids);

    // What it left behind is taken over.
    let run = start(&project);
    assert_eq!(project.status().len(), 9);
    drop(run);
}

/// The guard ends what the workers have started; they themselves end with their parent.
#[cfg(target_os = "linux")]
#[test]
fn no_worker_survives_a_run_whose_guard_was_killed() {
    let project = Project::of_scripts(&[("Orders", "echo up; exec sleep 1000")]);
    let mut run = project.run(&[]);
    run.wait_for_line("| up");
    let worker = project.status()[0]["pid"].as_u64().unwrap();
    // It must not notice the end of its guard.
    run.signal(Signal::STOP);
    let guard = guard_of(run.id());
    signal(guard, Signal::KILL);
    run.signal(Signal::KILL);
    run.wait();
    await_end(&[guard.into(), worker]);
}

/// Returns the process of the guard, a child of `run`.
#[cfg(target_os = "linux")]
fn guard_of(run: u32) -> u32 {
    let threads = std::fs::read_dir(format!("/proc/{run}/task")).unwrap();
    let children = threads
        .map(|thread| std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap());
    let children = children.collect::<String>();
    let mut children = children.split_whitespace();
    let guard = children.find(|child| {
        std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap().contains("__guard")
    });
    guard.unwrap().parse().unwrap()
}

#[test]
fn a_second_run_in_one_folder_is_refused() {
    let project = Project::of_scripts(&[("Orders", "sleep 1000")]);
    let mut run = project.run(&[]);
    run.wait_for_line("1 instance ready");
    let mut second = project.run(&[]);
    let line = second.wait_for_line("error: ");
    assert!(line.contains(&format!("(process {}) runs here", run.id())), "{line}");
    assert_eq!(second.wait().code(), Some(1));
    run.signal(Signal::TERM);
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn a_folder_may_have_a_long_path() {
    let project = Project::of_scripts(&[("Orders", "sleep 1000")]);
    let folder = project.path(&"a".repeat(120));
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["ServiceDefinition.csdef", "Orders.sh"] {
        std::fs::rename(project.path(name), folder.join(name)).unwrap();
    }
    let mut run = spawn(&heartbeat_in(&folder, &["run"]));
    run.wait_for_line("1 instance ready");
    let status = heartbeat_in(&folder, &["status"]).output().unwrap();
    assert!(status.status.success(), "{status:?}");
    run.signal(Signal::TERM);
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn a_hangup_stops_unless_it_was_ignored_before() {
    let project = Project::of_scripts(&[("Orders", "sleep 1000")]);
    for (signals, is_heard) in [("--default-signal=HUP", true), ("--ignore-signal=HUP", false)] {
        // The tests themselves may run under `nohup`.
        let mut command = Command::new("env");
        command.arg(signals).arg(env!("CARGO_BIN_EXE_heartbeat")).arg("run");
        let mut run = spawn(command.current_dir(project.path("")));
        run.wait_for_line("1 instance ready");
        run.signal(Signal::HUP);
        if !is_heard {
            // Asked later, so that it would be stopping.
            assert_eq!(project.status()[0]["phase"], "running");
            run.signal(Signal::TERM);
        }
        run.wait_for_line(if is_heard { "heartbeat: SIGHUP" } else { "heartbeat: SIGTERM" });
        assert_eq!(run.wait().code(), Some(0));
    }
}

#[test]
fn a_worker_that_ignores_a_stop_is_killed_at_the_end_of_its_time() {
    let project =
        Project::of_scripts(&[("Orders", "trap '' TERM; echo up; while :; do sleep 1000; done")]);
    let mut run = project.run(&["--stop-within", "500ms"]);
    run.wait_until_logged("| up");
    run.signal(Signal::TERM);
    run.wait_for_line("Orders_IN_0 has not stopped within 600 ms: killing it");
    assert_eq!(run.wait().code(), Some(1), "it did not stop well");
}

#[test]
fn a_second_signal_kills_at_once_and_who_is_late_is_named() {
    let project = Project::of_scripts(&[
        ("Late", "trap '' TERM; echo up; while :; do sleep 1000; done"),
        ("Quick", "echo up; exec sleep 1000"),
    ]);
    let mut run = project.run(&[]);
    run.wait_until_logged("Late_IN_0  | up");
    run.wait_until_logged("Quick_IN_0 | up");
    run.signal(Signal::INT);
    let line = run.wait_for_line("still stopping after");
    assert!(line.ends_with(": Late_IN_0"), "{line}");
    run.signal(Signal::INT);
    run.wait_for_line("SIGINT again: killing what is left");
    assert_eq!(run.wait().code(), Some(1));
}

#[test]
fn a_script_s_own_worker_has_its_time_to_stop() {
    let worker =
        "trap 'read -r _ < gate; echo done; exit 0' TERM; echo up; while :; do sleep 0.01; done";
    let project = Project::of_scripts(&[("Orders", "./inner.sh\n:")]);
    project.script("inner.sh", worker);
    let made = Command::new("mkfifo").arg(project.path("gate")).status().unwrap();
    assert!(made.success());
    let mut run = project.run(&[]);
    run.wait_until_logged("| up");
    run.signal(Signal::TERM);
    run.wait_for_line("stopping 1 instance");
    // The outer shell has ended by the signal; the inner one waits for this.
    std::fs::write(project.path("gate"), "go\n").unwrap();
    run.wait_for_line("Orders_IN_0 | done");
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn a_killed_worker_comes_back() {
    let project = Project::of_scripts(&[("Orders", "echo up; exec sleep 1000")]);
    let mut run = project.run(&[]);
    run.wait_for_line("| up");
    let pid = project.status()[0]["pid"].as_u64().unwrap();
    signal(u32::try_from(pid).unwrap(), Signal::KILL);
    let line = run.wait_for_line("Orders_IN_0 was killed by SIGKILL: again in ");
    assert!(line.ends_with(" ms"), "{line}");
    run.wait_for_line("| up");
    let instance = &project.status()[0];
    assert_eq!(instance["restarts"], 1);
    assert_eq!(instance["last_exit"], "killed by SIGKILL");
}

#[test]
#[cfg(target_os = "linux")]
fn a_daemon_does_not_survive() {
    let daemon = "setsid bash -c 'echo $$ > daemon; exec sleep 1000' > /dev/null 2>&1 &\n\
                  until test -s daemon; do sleep 0.01; done; echo up; exec sleep 1000";
    for signal in [Signal::TERM, Signal::KILL] {
        let project = Project::of_scripts(&[("Orders", daemon)]);
        let mut run = project.run(&[]);
        run.wait_for_line("Orders_IN_0 | up");
        let pid = std::fs::read_to_string(project.path("daemon")).unwrap();
        let pid = pid.trim().parse().unwrap();
        assert!(is_alive(pid));
        run.signal(signal);
        run.wait();
        await_end(&[pid]);
    }
}
