//! The programs of roles.

use heartbeat_tests::Signal;

use crate::lifecycle::await_end;
use crate::project::{Project, definition, is_alive, role};

/// Stands for heartbeat-runtime, whose name alone counts here.
const RUNTIME: &str =
    "[package]\nname = \"heartbeat-runtime\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// A worker that tells its role, and does its work.
fn worker(role: &str) -> String {
    format!(
        r#"fn main() {{
    if std::env::args().nth(1).as_deref() == Some("--heartbeat-describe") {{
        println!("{{{{\"role\":\"{role}\",\"heartbeat\":\"None\"}}}}");
    }} else {{
        println!("{{}} works", std::env::args().next().unwrap());
    }}
}}
"#
    )
}

/// Returns a cargo project with binaries, each with its text.
fn cargo_project(roles: &[&str], binaries: &[(&str, &str)]) -> Project {
    let roles = roles.iter().map(|name| format!(r#"<WorkerRole name="{name}" vmsize="Small" />"#));
    let project = Project::new("");
    project.write("ServiceDefinition.csdef", &definition(&roles.collect::<String>()));
    project.write("runtime/Cargo.toml", RUNTIME);
    project.write("runtime/src/lib.rs", "");
    project.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"runtime\"]\n[package]\nname = \"shop\"\nversion = \"0.1.0\"\n\
         edition = \"2024\"\n[dependencies]\nheartbeat-runtime = { path = \"runtime\" }\n",
    );
    for (name, text) in binaries {
        project.write(&format!("src/bin/{name}.rs"), text);
    }
    project
}

fn run(project: &Project, arguments: &[&str]) -> (Option<i32>, String) {
    let mut run = project.run(arguments);
    let status = run.wait();
    (status.code(), run.log().join("\n"))
}

#[test]
fn binaries_are_found_by_their_names() {
    let (pool, front) = (worker("OrderPool"), worker("Front"));
    let project =
        cargo_project(&["OrderPool", "Front"], &[("order-pool", &pool), ("front", &front)]);
    let (code, log) = run(&project, &[]);
    assert_eq!(code, Some(0), "{log}");
    for line in ["Front_IN_0     | ", "OrderPool_IN_0 | "] {
        assert!(log.lines().any(|it| it.starts_with(line) && it.ends_with(" works")), "{log}");
    }
}

#[test]
fn binaries_with_other_names_are_asked() {
    let (alpha, beta) = (worker("Pool"), worker("Front"));
    let project = cargo_project(&["Pool", "Front"], &[("alpha", &alpha), ("beta", &beta)]);
    let (code, log) = run(&project, &[]);
    assert_eq!(code, Some(0), "{log}");
    let is = |role: &str, binary: &str| {
        log.lines().any(|it| it.starts_with(role) && it.ends_with(&format!("/{binary} works")))
    };
    assert!(is("Pool_IN_0", "alpha") && is("Front_IN_0", "beta"), "{log}");
}

#[test]
fn the_only_binary_is_that_of_the_only_role() {
    let project = cargo_project(&["WorkerRole"], &[("anything", &worker("WorkerRole"))]);
    let (code, log) = run(&project, &["--release"]);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("/release/anything works"), "{log}");
}

#[test]
fn a_role_without_a_program_is_an_error_with_ways_out() {
    let project =
        cargo_project(&["Pool", "Front"], &[("pool", &worker("Pool")), ("tool", &worker("None"))]);
    let (code, log) = run(&project, &[]);
    assert_eq!(code, Some(78), "{log}");
    assert!(
        log.contains("error: no program for role `Front`; binaries of packages that depend on"),
        "{log}"
    );
    assert!(log.contains("`pool`, `tool`") && log.contains("--scale Front=0"), "{log}");
    let (code, log) = run(&project, &["--scale", "Front=0"]);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("heartbeat: Front has no instances"), "{log}");
}

#[test]
fn a_package_without_workers_is_never_asked() {
    let project = cargo_project(&["Pool"], &[]);
    project.write(
        "Cargo.toml",
        "[workspace]\n[package]\nname = \"pool\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    project.write("src/main.rs", "fn main() { std::fs::write(\"touched\", \"\").unwrap(); }");
    let (code, log) = run(&project, &[]);
    assert_eq!(code, Some(78), "{log}");
    assert!(log.contains("no program for role `Pool`"), "{log}");
    assert!(!project.path("touched").exists());
}

#[test]
fn an_entry_point_is_a_file_a_binary_or_in_path() {
    let roles = [
        role("File", "file.sh one &quot;two three&quot;", ""),
        role("Binary", "target\\tool.exe", ""),
        role("Path", "echo from path", ""),
    ];
    let project = cargo_project(&[], &[("tool", &worker("Tool"))]);
    project.write("ServiceDefinition.csdef", &definition(&roles.concat()));
    project.script("file.sh", "printf '<%s>' \"$@\"");
    let (code, log) = run(&project, &[]);
    assert_eq!(code, Some(0), "{log}");
    for line in ["File_IN_0   | <one><two three>", "/tool works", "Path_IN_0   | from path"] {
        assert!(log.contains(line), "{line}\n{log}");
    }
    project.write("ServiceDefinition.csdef", &definition(&role("None", "nowhere.exe", "")));
    let (code, log) = run(&project, &[]);
    assert_eq!(code, Some(78), "{log}");
    assert!(log.contains("role `None` runs `nowhere.exe`, but there is no such program"), "{log}");
}

#[test]
fn findings_refuse_a_run() {
    let project = Project::of_scripts(&[("Orders", "")]);
    let wrong = role("Orders", "Orders.sh", r#"<InternalEndpoint name="In" protocol="TCP" />"#);
    project.write("ServiceDefinition.csdef", &definition(&wrong));
    let (code, log) = run(&project, &[]);
    assert_eq!(code, Some(78), "{log}");
    assert!(log.contains("ServiceDefinition.csdef:3:"), "{log}");
    assert!(log.contains("error[invalid-value]: `TCP` is not a valid `protocol`"), "{log}");
    assert!(log.ends_with("error: 1 error in 1 file"), "{log}");
}

#[test]
fn web_roles_are_left_out_and_said() {
    let web = r#"<WebRole name="Site"><Sites><Site name="Web"><Bindings><Binding name="E" endpointName="E" /></Bindings></Site></Sites><Endpoints><InputEndpoint name="E" protocol="http" port="80" /></Endpoints></WebRole>"#;
    let project = Project::of_scripts(&[("Orders", "exit 0")]);
    let roles = role("Orders", "Orders.sh", "") + web;
    project.write("ServiceDefinition.csdef", &definition(&roles));
    let (code, log) = run(&project, &[]);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("heartbeat: Site is a web role: not run"), "{log}");
    project.write("ServiceDefinition.csdef", &definition(web));
    let (code, log) = run(&project, &[]);
    assert_eq!(code, Some(2), "{log}");
    assert!(log.contains("nothing to run"), "{log}");
}

#[test]
fn a_build_ends_with_its_run() {
    for signal in [Signal::TERM, Signal::KILL] {
        let project = cargo_project(&["Pool"], &[("pool", &worker("Pool"))]);
        project.write(
            "build.rs",
            "fn main() {\n    std::fs::write(\"new\", std::process::id().to_string()).unwrap();\n    \
             std::fs::rename(\"new\", \"building\").unwrap();\n    loop { std::thread::park() }\n}",
        );
        let mut run = project.run(&[]);
        while !project.path("building").exists() {
            std::thread::yield_now();
        }
        let output = project.output(&["status"]);
        let error = String::from_utf8_lossy(&output.stderr);
        let expected = format!("error: `heartbeat run` (process {}) in ", run.id());
        assert!(error.starts_with(&expected) && error.contains("is building"), "{error}");
        let pid = std::fs::read_to_string(project.path("building")).unwrap().parse().unwrap();
        assert!(is_alive(pid));
        run.signal(signal);
        run.wait();
        await_end(&[pid]);
    }
}
