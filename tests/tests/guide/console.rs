//! A terminal in which a command runs.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::matching::matches;

/// The longest silence: a build, on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A terminal. Dropping it hangs up.
#[derive(Debug)]
pub(crate) struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: Receiver<Vec<u8>>,
    /// Printed output that no block of the guide has yet.
    text: String,
}

// === impl Terminal ===

impl Terminal {
    /// Opens a terminal, and runs a command in it.
    pub(crate) fn run(command: &str, folder: &Path) -> Self {
        let command = format!("stty cols 110; {command}");
        // `script` is the terminal: it passes on what it reads.
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
        script.env("SHELL", "/bin/bash").env("TERM", "dumb").env("NO_COLOR", "1");
        script.env("CARGO_TERM_COLOR", "never").env("CARGO_TERM_PROGRESS_WHEN", "never");
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir(folder);
        let mut child = script.spawn().unwrap();
        let keyboard = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let (send, screen) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                if send.send(bytes.iter().take(read).copied().collect()).is_err() {
                    break;
                }
            }
        });
        Self { child, keyboard, screen, text: String::new() }
    }

    /// Reads until the output is as the lines of a block say, and the command has ended, unless it
    /// `goes_on`. At a line that begins with `^C`, presses Ctrl-C.
    pub(crate) fn show(&mut self, lines: &[&str], goes_on: bool) -> Result<(), String> {
        let is_interrupt = |line: &&str| line.starts_with("^C");
        let first = lines.iter().position(is_interrupt).unwrap_or(lines.len());
        let (before, interrupted) = lines.split_at(first);
        self.read_until(before, goes_on || !interrupted.is_empty())?;
        let mut parts = interrupted.chunk_by(|_, next| !is_interrupt(next)).peekable();
        while let Some(part) = parts.next() {
            self.press_ctrl_c();
            self.read_until(part, parts.peek().is_some())?;
        }
        Ok(())
    }

    /// Presses Ctrl-C, as late after the last line as a hand does: a worker takes two signals within 50 ms
    /// for one.
    fn press_ctrl_c(&mut self) {
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(100)) {
            self.print(&bytes);
        }
        self.keyboard.write_all(b"\x03").unwrap();
    }

    fn print(&mut self, bytes: &[u8]) {
        self.text += &String::from_utf8_lossy(bytes).replace('\r', "");
    }

    fn read_until(&mut self, lines: &[&str], goes_on: bool) -> Result<(), String> {
        let mut has_ended = false;
        loop {
            let printed: Vec<_> = self.text.lines().map(str::to_owned).collect();
            let ends_a_line = self.text.is_empty() || self.text.ends_with('\n');
            let is_whole = has_ended || goes_on && ends_a_line;
            if is_whole && matches(lines, &printed) {
                self.text.clear();
                return Ok(());
            }
            match self.screen.recv_timeout(TIMEOUT) {
                _ if has_ended => return Err(self.text.clone()),
                Ok(bytes) => self.print(&bytes),
                Err(RecvTimeoutError::Disconnected) => has_ended = true,
                Err(RecvTimeoutError::Timeout) => return Err(format!("{}(goes on)", self.text)),
            }
        }
    }

    /// Returns the terminal, unless its command has ended.
    pub(crate) fn if_open(&mut self) -> Option<&mut Self> {
        self.child.try_wait().unwrap().is_none().then_some(self)
    }
}
