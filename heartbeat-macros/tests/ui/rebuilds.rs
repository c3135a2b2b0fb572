//! Cargo rebuilds a worker when its definition changes, as it does for a source file.

use std::fs;

use crate::scratch::Scratch;

const MAIN: &str = "use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = \"Heartbeat\")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
";

const DEFINITION: &str = include_str!("definitions/ServiceDefinition.csdef");

#[test]
fn a_changed_definition_rebuilds_the_worker() {
    let scratch = Scratch::package("rebuilds");
    scratch.write("src/main.rs", MAIN);
    scratch.write("ServiceDefinition.csdef", DEFINITION);
    assert_eq!(scratch.cargo(&["check"]).compiled, ["rebuilds"]);
    assert!(scratch.cargo(&["check"]).compiled.is_empty(), "rebuilt without a change");

    scratch.write("ServiceDefinition.csdef", &DEFINITION.replace("8080", "8081"));
    assert_eq!(scratch.cargo(&["check"]).compiled, ["rebuilds"]);

    scratch.write("ServiceDefinition.csdef", &DEFINITION.replace("\"Heartbeat\"", "\"Pulse\""));
    let report = scratch.cargo(&["check"]);
    assert!(!report.success);
    let [message] = &report.messages[..] else { panic!("{report:#?}") };
    assert_eq!(
        message.text.lines().next().unwrap(),
        "no endpoint named `Heartbeat` in role `Orders`"
    );

    scratch.write("ServiceDefinition.csdef", DEFINITION);
    assert!(scratch.cargo(&["check"]).success);
    fs::remove_file(scratch.folder.join("ServiceDefinition.csdef")).unwrap();
    assert!(!scratch.cargo(&["check"]).success, "built without a definition");
}
