//! Packages of users: written into a folder of the tests, with the runtime of this workspace, and
//! given to the real cargo. All of them share one target folder, so that what they depend on is
//! checked once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use heartbeat_tests::workspace;
use serde_json::Value;

/// A package, or a workspace of them.
pub(crate) struct Scratch {
    pub(crate) folder: PathBuf,
}

/// One message of the compiler or of clippy.
#[derive(Debug)]
pub(crate) struct Message {
    /// The program that it is about.
    pub(crate) program: String,
    pub(crate) level: String,
    pub(crate) text: String,
    /// As people see it.
    pub(crate) rendered: String,
    /// The code that is underlined.
    pub(crate) underlined: String,
}

/// What cargo said of a package.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) success: bool,
    /// Warnings and errors, without the sums at the end.
    pub(crate) messages: Vec<Message>,
    /// The programs that were compiled, and not found up to date.
    pub(crate) compiled: Vec<String>,
    pub(crate) stderr: String,
}

impl Scratch {
    /// An empty folder of that name.
    pub(crate) fn new(name: &str) -> Self {
        let folder = root().join(name);
        // Programs of former cases would be checked again.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        // The versions that are here already: nothing has to be fetched.
        fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        Self { folder }
    }

    /// A package of the edition 2024 that depends on the runtime.
    pub(crate) fn package(name: &str) -> Self {
        let scratch = Self::new(name);
        scratch.write("Cargo.toml", &format!("{}\n[workspace]\n", manifest(name, "2024", "")));
        scratch
    }

    pub(crate) fn write(&self, file: &str, content: &str) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs cargo, and reads what it reports.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Report {
        let output = self
            .command(arguments)
            .args(["--offline", "--keep-going", "--message-format=json"])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let (mut messages, mut compiled) = (Vec::new(), Vec::new());
        for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_slice(line).unwrap();
            if !line["package_id"].as_str().is_some_and(|id| id.contains(&*self.id())) {
                continue;
            }
            match line["reason"].as_str() {
                Some("compiler-message") => messages.extend(Message::of(&line)),
                Some("compiler-artifact") if line["fresh"] == false => {
                    compiled.push(line["target"]["name"].as_str().unwrap().to_owned());
                }
                _ => {}
            }
        }
        Report { success: output.status.success(), messages, compiled, stderr }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.folder);
        command.env("CARGO_TARGET_DIR", root().join("target"));
        command.env("CARGO_NET_OFFLINE", "true");
        command.env_remove("RUSTFLAGS");
        command
    }

    fn id(&self) -> String {
        self.folder.to_string_lossy().replace('\\', "/")
    }
}

impl Message {
    fn of(line: &Value) -> Option<Self> {
        let message = &line["message"];
        let span = message["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some(Self {
            program: text(&line["target"]["name"]),
            level: text(&message["level"]),
            text: text(&message["message"]),
            rendered: text(&message["rendered"]),
            underlined: underlined(span),
        })
    }
}

fn underlined(span: &Value) -> String {
    let text = &span["text"][0];
    let column = |key: &str| usize::try_from(text[key].as_u64().unwrap()).unwrap() - 1;
    let line: Vec<_> = text["text"].as_str().unwrap().chars().collect();
    line[column("highlight_start")..column("highlight_end")].iter().collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("attribute")
}

/// The manifest of a user; `features` goes after the path of the runtime.
pub(crate) fn manifest(name: &str, edition: &str, more: &str) -> String {
    let runtime = workspace().join("heartbeat-runtime");
    format!(
        "[package]\nname = \"{name}\"\nversion = \"1.2.3\"\nedition = \"{edition}\"\n\n{more}\n\
         [dependencies]\nheartbeat-runtime = {{ path = '{}' }}\n",
        runtime.display()
    )
}

/// Whether a tool is there. Where it is not, the test says so and passes; on the build server it
/// has to be there.
pub(crate) fn is_there(tool: &[&str]) -> bool {
    let (program, arguments) = tool.split_first().unwrap();
    let there =
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: `{}` fails, so it is not installed", tool.join(" "));
    }
    there
}

/// As [`is_there`], and fails where `CI=true`.
#[expect(
    clippy::disallowed_methods,
    reason = "the variable is the build server's, not the worker's"
)]
pub(crate) fn is_there_or_must_be(tool: &[&str]) -> bool {
    let there = is_there(tool);
    assert!(there || env::var("CI").as_deref() != Ok("true"), "{} has to be there", tool.join(" "));
    there
}
