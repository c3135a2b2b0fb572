//! The client of the control socket.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgMatches;

use super::lock::holder;
use super::protocol::{Question, Reply};
use super::socket::connect;
use crate::failure::Failure;
use crate::project::Project;

/// Time for an answer that needs no work.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A connection to the `run` of a folder.
#[derive(Debug)]
pub(super) struct Client {
    answers: BufReader<UnixStream>,
    folder: PathBuf,
}

// === impl Client ===

impl Client {
    /// Connects to the `run` of the definition that the arguments name.
    pub(super) fn connect(matches: &ArgMatches) -> Result<Self, Failure> {
        let definition = std::path::absolute(Project::locate(matches)?).map_err(Failure::failed)?;
        let project = definition.parent().unwrap_or(Path::new("/"));
        let folder = project.join(".heartbeat");
        let stream = connect(&folder).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                not_there(project, &folder)
            }
            _ => Failure::failed(format!("cannot reach `heartbeat run`: {error}")),
        })?;
        Ok(Self { answers: BufReader::new(stream), folder })
    }

    /// Returns the folder of what is kept between runs.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Tells whether no further answer has arrived yet.
    pub(super) fn has_read_all(&self) -> bool {
        self.answers.buffer().is_empty()
    }

    /// Has an answer that needs no work awaited no longer than a moment: `run` may be suspended.
    pub(super) fn expect_answer_at_once(&self) -> Result<(), Failure> {
        self.answers.get_ref().set_read_timeout(Some(AT_ONCE)).map_err(lost)
    }

    /// Sends a question.
    pub(super) fn ask(&mut self, question: &Question) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(question).map_err(Failure::failed)?;
        line.push(b'\n');
        self.answers.get_mut().write_all(&line).map_err(lost)
    }

    /// Returns the next answer; `None` after the last.
    pub(super) fn answer(&mut self) -> Result<Option<Reply>, Failure> {
        let mut line = String::new();
        if self.answers.read_line(&mut line).map_err(|error| self.unanswered(error))? == 0 {
            return Ok(None);
        }
        match serde_json::from_str(&line).map_err(lost)? {
            Reply::Refused(why) => Err(Failure::failed(why)),
            reply => Ok(Some(reply)),
        }
    }

    fn unanswered(&self, error: io::Error) -> Failure {
        if error.kind() != io::ErrorKind::WouldBlock {
            return lost(error);
        }
        let pid = holder(&self.folder).unwrap_or_default();
        Failure::failed(format!(
            "`heartbeat run` (process {pid}) does not answer: if it is suspended, continue it with `kill -CONT {pid}`"
        ))
    }
}

/// Returns the error of a folder without a socket.
fn not_there(project: &Path, folder: &Path) -> Failure {
    let project = project.display();
    Failure::failed(match holder(folder) {
        Some(pid) => format!(
            "`heartbeat run` (process {pid}) in {project} is building: try again when its instances start"
        ),
        None => format!("no `heartbeat run` in {project}: start one there"),
    })
}

fn lost(error: impl std::fmt::Display) -> Failure {
    Failure::failed(format!("lost `heartbeat run`: {error}"))
}
