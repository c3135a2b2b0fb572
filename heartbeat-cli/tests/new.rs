//! Workers made by `heartbeat new`, built and run as their users would.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output};

    use heartbeat_tests::{Signal, Worker};

    fn heartbeat(folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heartbeat"));
        command.args(arguments).current_dir(folder).output().unwrap()
    }

    #[track_caller]
    fn make(folder: &Path, arguments: &[&str]) -> String {
        let output = heartbeat(folder, &[&["new"], arguments].concat());
        let (text, errors) = texts(&output);
        assert!(output.status.success() && errors.is_empty(), "{errors}");
        text
    }

    fn texts(output: &Output) -> (String, String) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    }

    /// Returns cargo, without a network, and with the build that this test is part of: what is the same
    /// is not built again.
    fn cargo(folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(folder).env("CARGO_NET_OFFLINE", "true");
        command.env("CARGO_TARGET_DIR", target());
        command
    }

    fn target() -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("..")
    }

    #[track_caller]
    fn succeeds(mut command: Command) -> String {
        let output = command.output().unwrap();
        let (text, errors) = texts(&output);
        assert!(output.status.success(), "{command:?}\n{text}\n{errors}");
        assert!(!errors.contains("warning"), "{errors}");
        text
    }

    #[test]
    fn a_worker_runs_and_answers() {
        let folder = tempfile::tempdir().unwrap();
        let report = make(folder.path(), &["made-alone"]);
        let package = folder.path().join("made-alone");
        assert!(report.starts_with("made the worker made-alone, with its health on port 3000:\n"));
        for line in report.lines().filter(|line| line.contains('/')) {
            assert!(folder.path().join(line.trim()).is_file(), "{line}");
        }
        let tests = succeeds(cargo(&package, &["test", "--quiet"]));
        assert!(tests.contains("1 passed"), "{tests}");
        let described =
            succeeds(cargo(&package, &["run", "--quiet", "--", "--heartbeat-describe"]));
        assert!(described.contains("[::]:3000"), "{described}");
        let output = heartbeat(&package, &["check", "--strict"]);
        assert_eq!(texts(&output), ("nothing wrong in 2 files\n".to_owned(), String::new()));
        assert_eq!(
            fs::read_to_string(package.join(".gitignore")).unwrap(),
            "/target\n/.heartbeat\n"
        );

        let mut worker = Worker::spawn(&mut cargo(&package, &["run", "--quiet"]));
        worker.wait_for_line("ready after ");
        let body = worker.get("/health").body;
        assert_eq!(body, r#"{"version":"0.1.0","status":"pass","state":"running"}"#);
        // cargo has become the worker.
        assert!(worker.signal_until_exit(Signal::TERM).success());
    }

    #[test]
    fn all_shapes_join_a_workspace_and_please_every_tool() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("Cargo.toml");
        let text = "[workspace]\nresolver = \"3\"\nmembers = [\"services/*\"]\n\n\
                    [workspace.lints.clippy]\npedantic = { level = \"deny\", priority = -1 }\n";
        fs::write(&manifest, text).unwrap();
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
        fs::copy(lock, folder.path().join("Cargo.lock")).unwrap();
        let report = make(folder.path(), &["services/made-role"]);
        assert!(report.contains("port 3000") && !report.contains("member"), "{report}");
        assert_eq!(fs::read_to_string(&manifest).unwrap(), text);
        let report = make(&folder.path().join("services"), &["made-module", "--shape", "module"]);
        assert!(report.contains("port 3001"), "{report}");
        let report = make(folder.path(), &["made-main", "--shape=main"]);
        assert!(
            report.contains("port 3002") && report.contains("member of the workspace"),
            "{report}"
        );
        let joined = fs::read_to_string(&manifest).unwrap();
        assert_eq!(joined, text.replace("\"services", "\"made-main\", \"services"));

        succeeds(cargo(folder.path(), &["fmt", "--all", "--check"]));
        let clippy =
            ["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"];
        succeeds(cargo(folder.path(), &clippy));
        let tests = succeeds(cargo(folder.path(), &["test", "--workspace", "--quiet"]));
        assert_eq!(tests.matches("1 passed").count(), 3, "{tests}");
        let output = heartbeat(folder.path(), &["check", "--strict", "**/*.csdef"]);
        assert_eq!(texts(&output), ("nothing wrong in 6 files\n".to_owned(), String::new()));
        assert!(!folder.path().join("made-main/.gitignore").exists());
        assert!(!folder.path().join("made-main/Cargo.lock").exists());
    }

    #[test]
    fn dependencies_are_those_of_the_workspace() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "[workspace]\n[workspace.dependencies]\nheartbeat-runtime = \"0.1\"\n\
                        tokio = { version = \"1\" }\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        make(folder.path(), &["orders"]);
        let made = fs::read_to_string(folder.path().join("orders/Cargo.toml")).unwrap();
        assert!(made.contains("heartbeat-runtime = { workspace = true }\n"), "{made}");
        assert!(made.contains("tokio = { workspace = true, features = [\"time\"] }\n"), "{made}");
        let output = heartbeat(folder.path(), &["new", "again/orders"]);
        let (_, errors) = texts(&output);
        assert!(
            errors.contains("orders/Cargo.toml has this name already: choose another"),
            "{errors}"
        );
        let joined = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        assert!(joined.contains("members = [\"orders\"]"), "{joined}");
    }

    #[test]
    fn nothing_is_overwritten_or_half_made() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("full/src")).unwrap();
        fs::write(folder.path().join("file"), "x").unwrap();
        fs::create_dir(folder.path().join("broken")).unwrap();
        fs::write(folder.path().join("broken/Cargo.toml"), "[workspace\n").unwrap();
        let too_long = format!("error: cannot make {}: File name too long", "a".repeat(300));
        for (arguments, code, message) in [
            (
                &["full"][..],
                78,
                "error: cannot make full: it exists already, and nothing is overwritten",
            ),
            (
                &["file"],
                78,
                "error: cannot make file: it exists already, and nothing is overwritten",
            ),
            (&["file/orders"], 78, "error: cannot make file/orders: Not a directory"),
            (&[&"a".repeat(300)], 78, &too_long),
            (&["broken/orders"], 78, "error: cannot read "),
            (
                &["1st-worker"],
                2,
                "error: `1st-worker` cannot be the name of a package: it begins with `1`",
            ),
            (&["."], 2, "error: `.` names no new folder: give the worker a name, as in "),
            (
                &["orders", "--shape", "round"],
                2,
                "error: invalid value 'round' for '--shape <SHAPE>'",
            ),
            (&[], 2, "error: the following required arguments were not provided"),
        ] {
            let output = heartbeat(folder.path(), &[&["new"], arguments].concat());
            let (text, errors) = texts(&output);
            assert!(errors.starts_with(message), "{errors}");
            assert_eq!((output.status.code(), &*text), (Some(code), ""));
        }
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["broken", "file", "full"]);
        assert_eq!(fs::read_dir(folder.path().join("broken")).unwrap().count(), 1);
        // An empty folder is as good as none.
        fs::create_dir(folder.path().join("empty")).unwrap();
        let report = make(folder.path(), &["empty/"]);
        assert!(report.contains("\n  empty/src/main.rs\n"), "{report}");
        assert!(folder.path().join("empty/src/main.rs").is_file());
    }

    #[test]
    #[cfg(unix)]
    fn others_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), &["orders"]);
        let mode =
            |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode();
        assert_eq!(mode("orders"), mode("orders/src"));
    }
}
