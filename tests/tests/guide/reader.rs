//! A reader, who follows a chapter from its first block to its last.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use heartbeat_tests::{program, skip, workspace};

use crate::chapter::{self, Block, Note};
use crate::console::Terminal;

/// Set in the namespaces of a reader.
const IS_ALONE: &str = "GUIDE_READER_IS_ALONE";

/// A folder in memory, for the files of a reader.
const MEMORY: &str = "/mnt";

/// Fails if a program is missing that chapters need.
const TOOLS: &str = "ip link set lo up && type curl openssl promtool script";

/// Cargo takes packages of the same name for the same one, wherever they are: chapters that make one take
/// turns.
static PACKAGES: Mutex<()> = Mutex::new(());

/// The folder in which a chapter begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Folder {
    /// The root of the repository.
    Repository,
    New,
}

/// Follows a chapter, in namespaces of its own, where every port is free, and no process outlives the
/// chapter.
#[expect(clippy::disallowed_methods, reason = "a variable for tests, not for workers")]
pub(crate) fn follow(test: &str, folder: Folder) {
    let name = test.replace('_', "-");
    if env::var_os(IS_ALONE).is_some() {
        let folder = match folder {
            Folder::Repository => workspace(),
            Folder::New => Path::new(MEMORY).join(&name),
        };
        fs::create_dir_all(&folder).unwrap();
        Reader { chapter: name.clone(), folder, terminals: Vec::new() }.read(chapter::read(&name));
        return;
    }
    let has_tools = unshare().args(["bash", "-c", TOOLS]).output();
    if !has_tools.is_ok_and(|output| output.status.success()) {
        return skip(&format!("no namespaces, or one of these fails: {TOOLS}"));
    }
    let heartbeat = program("heartbeat-cli", "heartbeat");
    let programs = Path::new(heartbeat.get_program()).parent().unwrap();
    let mut path = programs.as_os_str().to_owned();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let mut alone = unshare();
    let prepare =
        format!("ip link set lo up && mount -t tmpfs tmpfs {MEMORY} && exec \"$0\" \"$@\"");
    alone.args(["bash", "-c", &prepare]);
    alone.arg(env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    alone.env(IS_ALONE, "").env("PATH", path).env("CARGO_NET_OFFLINE", "true");
    // Shares libraries with other builds.
    alone.env("CARGO_BUILD_BUILD_DIR", programs.parent().unwrap());
    alone.env("CARGO_TARGET_DIR", Path::new(MEMORY).join("target"));
    let _turn = match folder {
        Folder::New => Some(PACKAGES.lock().unwrap_or_else(PoisonError::into_inner)),
        Folder::Repository => None,
    };
    let output = alone.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}.md does not say what happens:\n{told}");
}

/// Splits a command from its output.
fn command<'a>(lines: &'a [&'a str]) -> Option<(&'a str, &'a [&'a str])> {
    let (first, output) = lines.split_first()?;
    Some((first.strip_prefix("$ ")?, output))
}

fn unshare() -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    unshare
}

struct Reader {
    chapter: String,
    folder: PathBuf,
    /// Those of commands that go on.
    terminals: Vec<Terminal>,
}

// === impl Reader ===

impl Reader {
    fn read(&mut self, blocks: Vec<Block>) {
        for block in blocks {
            match &block.note {
                Some(Note::File(path)) => {
                    let path = self.folder.join(path);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, &block.text).unwrap();
                }
                Some(Note::NotRun) => {}
                _ if block.language == "console" => self.type_in(&block),
                _ => {}
            }
        }
    }

    /// Runs the commands of a block. Lines before the first command are those of the terminal that was
    /// opened last.
    fn type_in(&mut self, block: &Block) {
        let lines: Vec<_> = block.text.lines().collect();
        let mut commands = lines.chunk_by(|_, next| !next.starts_with("$ ")).peekable();
        while let Some(lines) = commands.next() {
            let goes_on = matches!(block.note, Some(Note::GoesOn)) && commands.peek().is_none();
            if let Err(printed) = self.type_line(lines, goes_on) {
                let place = format!("{}.md:{}", self.chapter, block.line);
                panic!("{place}\nthe guide:\n{}\nprinted:\n{printed}", lines.join("\n"));
            }
        }
    }

    /// Runs a command, and returns what was printed, unless it is as in the lines below the command.
    fn type_line(&mut self, lines: &[&str], goes_on: bool) -> Result<(), String> {
        let Some((command, output)) = command(lines) else {
            let last = self.terminals.iter_mut().rev().find_map(Terminal::if_open);
            return last.map_or(Err("no terminal is open".into()), |last| last.show(lines, true));
        };
        if let Some(folder) = command.strip_prefix("cd ").filter(|folder| !folder.contains(' ')) {
            self.folder = self.folder.join(folder);
            return Ok(());
        }
        let mut terminal = Terminal::run(command, &self.folder);
        terminal.show(output, goes_on)?;
        if goes_on {
            self.terminals.push(terminal);
        }
        Ok(())
    }
}
