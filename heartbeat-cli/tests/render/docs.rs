//! `docs/heartbeat-toml.md` documents every key.

use super::{Project, stderr};

const DOCS: &str = include_str!("../../docs/heartbeat-toml.md");

#[test]
fn every_key_is_documented() {
    let project =
        Project::new(r#"<ServiceDefinition><WorkerRole name="Front"/></ServiceDefinition>"#);
    let mut tables = vec![String::new()];
    let mut documented = 0;
    while let Some(table) = tables.pop() {
        let unknown = format!("{table}\nunknown = 1\n");
        std::fs::write(project.path().join("heartbeat.toml"), unknown).unwrap();
        let error = stderr(&project.render(&["compose"]));
        let (_, keys) = error.split_once("expected ").unwrap();
        for key in keys.split('`').skip(1).step_by(2) {
            if !table.is_empty() || ["name", "registry", "version"].contains(&key) {
                assert!(DOCS.contains(&format!("| `{key}` |")), "{key}");
                documented += 1;
            } else {
                let name = if key == "roles" { "roles.Front" } else { key };
                let heading = if key == "roles" { "roles.NAME" } else { key };
                assert!(DOCS.contains(&format!("## `[{heading}]`")), "{key}");
                tables.push(format!("[{name}]"));
            }
        }
    }
    assert!(documented >= 26, "{documented}");
}

#[test]
fn the_example_is_right() {
    let (_, example) = DOCS.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let definition = r#"<ServiceDefinition><WorkerRole name="Front"/></ServiceDefinition>"#;
    let project = Project::new(definition).with("heartbeat.toml", example);
    let output = project.render(&["kubernetes"]);
    assert!(output.status.success(), "{}", stderr(&output));
}
