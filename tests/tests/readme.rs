//! What the README shows is what is there.

use heartbeat_tests::workspace;

#[test]
fn its_smallest_worker_is_the_hello_worker() {
    let file = |path| std::fs::read_to_string(workspace().join(path)).unwrap();
    let readme = file("README.md");
    let main = file("examples/hello-worker/src/main.rs");
    let code = &main[main.find("use ").unwrap()..];
    assert!(readme.contains(&format!("```rust\n{code}```")), "the code differs:\n{code}");
    let definition = file("examples/hello-worker/ServiceDefinition.csdef");
    assert!(readme.contains(&format!("```xml\n{definition}```")), "the definition differs");
}

#[test]
#[cfg(target_os = "linux")]
fn systemd_takes_its_unit() {
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let (_, unit) = readme.split_once("```ini\n").unwrap();
    let (unit, _) = unit.split_once("```").unwrap();
    // The worker has to be there.
    let unit = unit.replace("/usr/bin/orders", env!("CARGO_BIN_EXE_failing-worker"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.service");
    std::fs::write(&path, unit).unwrap();
    let Ok(verified) =
        std::process::Command::new("systemd-analyze").arg("verify").arg(&path).output()
    else {
        return heartbeat_tests::skip("systemd is not installed");
    };
    // Of the units of the machine it may have something to say too.
    let said = String::from_utf8(verified.stderr).unwrap();
    assert!(verified.status.success() && !said.contains("orders"), "{said}");
}
