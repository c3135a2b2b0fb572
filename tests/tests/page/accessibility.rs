//! The status page by the rules of axe-core.

use std::fs;
use std::path::Path;
use std::process::Command;

use heartbeat_tests::skip;

use crate::browser::Browser;
use crate::{program, tell, worker};

const AXE: &str = "axe-core@4.14.1";

/// Returns the script of axe-core, from the npm registry, or the reason why there is none.
fn axe() -> Result<String, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        fs::create_dir_all(&folder).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", AXE]);
        let output = npm.arg("--prefix").arg(&folder).output();
        let output = output.map_err(|error| format!("npm is not installed: {error}"))?;
        let reason = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(()).ok_or(reason)?;
    }
    fs::read_to_string(script).map_err(|error| error.to_string())
}

#[test]
fn axe_finds_no_violation_in_any_state() {
    let axe = match axe() {
        Ok(axe) => axe,
        Err(reason) => return skip(&reason),
    };
    let mut worker = worker(program().env("HEARTBEAT_STALL_AFTER", "1s"));
    let browser = match Browser::start() {
        Ok(browser) => browser,
        Err(reason) => return skip(reason),
    };
    browser.open(&format!("http://{}/", worker.address()));
    for (line, tone) in [
        ("panic", "pass"),
        ("lose mail", "warn"),
        ("busy", "rest"),
        ("stall", "fail"),
        ("be hostile", "fail"),
        ("", "stale"),
    ] {
        if tone == "stale" {
            worker.signal(heartbeat_tests::Signal::KILL);
            browser.wait_until("document.querySelector('.stale')");
        } else {
            tell(&mut worker, line);
            browser.wait_until(&format!("document.querySelector('.hero.{tone}')"));
        }
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            let run =
                "const done = arguments[0]; axe.run().then(({ violations }) => done(violations));";
            let violations = browser.call_back(&format!("{axe};{run}"), &[]);
            assert_eq!(violations, serde_json::json!([]), "{tone}, {scheme}: {violations:#}");
        }
    }
}
