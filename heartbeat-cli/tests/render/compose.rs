//! Compose, by the tools that run it.

use std::process::Command;

use super::{everything, has_program, stderr};

#[test]
fn the_file_is_valid() {
    let project = everything();
    project.files("compose");
    let folder = project.path().join("rendered");
    if !has_program("docker-compose") {
        return;
    }
    let mut command = Command::new("docker-compose");
    let output = command.args(["-f", "compose.yaml", "config", "--quiet"]).current_dir(&folder);
    let output = output.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}
