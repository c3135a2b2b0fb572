//! Runs of `heartbeat check`.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output};
    use std::time::{Duration, Instant};

    use heartbeat_tests::skip;
    use serde_json::{Value, json};

    const NAMESPACE: &str = "http://schemas.microsoft.com/ServiceHosting/2008/10/Service";

    /// A folder of files under check.
    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new(files: &[(&str, &str)]) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            for (name, content) in files {
                folder.write(name, content.as_bytes());
            }
            folder
        }

        fn write(&self, name: &str, content: &[u8]) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }

        fn run(&self, arguments: &[&str]) -> (i32, String, String) {
            let output = heartbeat(self.0.path(), arguments).output().unwrap();
            read(&output)
        }

        #[track_caller]
        fn prints(&self, arguments: &[&str], code: i32, expected: &str) {
            let (exit, text, errors) = self.run(arguments);
            assert_eq!(text, expected);
            assert_eq!((exit, &*errors), (code, ""));
        }

        /// Returns the line of the file and the underline of the only finding.
        #[track_caller]
        fn excerpt(&self, arguments: &[&str]) -> (String, String) {
            let (_, text, _) = self.run(arguments);
            let mut lines = text.lines().skip(3).map(str::to_owned);
            (lines.next().unwrap(), lines.next().unwrap())
        }
    }

    fn heartbeat(folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heartbeat"));
        command.arg("check").args(arguments).current_dir(folder);
        command
    }

    fn read(output: &Output) -> (i32, String, String) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    fn definition(name: &str, body: &str) -> String {
        format!(
            "<ServiceDefinition name=\"{name}\" xmlns=\"{NAMESPACE}Definition\">\n{body}\n</ServiceDefinition>\n"
        )
    }

    fn configuration(name: &str, role: &str) -> String {
        format!(
            "<ServiceConfiguration serviceName=\"{name}\" xmlns=\"{NAMESPACE}Configuration\">\n\
             {role}\n</ServiceConfiguration>\n"
        )
    }

    fn role(name: &str) -> String {
        format!("<Role name=\"{name}\"><Instances count=\"1\" /></Role>")
    }

    fn worker(name: &str) -> String {
        format!("<WorkerRole name=\"{name}\" />")
    }

    #[test]
    fn shows_each_finding_under_its_line() {
        let folder = Folder::new(&[
            (
                "ServiceDefinition.csdef",
                &definition(
                    "Shop",
                    "\t<WorkerRole name=\"Orders\" vmSize=\"Small\"><Endpoints>\n<InternalEndpoint name=\"In\" protocol=\"TCP\" />\r\n</Endpoints></WorkerRole>",
                ),
            ),
            ("ServiceConfiguration.cscfg", &configuration("Shop", &role("Order"))),
        ]);
        let expected = "\
warning[unknown-attribute]: `WorkerRole` has no attribute `vmSize`
 --> ServiceDefinition.csdef:2:28
  |
2 |     <WorkerRole name=\"Orders\" vmSize=\"Small\"><Endpoints>
  |                               ^^^^^^
  |
  = help: did you mean `vmsize`?

error[invalid-value]: `TCP` is not a valid `protocol` of `InternalEndpoint`; expected one of `http`, `tcp`, `udp`, `any`
 --> ServiceDefinition.csdef:3:39
  |
3 | <InternalEndpoint name=\"In\" protocol=\"TCP\" />
  |                                       ^^^
  |
  = help: write `tcp`

error[missing-role]: the role `Orders` is not configured
 --> ServiceConfiguration.cscfg:1:1
  |
1 | <ServiceConfiguration serviceName=\"Shop\" xmlns=\"http://schemas.microsoft.com/ServiceHosting/…
  | ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: add <Role name=\"Orders\"><Instances count=\"1\" /></Role>

error[unknown-role]: the definition has no role `Order`
 --> ServiceConfiguration.cscfg:2:13
  |
2 | <Role name=\"Order\"><Instances count=\"1\" /></Role>
  |             ^^^^^
  |
  = help: did you mean `Orders`?

3 errors, 1 warning in 2 files
";
        folder.prints(&[], 1, expected);
        // Each brings the other, whichever is named.
        folder.prints(&["ServiceDefinition.csdef"], 1, expected);
        let (_, text, _) = folder.run(&["./ServiceConfiguration.cscfg"]);
        assert!(text.ends_with("3 errors, 1 warning in 2 files\n"), "{text}");
    }

    #[test]
    fn only_errors_fail_unless_strict() {
        let folder = Folder::new(&[
            ("fine/Shop.csdef", &definition("Shop", &worker("Orders"))),
            (
                "warned/Shop.csdef",
                &definition("Shop", "<WorkerRole name=\"Orders\" vmSize=\"Small\" />"),
            ),
        ]);
        folder.prints(&["fine"], 0, "nothing wrong in 1 file\n");
        folder.prints(&["fine", "--strict"], 0, "nothing wrong in 1 file\n");
        assert_eq!(folder.run(&["warned"]).0, 0);
        assert_eq!(folder.run(&["warned", "--strict"]).0, 1);
    }

    #[test]
    fn finds_the_nearest_definition() {
        let folder = Folder::new(&[
            ("ServiceDefinition.csdef", &definition("Shop", &worker("Orders"))),
            ("src/deep/main.rs", ""),
        ]);
        let output = heartbeat(&folder.0.path().join("src/deep"), &[]).output().unwrap();
        assert_eq!(read(&output), (0, "nothing wrong in 1 file\n".into(), String::new()));
    }

    #[test]
    fn takes_patterns_and_folders_and_each_file_once() {
        let shop = definition("Shop", &worker("Orders"));
        let folder = Folder::new(&[
            ("a/Shop.csdef", &shop),
            ("a/b/Other.CSDEF", &shop),
            ("a/b/[x].csdef", &shop),
            ("a/b/readme.txt", "x"),
        ]);
        folder.prints(&["**/*.csdef", "a", "a/../a/Shop.csdef"], 0, "nothing wrong in 2 files\n");
        folder.prints(&["a/b"], 0, "nothing wrong in 2 files\n");
        folder.prints(&["a/b/[x].csdef"], 0, "nothing wrong in 1 file\n");
        fs::create_dir(folder.0.path().join("empty")).unwrap();
        let here = folder.0.path().canonicalize().unwrap();
        let none = format!(
            "error: no ServiceDefinition.csdef in {} or above it: name the file, go to its folder, or \
             make a worker with `heartbeat new`\n",
            here.display()
        );
        for (arguments, code, message) in [
            (&["nope.csdef"][..], 78, "error: cannot check nope.csdef: there is no such file\n"),
            (&["*.csdef"], 78, "error: cannot check *.csdef: there is no such file\n"),
            (
                &["empty"],
                78,
                "error: cannot check empty: no .csdef, .cscfg or .csplugin is in it\n",
            ),
            (&["a/***"], 2, "error: the pattern `a/***` is wrong: "),
            (&["--format", "xml"], 2, "error: invalid value 'xml'"),
            (&[], 78, &none),
        ] {
            let (exit, text, errors) = folder.run(arguments);
            assert!(errors.starts_with(message), "{errors}");
            assert_eq!((exit, &*text), (code, ""));
        }
    }

    #[test]
    fn holds_each_configuration_against_its_definition() {
        let folder = Folder::new(&[
            ("a/Shop.csdef", &definition("Shop", &worker("Orders"))),
            ("a/Shop.cscfg", &configuration("Shop", &role("Orders"))),
            ("b/Old.csdef", &definition("Old", &worker("Aged"))),
            ("b/New.csdef", &definition("New", &worker("Young"))),
            ("b/New.Cloud.cscfg", &configuration("New", &role("Young"))),
            ("b/Old.cscfg", &configuration("Old", &role("Older"))),
        ]);
        let codes = |arguments: &[&str]| -> Vec<String> {
            let (_, text, _) = folder.run(&[arguments, &["--format", "json"]].concat());
            let value: Value = serde_json::from_str(&text).unwrap();
            let findings = value["findings"].as_array().unwrap().iter();
            findings
                .map(|it| {
                    format!("{} {}", it["file"].as_str().unwrap(), it["code"].as_str().unwrap())
                })
                .collect()
        };
        let old = ["b/Old.cscfg missing-role", "b/Old.cscfg unknown-role"];
        assert_eq!(codes(&["**/*.cs*"]), old);
        assert_eq!(codes(&["**/*.csdef"]), old);
        assert_eq!(codes(&["b"]), old);
        // The only definition, wherever it is, and whatever the file is called.
        folder.write("c/config.xml", configuration("Shop", &role("Order")).as_bytes());
        assert_eq!(
            codes(&["a/Shop.csdef", "c/config.xml"]),
            ["c/config.xml missing-role", "c/config.xml unknown-role"]
        );
    }

    #[test]
    fn unreadable_files_are_findings_at_their_place() {
        let folder =
            Folder::new(&[("Shop.csdef", "<ServiceDefinition>\n  <WorkerRole name=Orders />")]);
        folder.prints(
            &["Shop.csdef"],
            1,
            "\
error[unreadable]: the file is not well-formed XML: the value of an attribute has no quotation marks: write name=\"value\"
 --> Shop.csdef:2:20
  |
2 |   <WorkerRole name=Orders />
  |                    ^^^^^^

1 error in 1 file
",
        );
        folder.write("Shop.csdef", b"<a>\xFC</a>");
        let (line, underline) = folder.excerpt(&["Shop.csdef"]);
        assert_eq!((&*line, &*underline), ("1 | <a>…</a>", "  |    ^"));
        for content in [&b""[..], b"\xFF\xFE\0\0<\0\0\0", &vec![b' '; (1 << 20) + 1]] {
            folder.write("Shop.csdef", content);
            let (exit, text, _) = folder.run(&["Shop.csdef"]);
            assert_eq!(exit, 1);
            assert!(
                text.contains("error[unreadable]") && text.contains("--> Shop.csdef:1:1"),
                "{text}"
            );
        }
    }

    #[test]
    fn carets_are_right_in_any_encoding() {
        let text =
            definition("Shop", "\t<WorkerRole name=\"A注文\" größe=\"x\" />").replace('\n', "\r\n");
        let folder = Folder::new(&[("utf8.csdef", &format!("\u{feff}{text}"))]);
        let units = text.encode_utf16();
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend(units.flat_map(u16::to_le_bytes));
        folder.write("utf16.csdef", &bytes);
        for file in ["utf8.csdef", "utf16.csdef"] {
            let (line, underline) = folder.excerpt(&[file]);
            assert_eq!(line, "2 |     <WorkerRole name=\"A注文\" größe=\"x\" />", "{file}");
            // Each of the two letters is as wide as two.
            assert_eq!(underline, "  |                              ^^^^^", "{file}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let role = |n| format!("<WorkerRole name=\"R{n}\" vmsize=\"Small\" vmSize=\"x\" />");
        let roles = (0..16_000).map(role).collect::<Vec<_>>().concat();
        let text = definition("Shop", &roles).replace('\n', "");
        assert!(text.len() > 800_000 && text.len() < 1 << 20);
        let folder = Folder::new(&[("Shop.csdef", &text)]);
        let begun = Instant::now();
        let (exit, text, _) = folder.run(&["Shop.csdef"]);
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
        assert_eq!(exit, 1);
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest < 300, "{longest}");
        let place = text.find("`vmSize`\n --> Shop.csdef:1:").unwrap();
        let lines: Vec<_> = text[place..].lines().skip(3).take(2).collect();
        let caret = lines[1].find('^').unwrap();
        let under: String = lines[0].chars().skip(caret).take(6).collect();
        assert_eq!(under, "vmSize");
    }

    #[test]
    fn fits_a_narrow_terminal() {
        let folder = Folder::new(&[(
            "Shop.csdef",
            &definition(
                "Shop",
                &format!("<WorkerRole name=\"{}\" vmSize=\"Small\" />", "x".repeat(100)),
            ),
        )]);
        let run = |environment: &str| {
            let line = format!(
                "stty rows 24 cols 60 && {environment} '{}' check Shop.csdef",
                env!("CARGO_BIN_EXE_heartbeat")
            );
            let mut script = Command::new("script");
            script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm");
            script.env_remove("NO_COLOR").current_dir(folder.0.path());
            match script.output() {
                Ok(output) => Some(read(&output).1),
                Err(error) => {
                    skip(&format!("no `script`: {error}"));
                    None
                }
            }
        };
        let Some(coloured) = run("") else { return };
        assert!(coloured.contains("\u{1b}[1m"), "{coloured}");
        let plain = run("NO_COLOR=1").unwrap();
        assert!(!plain.contains('\u{1b}'), "{plain}");
        let mut excerpt = plain.lines().skip(3);
        let (line, underline) = (excerpt.next().unwrap(), excerpt.next().unwrap());
        assert!(line.chars().count() <= 60, "{plain}");
        let caret = underline.find('^').unwrap();
        assert_eq!(line.chars().skip(caret).take(6).collect::<String>(), "vmSize", "{plain}");
    }

    #[test]
    fn shows_no_secret() {
        let setting = |text: &str| {
            format!(
                "<Role name=\"Orders\"><Instances count=\"1\" /><ConfigurationSettings>{text}</ConfigurationSettings></Role>"
            )
        };
        let folder = Folder::new(&[("Shop.csdef", &definition("Shop", &worker("Orders")))]);
        for text in [
            "<Setting name=\"StorageKey\" value=\"hidden\" />",
            "<Setting name=\"Url\" vaule=\"hidden\" />",
            "<Seting name=\"Url\" value=\"hidden\" />",
            "<Setting name=\"Url\" value=\"x\">hidden</Setting>",
            "<Setting name=\"Url\" value=\"x\"hidden\" />",
            "<Setting name=\"Url\" value=\"x&hidden;y\" />",
            "<Setting name=\"Url\" value=\"x&hidden\" />",
            "<Setting name=\"Url\" value=\"x<hidden\" />",
            "<Setting name=\"Url\" value=hidden />",
            "<Setting name=\"Url\" value=\u{201c}hidden\u{201d} />",
            "<Setting name=\"Url\" hidden />",
            "<Setting name=\"Url\" value=\"${hidden}\" />",
        ] {
            folder.write("Shop.cscfg", configuration("Shop", &setting(text)).as_bytes());
            for format in ["human", "json", "github"] {
                let (exit, shown, _) = folder.run(&["Shop.cscfg", "--format", format]);
                assert_ne!(shown, "nothing wrong in 2 files\n", "{text}");
                assert!(exit < 2 && !shown.contains("hidden"), "{text}: {shown}");
            }
        }
    }

    #[test]
    fn sends_no_control_characters_of_a_file() {
        let name = "Shop\u{1b}[31m.csdef";
        let body = "<WorkerRole name=\"Orders\u{9b}31m\u{202e}\" größe=\"x\" />";
        let folder = Folder::new(&[(name, &definition("Shop", body))]);
        for content in
            [definition("Shop", body), definition("Shop", "<WorkerRole name=\"\u{1b}[2J\" />")]
        {
            folder.write(name, content.as_bytes());
            let (exit, text, _) = folder.run(&["."]);
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
            assert!(!text.contains('\u{202e}'), "{text:?}");
            assert!(text.contains("\u{fffd}31m") || exit == 1);
        }
    }

    #[test]
    fn json_has_every_finding() {
        let folder = Folder::new(&[(
            "Shop.csdef",
            &definition("Shop", "<WorkerRole name=\"Orders\" vmSize=\"Small\" />"),
        )]);
        let (exit, text, _) = folder.run(&["--format", "json", "Shop.csdef"]);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(exit, 0);
        assert_eq!(
            value,
            json!({
                "files": 1, "errors": 0, "warnings": 1, "notes": 0,
                "findings": [{
                    "file": "Shop.csdef", "line": 2, "column": 27, "severity": "warning",
                    "code": "unknown-attribute",
                    "message": "`WorkerRole` has no attribute `vmSize`",
                    "fix": "did you mean `vmsize`?",
                }],
            })
        );
    }

    #[test]
    fn github_gets_workflow_commands() {
        let folder = Folder::new(&[(
            "a,b.csdef",
            &definition("Shop", "<WorkerRole name=\"Orders\" vmSize=\"100%\" />"),
        )]);
        folder.prints(
            &["--format", "github", "a,b.csdef"],
            0,
            "::warning file=a%2Cb.csdef,line=2,col=27,title=unknown-attribute::`WorkerRole` has no \
             attribute `vmSize`: did you mean `vmsize`?\n1 warning in 1 file\n",
        );
    }

    #[test]
    fn checks_hundreds_of_files_quickly() {
        let folder = Folder::new(&[]);
        for n in 0..400 {
            let body = format!("<WorkerRole name=\"R{n}\" vmSize=\"Small\" />");
            folder.write(&format!("{n}/Shop.csdef"), definition("Shop", &body).as_bytes());
        }
        let begun = Instant::now();
        let (exit, text, _) = folder.run(&["*/*.csdef"]);
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        assert!(text.ends_with("400 warnings in 400 files\n"));
        assert_eq!(exit, 0);
    }

    #[test]
    fn underlines_within_the_lines_of_real_files() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
        if !folder.is_dir() {
            return skip(&format!("no corpus at {}", folder.display()));
        }
        let files = ["*/*.csdef", "*/*.cscfg"];
        let output = heartbeat(&folder, &files).env("NO_COLOR", "1").output().unwrap();
        let (_, text, errors) = read(&output);
        assert_eq!(errors, "");
        assert!(text.ends_with(" in 126 files\n"), "{}", &text[text.len() - 100..]);
        let findings: Vec<_> = text.split("\n\n").filter(|it| it.contains("-->")).collect();
        assert!(findings.len() > 100, "{}", findings.len());
        for finding in findings {
            let lines: Vec<_> = finding.lines().collect();
            let Some(underline) =
                lines.iter().position(|line| line.contains("| ") && line.trim_end().ends_with('^'))
            else {
                panic!("no underline: {finding}");
            };
            let (line, underline) = (lines[underline - 1], lines[underline]);
            let start = underline.find('^').unwrap();
            assert!(start <= line.chars().count(), "{finding}");
        }
    }
}
