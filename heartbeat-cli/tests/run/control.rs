//! Commands to a running `run`.

use crate::project::Project;

fn error(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn without_a_run_there_is_a_clear_error() {
    let project = Project::of_scripts(&[("Orders", "")]);
    for arguments in
        [&["status"][..], &["logs"], &["stop"], &["restart", "Orders"], &["scale", "Orders=2"]]
    {
        let output = project.output(arguments);
        assert_eq!(output.status.code(), Some(1));
        let error = error(&output);
        assert!(error.starts_with("error: no `heartbeat run` in "), "{error}");
    }
}

#[test]
fn instances_are_stopped_restarted_and_scaled() {
    let project = Project::of_scripts(&[
        ("Orders", "echo up; exec sleep 1000"),
        ("Other", "exec sleep 1000"),
    ]);
    let mut run = project.run(&["--scale", "Orders=2"]);
    run.wait_for_line("3 instances ready");
    let pid = |instance: usize| project.status()[instance]["pid"].clone();
    let (first, second, other) = (pid(0), pid(1), pid(2));

    assert_eq!(project.ask(&["restart", "Orders_IN_0"]), "restarted Orders_IN_0\n");
    assert_ne!(pid(0), first);
    assert_eq!((pid(1), pid(2)), (second, other.clone()));
    assert_eq!(project.ask(&["restart", "Orders"]), "restarted Orders_IN_0, Orders_IN_1\n");
    assert_eq!(pid(2), other);
    assert_eq!(project.status()[0]["restarts"], 0, "nobody counts those that were asked for");

    assert_eq!(project.ask(&["stop", "Orders_IN_1"]), "stopped Orders_IN_1\n");
    assert_eq!(project.status()[1]["phase"], "stopped");
    assert!(project.ask(&["status"]).contains("Orders_IN_1  - stopped"), "that is not red");
    project.ask(&["restart", "Orders_IN_1"]);
    assert_eq!(project.status()[1]["phase"], "running");

    assert_eq!(project.ask(&["scale", "Orders=4"]), "Orders: 4 instances\n");
    let ids = || {
        project.status().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(), ["Orders_IN_0", "Orders_IN_1", "Orders_IN_2", "Orders_IN_3", "Other_IN_0"]);
    run.wait_until_logged("Orders_IN_3 | up");
    project.ask(&["scale", "Orders=1"]);
    while ids() != ["Orders_IN_0", "Other_IN_0"] {
        std::thread::yield_now();
    }
    project.ask(&["scale", "Orders=2"]);
    assert_eq!(ids(), ["Orders_IN_0", "Orders_IN_1", "Other_IN_0"]);

    for (arguments, expected) in [
        (["restart", "Ordres"], "no instance or role `Ordres`: did you mean `Orders`?"),
        (["stop", "Orders_IN_7"], "no instance or role `Orders_IN_7`: did you mean `Orders_IN_0`?"),
        (["scale", "Orers=2"], "no worker role `Orers` in the definition: did you mean `Orders`?"),
        (["scale", "Orders=255"], "255 instances of role `Orders`: at most 254 run on one machine"),
    ] {
        let output = project.output(&arguments);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(error(&output), format!("error: {expected}\n"));
    }
    assert_eq!(project.output(&["scale", "Orders"]).status.code(), Some(2));
    assert_eq!(project.output(&["restart"]).status.code(), Some(2));

    assert_eq!(project.ask(&["stop"]), "stopping 3 instances\nstopped\n");
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn a_stopped_instance_does_not_end_the_run() {
    let project = Project::of_scripts(&[("Orders", "exec sleep 1000"), ("Done", "exit 0")]);
    let mut run = project.run(&[]);
    run.wait_for_line("Done_IN_0 exited with 0");
    project.ask(&["stop", "Orders"]);
    assert_eq!(project.output(&["status"]).status.code(), Some(0));
    project.ask(&["restart", "Orders"]);
    project.ask(&["stop"]);
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn an_instance_that_is_stopping_does_not_come_back() {
    let worker = "trap 'read -r _ < gate; exit 0' TERM; echo up; while :; do sleep 0.01; done";
    let project = Project::of_scripts(&[("Orders", worker)]);
    let made = std::process::Command::new("mkfifo").arg(project.path("gate")).status().unwrap();
    assert!(made.success());
    let mut run = project.run(&["--scale", "Orders=2"]);
    run.wait_until_logged("Orders_IN_0 | up");
    run.wait_until_logged("Orders_IN_1 | up");
    project.ask(&["scale", "Orders=1"]);
    let refused = project.output(&["scale", "Orders=2"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(error(&refused).contains("Orders_IN_1 is still stopping: try again"), "{refused:?}");
    std::fs::write(project.path("gate"), "go\n").unwrap();
    while project.status().len() > 1 {
        std::thread::yield_now();
    }
    project.ask(&["scale", "Orders=2"]);
    run.wait_for_line("Orders_IN_1 | up");
}

#[test]
fn a_stop_ends_a_restart_that_is_under_way() {
    let worker = "trap 'echo stopping; until test -e gate; do sleep 0.01; done; exit 0' TERM\n\
                  echo up; while :; do sleep 0.01; done";
    let project = Project::of_scripts(&[("Orders", worker)]);
    let mut run = project.run(&["--scale", "Orders=2"]);
    run.wait_until_logged("Orders_IN_0 | up");
    run.wait_until_logged("Orders_IN_1 | up");
    let mut restart = crate::project::spawn(&project.heartbeat(&["restart", "Orders"]));
    run.wait_for_line("Orders_IN_0 | stopping");
    run.signal(heartbeat_tests::Signal::TERM);
    run.wait_for_line("Orders_IN_1 | stopping");
    assert_eq!(restart.wait().code(), Some(1));
    project.write("gate", "");
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn a_restart_overtakes_a_stop() {
    let worker = "trap 'echo stopping; until test -e gate; do sleep 0.01; done; exit 0' TERM\n\
                  echo up; while :; do sleep 0.01; done";
    let project = Project::of_scripts(&[("Orders", worker)]);
    let mut run = project.run(&[]);
    run.wait_for_line("Orders_IN_0 | up");
    let mut stop = crate::project::spawn(&project.heartbeat(&["stop", "Orders"]));
    run.wait_for_line("Orders_IN_0 | stopping");
    let mut restart = crate::project::spawn(&project.heartbeat(&["restart", "Orders"]));
    stop.wait_for_line("error: another request has started Orders_IN_0 again");
    assert_eq!(stop.wait().code(), Some(1));
    project.write("gate", "");
    assert_eq!(restart.wait().code(), Some(0));
    run.wait_for_line("Orders_IN_0 | up");
}

#[test]
fn a_fleet_of_none_can_be_scaled_again() {
    let project = Project::of_scripts(&[("Orders", "echo up; exec sleep 1000")]);
    let mut run = project.run(&[]);
    run.wait_for_line("Orders_IN_0 | up");
    assert_eq!(project.ask(&["scale", "Orders=0"]), "Orders: 0 instances\n");
    while !project.status().is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(project.ask(&["scale", "Orders=1"]), "Orders: 1 instance\n");
    run.wait_for_line("Orders_IN_0 | up");
    project.ask(&["stop"]);
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn a_suspended_run_is_said() {
    let project = Project::of_scripts(&[("Orders", "exec sleep 1000")]);
    let mut run = project.run(&[]);
    run.wait_for_line("1 instance ready");
    run.signal(heartbeat_tests::Signal::STOP);
    let output = project.output(&["status"]);
    run.signal(heartbeat_tests::Signal::CONT);
    assert_eq!(output.status.code(), Some(1));
    let expected = format!("continue it with `kill -CONT {}`", run.id());
    assert!(error(&output).contains(&expected), "{output:?}");
}
