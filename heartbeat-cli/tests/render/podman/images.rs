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
        let folder = engine.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::copy(programs.join(name), folder.join(name)).unwrap();
        // podman 4 runs a probe by `sh -c`, even one of a program: kubelet runs the program itself.
        fs::copy(program("busybox"), folder.join("sh")).unwrap();
        let content = format!("COPY {name} /{name}\nCOPY sh /bin/sh\nENTRYPOINT [\"/{name}\"]\n");
        build(engine, &folder, name, &content);
    }
}

/// Builds an image of this machine's `HAProxy`, with the libraries that it loads.
pub(super) fn build_haproxy(engine: &Engine) {
    let folder = engine.path().join("haproxy");
    fs::create_dir(&folder).unwrap();
    let haproxy = program("haproxy");
    let libraries = stdout(&Command::new("ldd").arg(&haproxy).output().unwrap());
    let libraries = libraries.split_whitespace().filter(|word| word.starts_with('/'));
    let copies = libraries.map(Path::new).chain([haproxy.as_path()]).map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        fs::copy(path, folder.join(name)).unwrap();
        format!("COPY {name} {}\n", path.display())
    });
    let copies: String = copies.collect();
    let command = [haproxy.to_str().unwrap(), "-f", "/usr/local/etc/haproxy/haproxy.cfg"];
    let command = serde_json::to_string(&command).unwrap();
    build(engine, &folder, "haproxy", &format!("{copies}ENTRYPOINT {command}\n"));
}

fn build(engine: &Engine, folder: &Path, name: &str, content: &str) {
    fs::write(folder.join("Containerfile"), format!("FROM scratch\n{content}")).unwrap();
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
