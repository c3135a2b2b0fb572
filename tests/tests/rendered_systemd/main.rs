//! The units that `heartbeat render systemd` writes, under a real systemd.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod fleet;
mod trials;

use std::fs;

use escargot::CargoBuild;
use heartbeat_tests::system::{System, SystemFiles};
use tempfile::TempDir;

/// Tells the test when an instance has started and ended.
const REPORTS: &str = "[Service]\n\
    ExecStartPost=+/bin/sh -c 'echo %p %i started >/run/reports'\n\
    ExecStopPost=+/bin/sh -c 'echo %p %i $$SERVICE_RESULT $$EXIT_STATUS >/run/reports'\n";

/// A service with its units, in a folder of its own.
struct Service {
    folder: TempDir,
}

impl Service {
    /// Renders a service, on addresses that no other test has.
    fn new(definition: &str, configuration: &str, keys: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = format!("[systemd]\nnetwork = {}\n{keys}", network());
        for (name, content) in [
            ("ServiceDefinition.csdef", definition),
            ("ServiceConfiguration.cscfg", configuration),
            ("heartbeat.toml", &keys),
        ] {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let build = CargoBuild::new().package("heartbeat-cli").bin("heartbeat").current_release();
        let mut command = build.run().unwrap().command();
        command.args(["render", "systemd", "-o", "units"]).current_dir(folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { folder }
    }

    /// Boots a system with the units, and the files that `fill` adds.
    fn boot(&self, fill: impl FnOnce(&SystemFiles)) -> Option<System> {
        let folder = self.folder.path();
        System::boot(folder, |files| {
            for unit in fs::read_dir(folder.join("units")).unwrap() {
                let unit = unit.unwrap();
                let name = unit.file_name().into_string().unwrap();
                let content = fs::read(unit.path()).unwrap();
                files.write(&format!("/etc/systemd/system/{name}"), content);
                if name.ends_with("@.service") {
                    files.write(&format!("/etc/systemd/system/{name}.d/reports.conf"), REPORTS);
                }
            }
            fill(files);
        })
    }
}

/// Returns the third number of the addresses of the first role.
fn network() -> u32 {
    10 + std::process::id() % 200
}
