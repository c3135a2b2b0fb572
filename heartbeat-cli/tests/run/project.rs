//! A project in a folder of its own, and the command in it.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU16, Ordering};

use heartbeat_tests::Worker;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a definition.
pub(crate) struct Project {
    folder: TempDir,
}

// === impl Project ===

impl Project {
    /// Returns a project with these worker roles.
    pub(crate) fn new(roles: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder };
        project.write("ServiceDefinition.csdef", &definition(roles));
        project
    }

    /// Returns a project with a role for each script, whose program that is.
    pub(crate) fn of_scripts(scripts: &[(&str, &str)]) -> Self {
        let mut roles = String::new();
        for (name, _) in scripts {
            roles += &role(name, &format!("{name}.sh"), "");
        }
        let project = Self::new(&roles);
        for (name, script) in scripts {
            project.script(&format!("{name}.sh"), script);
        }
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a program, by a new file: one that runs cannot be written.
    pub(crate) fn script(&self, name: &str, script: &str) {
        let new = format!("{name}.new");
        self.write(&new, &format!("#!/bin/bash\n{script}\n"));
        fs::set_permissions(self.path(&new), fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(self.path(&new), self.path(name)).unwrap();
    }

    /// Returns the log file of an instance.
    pub(crate) fn log(&self, instance: &str) -> Vec<u8> {
        fs::read(self.path(&format!(".heartbeat/logs/{instance}.log"))).unwrap()
    }

    /// Returns the command with arguments, in this folder.
    pub(crate) fn heartbeat(&self, arguments: &[&str]) -> Command {
        heartbeat_in(self.folder.path(), arguments)
    }

    /// Starts `heartbeat run`, and reads its lines.
    pub(crate) fn run(&self, arguments: &[&str]) -> Worker {
        spawn(&self.heartbeat(&[&["run"], arguments].concat()))
    }

    /// Runs the command to its end.
    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.heartbeat(arguments).output().unwrap()
    }

    /// Runs the command to its end, which must be a success, and returns what it prints.
    pub(crate) fn ask(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns the instances as `heartbeat status` tells them.
    pub(crate) fn status(&self) -> Vec<Value> {
        let output = self.output(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        status["instances"].as_array().unwrap().clone()
    }
}

/// Returns the command with arguments, in a folder.
pub(crate) fn heartbeat_in(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heartbeat"));
    // Each project builds in a folder of its own.
    command.args(arguments).current_dir(folder).env_remove("CARGO_TARGET_DIR");
    command
}

/// Spawns a command, and reads its stdout and stderr as one.
pub(crate) fn spawn(command: &Command) -> Worker {
    let mut shell = Command::new("bash");
    shell
        .args(["-c", "exec \"$0\" \"$@\" >&2"])
        .arg(command.get_program())
        .args(command.get_args());
    shell.env_remove("CARGO_TARGET_DIR");
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    Worker::spawn_raw(&mut shell)
}

/// Returns a definition with roles.
pub(crate) fn definition(roles: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
{roles}
</ServiceDefinition>
"#
    )
}

/// Returns a worker role with a program and endpoints.
pub(crate) fn role(name: &str, program: &str, endpoints: &str) -> String {
    let mut role = format!(r#"<WorkerRole name="{name}" vmsize="Small">"#);
    let _ = write!(
        role,
        r#"<Runtime><EntryPoint><ProgramEntryPoint commandLine="{program}" setReadyOnProcessStart="true" /></EntryPoint></Runtime>"#
    );
    let _ = writeln!(role, "<Endpoints>{endpoints}</Endpoints></WorkerRole>");
    role
}

/// Returns a port that no other test of this process uses.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Below the range from which the system assigns free ports; another process may be at work, too.
    let first = 12_000 + u16::try_from(std::process::id() % 1_000).unwrap() * 15;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 15;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Tells whether a process exists.
pub(crate) fn is_alive(pid: u64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A process that nobody has waited for has ended, too.
    !stat.is_empty() && !stat.contains(") Z ")
}
