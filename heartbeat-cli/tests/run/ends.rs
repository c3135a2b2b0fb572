//! Workers that end by themselves.

use heartbeat_tests::Signal;

use crate::project::Project;

#[test]
fn what_is_done_or_wrong_is_not_restarted() {
    let project = Project::of_scripts(&[
        ("Done", "exit 0"),
        ("Usage", "exit 2"),
        ("Wrong", "echo 'no queue'; exit 78"),
    ]);
    let mut run = project.run(&[]);
    assert_eq!(run.wait().code(), Some(1), "{:?}", run.log());
    let log = run.log().join("\n");
    for line in [
        "heartbeat: Done_IN_0 exited with 0",
        "heartbeat: Usage_IN_0 exited with 2, wrong arguments: a restart would not mend that",
        "heartbeat: Wrong_IN_0 exited with 78, a configuration error: a restart would not mend that",
        "heartbeat: all instances have ended",
    ] {
        assert!(log.contains(line), "{line}\n{log}");
    }
    assert!(!log.contains("again in"), "{log}");
}

#[test]
fn a_run_whose_instances_have_all_done_their_work_is_a_success() {
    let project = Project::of_scripts(&[("First", "exit 0"), ("Second", "exit 0")]);
    let mut run = project.run(&[]);
    assert_eq!(run.wait().code(), Some(0), "{:?}", run.log());
}

#[test]
fn crashes_are_restarted_after_longer_and_longer_pauses() {
    let project = Project::of_scripts(&[
        ("Error", "exit 1"),
        ("Panic", "exit 70"),
        ("Recycle", "exit 75"),
        ("Other", "exit 3"),
        ("Signal", "kill -SEGV $$"),
    ]);
    let mut run = project.run(&[]);
    for (role, words) in [
        ("Error", "exited with 1, an error"),
        ("Panic", "exited with 70, a panic"),
        ("Recycle", "exited with 75, a recycle or an overdue stop"),
        ("Other", "exited with 3"),
        ("Signal", "was killed by SIGSEGV"),
    ] {
        let start = format!("heartbeat: {role}_IN_0 {words}: again in ");
        let is_delay = |line: &String| line.starts_with(&start);
        while run.log().iter().filter(|line| is_delay(line)).count() < 4 {
            run.wait_for_line(&format!("{role}_IN_0"));
        }
        let delays = run.log().iter().filter_map(|line| {
            let millis = line.strip_prefix(&start)?.strip_suffix(" ms")?;
            Some(millis.parse::<u64>().unwrap())
        });
        let delays: Vec<_> = delays.collect();
        for (delay, least) in delays.iter().zip([100, 200, 400, 800]) {
            assert!((least..=least * 5 / 4).contains(delay), "{role}: {delays:?}");
        }
    }
    let crashed = &project.status()[1];
    assert_eq!(crashed["last_exit"], "70, a panic");
    assert_eq!(crashed["well"], false);
    assert_eq!(project.output(&["status"]).status.code(), Some(1));
    run.signal(Signal::TERM);
    run.wait();
}

#[test]
fn a_program_that_cannot_be_run_is_said_and_not_restarted() {
    let project = Project::of_scripts(&[("Orders", "")]);
    std::fs::write(project.path("Orders.sh"), "#!/nowhere/at/all\n").unwrap();
    let mut run = project.run(&[]);
    let line = run.wait_for_line("cannot run ");
    assert!(line.starts_with("Orders_IN_0 | error: ") && line.contains("Orders.sh"), "{line}");
    assert_eq!(run.wait().code(), Some(1));
}
