//! Prints the roles, endpoints and settings of a service definition, and all that is wrong with it.
//!
//! ```text
//! inspect-definition [--json] DEFINITION [CONFIGURATION]
//! ```
//!
//! Exits with 1 if a strict reader would reject a file, and with 2 if a file cannot be read or the
//! arguments are wrong. Never prints values of settings, as they may be secrets.

mod inspection;
mod json;
mod table;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use inspection::Inspection;

const USAGE: &str = "usage: inspect-definition [--json] DEFINITION [CONFIGURATION]";

struct Arguments {
    json: bool,
    definition: PathBuf,
    configuration: Option<PathBuf>,
}

impl Arguments {
    fn parse() -> Option<Self> {
        let (flags, files): (Vec<_>, Vec<_>) = std::env::args_os()
            .skip(1)
            .partition(|argument| argument.to_string_lossy().starts_with('-'));
        let mut files = files.into_iter().map(PathBuf::from);
        let arguments = Self {
            json: !flags.is_empty(),
            definition: files.next()?,
            configuration: files.next(),
        };
        let known = flags.iter().all(|flag| flag == "--json");
        (known && files.next().is_none()).then_some(arguments)
    }
}

fn main() -> ExitCode {
    let Some(arguments) = Arguments::parse() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let inspection =
        match Inspection::read(&arguments.definition, arguments.configuration.as_deref()) {
            Ok(inspection) => inspection,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::from(2);
            }
        };
    let text = if arguments.json { json::render(&inspection) } else { table::render(&inspection) };
    // A reader that closes the pipe early is not a failure.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::from(u8::from(!inspection.is_valid()))
}
