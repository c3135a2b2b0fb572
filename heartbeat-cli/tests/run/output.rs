//! The output of instances.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use heartbeat_tests::Signal;

use crate::project::{Project, is_alive};

#[test]
fn a_hundred_thousand_lines_arrive_in_order() {
    let script = "seq -f \"$HEARTBEAT_INSTANCE_ID %06.0f\" 100000; printf half";
    let project = Project::of_scripts(&[("First", script), ("Second", script)]);
    let mut run = project.run(&[]);
    assert_eq!(run.wait().code(), Some(0));
    for instance in ["First_IN_0", "Second_IN_0"] {
        let expected: Vec<_> = (1..=100_000)
            .map(|number| format!("{instance} {number:06}"))
            .chain(["half".into()])
            .collect();
        let prefix = format!("{instance:11} | ");
        let lines: Vec<_> =
            run.log().iter().filter_map(|line| line.strip_prefix(&prefix)).collect();
        assert!(lines == expected, "{} lines of {instance}", lines.len());
        assert!(project.log(instance) == expected.join("\n").into_bytes());
    }
}

#[test]
fn stdout_and_stderr_stay_in_order() {
    let script = "for n in {1..500}; do echo out $n; echo err $n >&2; done";
    let project = Project::of_scripts(&[("Orders", script)]);
    let mut run = project.run(&[]);
    run.wait();
    let lines = run.log().iter().filter_map(|line| line.strip_prefix("Orders_IN_0 | "));
    let expected = (1..=500).flat_map(|n| [format!("out {n}"), format!("err {n}")]);
    assert!(lines.eq(expected), "{:?}", run.log());
}

#[test]
fn bytes_are_kept_as_they_were() {
    let script = r"printf 'caf\xe9 \xff\n\ttab\r\nhalf'";
    let project = Project::of_scripts(&[("Orders", script)]);
    let mut run = project.run(&[]);
    run.wait();
    assert_eq!(project.log("Orders_IN_0"), b"caf\xe9 \xff\n\ttab\r\nhalf");
    let lines = run.log().iter().filter_map(|line| line.strip_prefix("Orders_IN_0 | "));
    assert!(lines.eq(["caf\u{fffd} \u{fffd}", "\ttab", "half"]), "{:?}", run.log());

    // The file of the run before is kept.
    project.script("Orders.sh", "echo new");
    project.run(&[]).wait();
    assert_eq!(project.log("Orders_IN_0"), b"new\n");
    assert_eq!(project.log("Orders_IN_0.previous"), b"caf\xe9 \xff\n\ttab\r\nhalf");
}

#[test]
fn a_line_of_a_megabyte_is_cut() {
    let script = "head -c 1000000 /dev/zero | tr '\\0' x";
    let project = Project::of_scripts(&[("Orders", script)]);
    let mut run = project.run(&[]);
    run.wait();
    let lines: Vec<_> =
        run.log().iter().filter_map(|line| line.strip_prefix("Orders_IN_0 | ")).collect();
    assert!(lines.iter().all(|line| line.len() <= 64 * 1024), "{}", lines.len());
    assert!(lines.concat() == "x".repeat(1_000_000));
    assert_eq!(project.log("Orders_IN_0").len(), 1_000_000);
}

#[test]
fn a_reader_that_goes_ends_the_run() {
    let project =
        Project::of_scripts(&[("Orders", "echo $$; while :; do echo line; sleep 0.01; done")]);
    let mut command = project.heartbeat(&["run"]);
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let pid = lines.find_map(|line| {
        line.unwrap().strip_prefix("Orders_IN_0 | ").and_then(|pid| pid.parse().ok())
    });
    assert!(is_alive(pid.unwrap()));
    drop(lines);
    run.wait().unwrap();
    assert!(!is_alive(pid.unwrap()));
}

#[test]
fn a_terminal_that_stands_still_stops_nothing_else() {
    let project = Project::of_scripts(&[("Orders", "exec yes"), ("Other", "exec sleep 1000")]);
    let mut command = project.heartbeat(&["run"]);
    // Nobody reads it.
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    while !project.output(&["status"]).status.success() {
        assert!(run.try_wait().unwrap().is_none());
    }
    project.ask(&["restart", "Orders", "Other"]);
    assert_eq!(project.ask(&["stop"]), "stopping 2 instances\nstopped\n");
    assert_eq!(run.wait().unwrap().code(), Some(0));
}

#[test]
fn logs_shows_the_last_lines_and_follows() {
    let project = Project::of_scripts(&[
        ("Orders", "seq 2000; echo up; read -r line < gate; echo \"$line\"; exec sleep 1000"),
        ("Other", "echo other; exec sleep 1000"),
    ]);
    let made = std::process::Command::new("mkfifo").arg(project.path("gate")).status().unwrap();
    assert!(made.success());
    let mut run = project.run(&[]);
    run.wait_until_logged("Orders_IN_0 | up");
    run.wait_until_logged("Other_IN_0  | other");

    let last = project.ask(&["logs", "-n", "3", "Orders"]);
    assert_eq!(last, "Orders_IN_0 | 1999\nOrders_IN_0 | 2000\nOrders_IN_0 | up\n");
    let all = project.ask(&["logs"]);
    assert_eq!(all.lines().count(), 1000, "of each at most a thousand are kept");
    let wrong = project.output(&["logs", "Ordres_IN_0"]);
    assert_eq!(wrong.status.code(), Some(1));
    let error = String::from_utf8_lossy(&wrong.stderr);
    assert!(
        error.contains("no instance or role `Ordres_IN_0`: did you mean `Orders_IN_0`?"),
        "{error}"
    );

    let mut follow =
        crate::project::spawn(&project.heartbeat(&["logs", "-f", "-n", "1", "Orders"]));
    follow.wait_for_line("Orders_IN_0 | up");
    std::fs::write(project.path("gate"), "caf\u{e9}\n").unwrap();
    follow.wait_for_line("Orders_IN_0 | caf\u{e9}");
    run.signal(Signal::TERM);
    run.wait();
    assert_eq!(follow.wait().code(), Some(0), "it ends with the run");
}
