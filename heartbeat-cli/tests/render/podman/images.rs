//! Images from scratch: a static program each, and nothing that it does not need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::engine::Engine;
use crate::stdout;

/// Builds an image of each program of the fleet: `localhost/NAME:test`.
pub(super) fn build_fleet(engine: &Engine) {
    let programs = static_programs();
    for name in ["front", "pool", "scheduler"] {
        // podman 4 runs a probe by `sh -c`, even one of a program: kubelet runs the program itself.
        let files = [
            (programs.join(name), format!("/{name}")),
            (program("busybox"), "/bin/sh".into()),
            (program("busybox"), "/bin/sleep".into()),
        ];
        build(engine, name, &files, &[&format!("/{name}")]);
    }
}

/// Builds an image of this machine's `HAProxy`, with the libraries that it loads.
pub(super) fn build_haproxy(engine: &Engine) {
    let haproxy = program("haproxy");
    let libraries = stdout(&Command::new("ldd").arg(&haproxy).output().unwrap());
    let libraries = libraries.split_whitespace().filter(|word| word.starts_with('/'));
    let haproxy = haproxy.to_str().unwrap();
    let files = libraries.chain([haproxy]).map(|path| (path.into(), path.to_owned()));
    let files: Vec<(PathBuf, String)> = files.collect();
    build(engine, "haproxy", &files, &[haproxy, "-f", "/usr/local/etc/haproxy/haproxy.cfg"]);
}

/// Builds an image of files, each with its path in it, in one layer.
fn build(engine: &Engine, name: &str, files: &[(PathBuf, String)], command: &[&str]) {
    let folder = engine.path().join(name);
    for (file, path) in files {
        let copy = folder.join("root").join(path.trim_start_matches('/'));
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(file, copy).unwrap();
    }
    let command = serde_json::to_string(command).unwrap();
    let content = format!("FROM scratch\nCOPY root /\nENTRYPOINT {command}\n");
    fs::write(folder.join("Containerfile"), content).unwrap();
    let tag = format!("localhost/{name}:test");
    engine.podman(&["build", "--quiet", "--tag", &tag, folder.to_str().unwrap()]);
}

/// Builds the programs of the fleet without libraries, and returns their folder.
fn static_programs() -> PathBuf {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--locked", "--package", "fleet", "--target", &target])
        .arg("--target-dir")
        .arg(&folder)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("RUSTFLAGS", "-C target-feature=+crt-static -C strip=symbols")
        .status()
        .unwrap();
    assert!(status.success());
    folder.join(target).join("debug")
}

/// Returns the path of a program of this machine.
fn program(name: &str) -> PathBuf {
    let found = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().unwrap();
    PathBuf::from(stdout(&found).trim())
}
