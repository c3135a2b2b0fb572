//! The rendered files of the fleet, in `examples/fleet/deploy`, are up to date.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::stdout;

#[test]
fn the_deploy_files_of_the_fleet_are_up_to_date() {
    let fleet = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/fleet");
    let mut targets = 0;
    for folder in fs::read_dir(fleet.join("deploy")).unwrap() {
        let folder = folder.unwrap().file_name().into_string().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_heartbeat"));
        command.args(["render", &folder, "-o", &format!("deploy/{folder}"), "--check"]);
        let output = command.current_dir(&fleet).output().unwrap();
        let differences = stdout(&output);
        assert!(
            output.status.success(),
            "run `heartbeat render {folder} -o deploy/{folder}` in examples/fleet:\n{differences}"
        );
        targets += 1;
    }
    assert!(targets >= 3, "{targets}");
}
