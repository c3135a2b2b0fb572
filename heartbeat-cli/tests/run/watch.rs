//! `--watch`.

use heartbeat_tests::{Signal, Worker};

use crate::project::{Project, definition, role};

fn program(text: &str) -> String {
    format!(
        "mod text;\nfn main() {{ println!(\"{text} {{}}\", text::TEXT); loop {{ std::thread::park(); }} }}"
    )
}

fn project() -> Project {
    let project = Project::new("");
    let roles = role("First", "first", "")
        + &role("Second", "second", "")
        + &role("Script", "script.sh", "");
    project.write("ServiceDefinition.csdef", &definition(&roles));
    project.write(
        "Cargo.toml",
        "[workspace]\n[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [[bin]]\nname = \"first\"\npath = \"src/first/main.rs\"\n\
         [[bin]]\nname = \"second\"\npath = \"src/second/main.rs\"\n",
    );
    for name in ["first", "second"] {
        project.write(&format!("src/{name}/main.rs"), &program(name));
        project.write(&format!("src/{name}/text.rs"), "pub const TEXT: &str = \"one\";");
    }
    project.script("script.sh", "echo script one; exec sleep 1000");
    project
}

fn start(project: &Project) -> Worker {
    let mut run = project.run(&["--watch"]);
    for line in ["First_IN_0  | first one", "Second_IN_0 | second one", "Script_IN_0 | script one"]
    {
        run.wait_until_logged(line);
    }
    run
}

#[test]
fn what_changes_is_built_and_restarted() {
    let project = project();
    let mut run = start(&project);
    let pids = || project.status().iter().map(|it| it["pid"].clone()).collect::<Vec<_>>();
    let before = pids();
    project.write("src/first/text.rs", "pub const TEXT: &str = \"number two\";");
    run.wait_for_line("changed: restarting First");
    run.wait_for_line("First_IN_0  | first number two");
    assert_eq!(pids()[1..], before[1..]);

    project.script("script.sh", "echo script number two; exec sleep 1000");
    run.wait_for_line("changed: restarting Script");
    run.wait_for_line("Script_IN_0 | script number two");
    assert_eq!(pids()[1], before[1]);
    run.signal(Signal::TERM);
    run.wait();
}

#[test]
fn a_build_that_fails_leaves_the_old_ones() {
    let project = project();
    let mut run = start(&project);
    let pid = || project.status()[0]["pid"].clone();
    let before = pid();
    project.write("src/first/main.rs", &format!("mod more;\n{}", program("first")));
    run.wait_for_line("the build failed: see the errors above: the instances go on as they were");
    assert_eq!(pid(), before);
    project.write("src/first/more.rs", "");
    run.wait_for_line("changed: restarting First");
    run.wait_for_line("First_IN_0  | first one");
    assert_ne!(pid(), before);
}

#[test]
fn a_program_that_is_gone_stops_nothing() {
    let project = project();
    let mut run = start(&project);
    let before = project.status()[2]["pid"].clone();
    std::fs::remove_file(project.path("script.sh")).unwrap();
    project.write("src/first/text.rs", "pub const TEXT: &str = \"number two\";");
    run.wait_for_line("First_IN_0  | first number two");
    assert_eq!(project.status()[2]["pid"], before);
    project.script("script.sh", "echo script is back; exec sleep 1000");
    run.wait_for_line("Script_IN_0 | script is back");
}
