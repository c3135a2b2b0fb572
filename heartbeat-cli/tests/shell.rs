//! The command in shells: completions, the manual, and its help.

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use heartbeat_tests::skip;

    const PROGRAM: &str = env!("CARGO_BIN_EXE_heartbeat");

    fn heartbeat(arguments: &[&str]) -> String {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a program, unless it is not installed.
    fn run(program: &str, arguments: &[&str]) -> Option<(String, String)> {
        let mut command = Command::new(program);
        let path = Path::new(PROGRAM).parent().unwrap().display().to_string();
        command.args(arguments).env("PATH", format!("{path}:/usr/local/bin:/usr/bin:/bin"));
        match command.output() {
            Ok(output) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                Some((text(&output.stdout), text(&output.stderr)))
            }
            Err(error) => {
                skip(&format!("cannot run {program}: {error}"));
                None
            }
        }
    }

    #[test]
    fn bash_completes() {
        // As bash does it when Tab is pressed at the end of the line.
        let completes = |words: &[&str]| {
            let script = format!(
                "eval \"$(heartbeat completions bash)\"\nCOMP_WORDS=({}) COMP_CWORD={}\n\
                 _heartbeat heartbeat '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
                words.join(" "),
                words.len() - 1,
                words.last().unwrap(),
                words.iter().rev().nth(1).unwrap()
            );
            let found = run("bash", &["--norc", "-c", &script]);
            found.map(|(text, errors)| {
                assert_eq!(errors, "");
                text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
            })
        };
        let Some(found) = completes(&["heartbeat", "ch"]) else { return };
        assert_eq!(found, ["check"]);
        assert_eq!(completes(&["heartbeat", "check", "--fo"]).unwrap(), ["--format"]);
        assert_eq!(completes(&["heartbeat", "check", "--format", "g"]).unwrap(), ["github"]);
        assert_eq!(completes(&["heartbeat", "new", "--shape", "m"]).unwrap(), ["module", "main"]);
        assert_eq!(completes(&["heartbeat", "m"]).unwrap(), [""; 0]);
    }

    #[test]
    fn fish_completes() {
        let script = "heartbeat completions fish | source; complete -C 'heartbeat check --fo'";
        let Some((text, errors)) = run("fish", &["--no-config", "-c", script]) else { return };
        assert_eq!(errors, "");
        assert!(text.starts_with("--format\tThe form of the findings"), "{text}");
    }

    #[test]
    fn every_shell_has_completions() {
        for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
            let script = heartbeat(&["completions", shell]);
            assert!(script.contains("heartbeat") && script.contains("check"), "{shell}");
        }
        for shell in ["zsh", "fish"] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), heartbeat(&["completions", shell])).unwrap();
            let found = run(shell, &["-n", file.path().to_str().unwrap()]);
            assert!(found.is_none_or(|(_, errors)| errors.is_empty()), "{shell}");
        }
    }

    #[test]
    fn the_manual_renders_without_a_warning() {
        let pages = ["", "new", "check", "probe", "completions"];
        for page in pages {
            let arguments: Vec<_> = ["man", page].into_iter().filter(|it| !it.is_empty()).collect();
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), heartbeat(&arguments)).unwrap();
            let Some((text, warnings)) =
                run("man", &["--warnings", "--local-file", file.path().to_str().unwrap()])
            else {
                return;
            };
            assert_eq!(warnings, "", "{page}");
            assert!(text.contains("SYNOPSIS") && text.contains("heartbeat"), "{page}: {text}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error() {
        let folder = heartbeat_tests::workspace().join("examples/hello-worker");
        for arguments in [&["completions", "bash"][..], &["man"], &["check"], &["probe", "0"]] {
            let disk = std::fs::File::options().write(true).open("/dev/full").unwrap();
            let mut command = Command::new(PROGRAM);
            let output =
                command.args(arguments).current_dir(&folder).stdout(disk).output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}");
            assert!(errors.starts_with("error: cannot write the output: "), "{errors}");
        }
    }

    #[test]
    fn every_subcommand_has_an_example() {
        let help = heartbeat(&["--help"]);
        let names = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names: Vec<_> = names
            .map_while(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .collect();
        assert!(names.contains(&"check") && !names.contains(&"man"), "{names:?}");
        for name in names {
            let help = heartbeat(&[name, "--help"]);
            assert!(
                help.contains("Example") && help.contains(&format!("heartbeat {name}")),
                "{help}"
            );
            assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        }
    }
}
