//! The answers of a program that does not start its worker.

use std::io::{self, Write};

use super::arguments::Question;
use super::builder::{Bound, Host};
use super::describe::describe;
use super::help::help;
use super::probe;
use crate::exit::Exit;

/// Answers on stdout, and returns how the program ends.
pub(super) fn answer<S>(host: &Host<S, Bound>, question: Question) -> Exit {
    let success = Exit::Answer { is_success: true };
    let (text, exit) = match question {
        Question::Help => (help(host), success),
        Question::Version => (format!("{} {}", host.role, host.version), success),
        Question::Describe => describe(host),
        Question::Probe(kind) => {
            let (line, is_success) = probe::run(host, kind);
            (line, Exit::Answer { is_success })
        }
    };
    // A closed pipe changes nothing: the exit code tells the result too.
    let _ = writeln!(io::stdout(), "{}", text.trim_end());
    exit
}
