//! systemd, by `systemd-analyze`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use super::{Project, everything, has_program, stderr, stdout};

/// The rating "OK" of `systemd-analyze security`, in tenths of its points.
const OK: u32 = 50;

fn render(project: &Project, folder: &Path) {
    let output = project.render(&["systemd", "-o", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
}

fn analyze(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("systemd-analyze");
    command
        .args(arguments)
        .current_dir(folder)
        .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.display()));
    command.output().unwrap()
}

/// Returns the complaints of `systemd-analyze verify` about all units of instance 0. It exits with 0
/// whatever it finds.
pub(crate) fn verify(folder: &Path) -> Vec<String> {
    let mut units = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        units.push(if name.contains("@.") { name.replace("@.", "@0.") } else { name });
    }
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    let output = analyze(folder, &[&["verify", "--man=no"], &*units].concat());
    let version = stdout(&Command::new("systemd-analyze").arg("--version").output().unwrap());
    let version: u32 = version.split_whitespace().nth(1).unwrap().parse().unwrap();
    let is_new = |line: &&str| {
        version < 254 && (line.contains("'RestartSteps'") || line.contains("'RestartMaxDelaySec'"))
    };
    stderr(&output).lines().filter(|line| !is_new(line)).map(str::to_owned).collect()
}

/// Writes a program in the place of each worker's, as `verify` wants one.
fn programs(folder: &Path, names: &[&str]) {
    for name in names {
        let path = folder.join(name);
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn units_are_valid_and_locked_in() {
    let programs_folder = tempfile::tempdir().unwrap();
    programs(programs_folder.path(), &["front", "order-pool"]);
    let keys = format!(
        "{}[systemd]\nprograms = '{}'\n",
        include_str!("everything/heartbeat.toml"),
        programs_folder.path().display()
    );
    let project = everything().with("heartbeat.toml", &keys);
    let folder = project.path().join("units");
    render(&project, &folder);
    if !has_program("systemd-analyze") {
        return;
    }
    assert_eq!(verify(&folder), Vec::<String>::new());
    // The check itself: a key that nobody knows is found.
    let wrong = folder.join("wrong.service");
    fs::write(&wrong, "[Service]\nExecStart=/bin/true\nRestarts=always\n").unwrap();
    let complaints = verify(&folder);
    assert!(complaints.iter().any(|line| line.contains("Restarts")), "{complaints:?}");

    for unit in ["shop-front@.service", "shop-order-pool@.service"] {
        let threshold = format!("--threshold={OK}");
        let output =
            analyze(&folder, &["security", "--offline=true", "--no-pager", &threshold, unit]);
        let text = stdout(&output);
        let rating = text.lines().rfind(|line| line.contains("exposure level")).unwrap_or(&text);
        println!("{rating}");
        assert!(output.status.success(), "{text}{}", stderr(&output));
    }
}
