//! Real definitions: each renders for every target, its manifests are valid, and what is lost is named.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::{TARGETS, has_program, kubernetes, prometheus, semantics, stderr, systemd};

/// The folder of the corpus, which is beside the project and not part of it.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no corpus at {}", folder.display());
    None
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn every_definition_renders() {
    let Some(corpus) = corpus() else { return };
    let out = tempfile::tempdir().unwrap();
    let (mut manifests, mut units, mut rules, mut rendered) = (vec![], vec![], vec![], 0);
    for definition in files(&corpus, "csdef") {
        let text = String::from_utf8_lossy(&fs::read(&definition).unwrap()).into_owned();
        let configuration = files(definition.parent().unwrap(), "cscfg").into_iter().next();
        for target in TARGETS {
            let folder = out.path().join(format!("{rendered}-{target}"));
            let mut command = Command::new(env!("CARGO_BIN_EXE_heartbeat"));
            command.args(["render", target, "-d"]).arg(&definition).arg("-o").arg(&folder);
            if let Some(configuration) = &configuration {
                command.arg("-c").arg(configuration);
            }
            let output = command.output().unwrap();
            let errors = stderr(&output);
            // Some files are not well-formed, or have web roles alone.
            if output.status.code() == Some(78) {
                let is_empty = errors.ends_with(" has no worker role to render\n");
                assert!(is_empty || errors.starts_with("error: cannot read "), "{errors}");
                assert!(!is_empty || !text.contains("<WorkerRole"), "{errors}");
                continue;
            }
            assert!(output.status.success(), "{}: {errors}", definition.display());
            if !matches!(target, "prometheus" | "grafana") {
                assert_losses(target, &text, &errors);
            }
            match target {
                _ if !folder.is_dir() => {}
                "kubernetes" => manifests.push(files(&folder, "yaml")),
                "systemd" => units.push(folder),
                "prometheus" => rules.push(folder),
                _ => {}
            }
        }
        rendered += 1;
    }
    assert!(rendered > 30, "{rendered}");
    check_units(&units);
    check_rules(&rules);
    let all: Vec<PathBuf> = manifests.iter().flatten().cloned().collect();
    let Some(validated) = kubernetes::validate(&all) else { return };
    validated.values().flatten().for_each(kubernetes::assert_round_trips);
    for service in manifests {
        let of_service = service.iter().map(|file| validated[file.to_str().unwrap()].clone());
        semantics::check(&of_service.flatten().collect::<Vec<_>>());
    }
}

fn check_units(folders: &[PathBuf]) {
    if !has_program("systemd-analyze") {
        return;
    }
    assert!(folders.len() > 20, "{}", folders.len());
    for folder in folders {
        let mut complaints = systemd::verify(folder);
        // The programs, which do not exist here.
        complaints.retain(|line| !line.contains(" is not executable: No such file"));
        assert_eq!(complaints, Vec::<String>::new(), "{}", folder.display());
    }
}

fn check_rules(folders: &[PathBuf]) {
    if !has_program("promtool") {
        return;
    }
    assert!(!folders.is_empty());
    for folder in folders {
        prometheus::promtool(folder, &["check", "rules", "alerts.yaml"]);
        prometheus::promtool(folder, &["test", "rules", "alerts-test.yaml"]);
    }
}

/// Asserts that what a definition has, and nothing renders, is named.
#[track_caller]
fn assert_losses(target: &str, definition: &str, errors: &str) {
    // Comments have elements too.
    let is_plain = !definition.contains("<!--");
    for (element, told) in [
        ("<WebRole", "warning: "),
        ("<InstanceInputEndpoint", "endpoint `"),
        ("<Task ", "startup task `"),
        ("<Import ", "import `"),
        ("<Certificate ", "certificate `"),
    ] {
        // These publish its ports.
        if element == "<InstanceInputEndpoint" && matches!(target, "compose" | "systemd") {
            continue;
        }
        let of_worker = element == "<WebRole" || !definition.contains("<WebRole");
        if is_plain && of_worker && definition.contains(element) {
            assert!(errors.contains(told), "{element}: {errors}");
        }
    }
}
