//! Scratch packages that depend on this workspace's runtime, checked by the real cargo. They share
//! one target folder, so that their dependencies are checked once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// The folder of a package or a workspace.
pub(crate) struct Scratch {
    pub(crate) folder: PathBuf,
}

/// A diagnostic of the compiler or of clippy.
#[derive(Debug)]
pub(crate) struct Message {
    /// The name of the binary.
    pub(crate) program: String,
    pub(crate) level: String,
    pub(crate) text: String,
    /// The text as a terminal shows it.
    pub(crate) rendered: String,
    /// The code that it underlines.
    pub(crate) underlined: String,
}

/// The outcome of a cargo command.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) success: bool,
    /// Warnings and errors, without the totals at the end.
    pub(crate) messages: Vec<Message>,
    /// The binaries that were compiled, rather than found fresh.
    pub(crate) compiled: Vec<String>,
    pub(crate) stderr: String,
}

impl Scratch {
    /// Creates an empty folder.
    pub(crate) fn new(name: &str) -> Self {
        let folder = root().join(name);
        // Programs of an earlier run would be checked again.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        // These versions are in the local registry, so nothing is fetched.
        fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        Self { folder }
    }

    /// Creates a package of edition 2024 that depends on the runtime.
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

    /// Runs cargo and parses its messages.
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
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui")
}

/// Formats a manifest with the runtime as a dependency; `more` goes before the dependencies.
pub(crate) fn manifest(name: &str, edition: &str, more: &str) -> String {
    let runtime = workspace().join("heartbeat-runtime");
    format!(
        "[package]\nname = \"{name}\"\nversion = \"1.2.3\"\nedition = \"{edition}\"\n\n{more}\n\
         [dependencies]\nheartbeat-runtime = {{ path = '{}' }}\n",
        runtime.display()
    )
}

/// Returns the root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Returns the path of a file beside these tests.
pub(crate) fn ui(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui").join(path)
}

/// Returns `true` if a tool is installed, else prints that the test is skipped.
pub(crate) fn is_installed(tool: &[&str]) -> bool {
    let (program, arguments) = tool.split_first().unwrap();
    let installed =
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !installed {
        eprintln!("skipped: `{}` fails: install it to run this test", tool.join(" "));
    }
    installed
}

/// Like [`is_installed`], but panics on a missing tool if `CI=true`.
#[expect(
    clippy::disallowed_methods,
    reason = "the variable is the build server's, not the worker's"
)]
pub(crate) fn is_installed_or_ci(tool: &[&str]) -> bool {
    let installed = is_installed(tool);
    let is_ci = env::var("CI").as_deref() == Ok("true");
    assert!(installed || !is_ci, "CI must install the tool of `{}`", tool.join(" "));
    installed
}
