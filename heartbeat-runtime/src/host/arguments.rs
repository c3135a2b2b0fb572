//! The arguments of the program: those that begin with `--heartbeat` are the worker's, all others
//! the user's own.

use std::ffi::OsString;

use heartbeat_definition::suggest;

use crate::log::one_line;
use crate::probe::Question;

const PREFIX: &[u8] = b"--heartbeat";
const KNOWN: [(&str, Question); 3] = [
    ("--heartbeat-probe=live", Question::Live),
    ("--heartbeat-probe=ready", Question::Ready),
    ("--heartbeat-probe=startup", Question::Startup),
];

/// The question that the only argument asks, where it is one of the worker's.
///
/// # Errors
///
/// Where an argument begins as those of a worker do and is none of them, or stands beside others:
/// it may be a mistyped probe, which must not start a second worker. One line says so.
pub(super) fn question(
    arguments: impl Iterator<Item = OsString>,
) -> Result<Option<Question>, String> {
    let arguments: Vec<OsString> = arguments.collect();
    let mut asked = None;
    for (index, argument) in arguments.iter().enumerate() {
        if !argument.as_encoded_bytes().starts_with(PREFIX) {
            continue;
        }
        let known = KNOWN.iter().find(|(name, _)| argument == name);
        asked = Some(known.ok_or_else(|| unknown(argument, arguments.get(index + 1)))?);
    }
    match asked {
        Some((name, _)) if arguments.len() > 1 => {
            Err(format!("`{name}` is to be the only argument: leave out the others"))
        }
        asked => Ok(asked.map(|(_, question)| *question)),
    }
}

/// One line on an argument that is not known. Its value may have been written as the next one.
fn unknown(argument: &OsString, next: Option<&OsString>) -> String {
    let argument = argument.to_string_lossy();
    let joined = next.map(|next| format!("{argument}={}", next.to_string_lossy()));
    let names = || KNOWN.iter().map(|(name, _)| *name);
    let near = joined.and_then(|joined| suggest(&joined, names()));
    let way_out = if let Some(name) = near.or_else(|| suggest(&argument, names())) {
        format!("did you mean `{name}`?")
    } else {
        let [(live, _), (ready, _), (startup, _)] = KNOWN;
        format!("write {live}, {ready} or {startup}")
    };
    format!("`{}` is no argument of a worker: {way_out}", one_line(&argument))
}

#[cfg(test)]
mod tests {
    use super::{Question, question};

    #[test]
    fn a_probe_is_the_only_argument_and_what_begins_otherwise_is_the_users() {
        let asked = |arguments: &[&str]| question(arguments.iter().map(Into::into));
        assert_eq!(asked(&["--heartbeat-probe=live"]), Ok(Some(Question::Live)));
        assert_eq!(asked(&["--heartbeat-probe=startup"]), Ok(Some(Question::Startup)));
        assert_eq!(asked(&[]), Ok(None));
        assert_eq!(asked(&["-v", "", "heartbeat", "-heartbeat", "live"]), Ok(None));
        for refused in [&["--heartbeat-probe=live", "-v"][..], &["-v", "--heartbeat"]] {
            asked(refused).unwrap_err();
        }
    }
}
