//! Arguments of the program. Some are questions, which it answers without starting the worker; those
//! that begin with `--heartbeat` and are no question are refused, and all others are the user's own.

use std::ffi::OsString;

use heartbeat_definition::suggest;

use crate::log::escape_controls;
use crate::probe::ProbeKind;

const PREFIX: &[u8] = b"--heartbeat";
const KNOWN: [(&str, Question); 4] = [
    ("--heartbeat-probe=live", Question::Probe(ProbeKind::Live)),
    ("--heartbeat-probe=ready", Question::Probe(ProbeKind::Ready)),
    ("--heartbeat-probe=startup", Question::Probe(ProbeKind::Startup)),
    ("--heartbeat-describe", Question::Describe),
];

/// A question that the program answers without starting the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Help,
    Version,
    Describe,
    Probe(ProbeKind),
}

impl Question {
    /// Parses the arguments. A question must be the only one: `--help` beside others is the user's own.
    ///
    /// # Errors
    ///
    /// An argument begins with `--heartbeat` and is unknown, or stands beside others. It may be a
    /// mistyped probe, which must not start a second worker.
    pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Option<Self>, String> {
        let arguments: Vec<OsString> = arguments.collect();
        let mut asked = None;
        for (index, argument) in arguments.iter().enumerate() {
            let begin = argument.as_encoded_bytes().get(..PREFIX.len());
            if !begin.is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX)) {
                continue;
            }
            let known = KNOWN.iter().find(|(name, _)| argument == name);
            asked = Some(known.ok_or_else(|| unknown(argument, arguments.get(index + 1)))?);
        }
        match (asked, arguments.as_slice()) {
            (Some((_, question)), [_]) => Ok(Some(*question)),
            (Some((name, _)), _) => {
                Err(format!("`{name}` must be the only argument: remove the others"))
            }
            (None, [only]) if only == "--help" => Ok(Some(Self::Help)),
            (None, [only]) if only == "--version" => Ok(Some(Self::Version)),
            (None, _) => Ok(None),
        }
    }
}

/// Describes an unknown argument. Its value may be the next argument.
fn unknown(argument: &OsString, next: Option<&OsString>) -> String {
    let argument = argument.to_string_lossy();
    let joined = next.map(|next| format!("{argument}={}", next.to_string_lossy()));
    let names = || KNOWN.iter().map(|(name, _)| *name);
    let near = joined.and_then(|joined| suggest(&joined, names()));
    let help = match near.or_else(|| suggest(&argument, names())) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`--help` lists them".to_owned(),
    };
    format!("`{}` is not an argument of a worker: {help}", escape_controls(&argument))
}

#[cfg(test)]
mod tests {
    use super::{ProbeKind, Question};

    #[test]
    fn a_question_must_be_the_only_argument_and_others_are_the_users() {
        let asked = |arguments: &[&str]| Question::parse(arguments.iter().map(Into::into));
        assert_eq!(asked(&["--heartbeat-probe=live"]), Ok(Some(Question::Probe(ProbeKind::Live))));
        assert_eq!(asked(&["--heartbeat-describe"]), Ok(Some(Question::Describe)));
        assert_eq!(asked(&["--help"]), Ok(Some(Question::Help)));
        assert_eq!(asked(&["--version"]), Ok(Some(Question::Version)));
        for own in [
            &[][..],
            &["-v", "", "heartbeat", "-heartbeat", "live"],
            &["import", "--help"],
            &["--version", "--json"],
            &["-h"],
            &["--help=all"],
        ] {
            assert_eq!(asked(own), Ok(None), "{own:?}");
        }
        for refused in [
            &["--heartbeat-probe=live", "-v"][..],
            &["--help", "--heartbeat-describe"],
            &["-v", "--heartbeat"],
            &["--Heartbeat-probe=live"],
            &["--HEARTBEAT-DESCRIBE"],
        ] {
            asked(refused).unwrap_err();
        }
    }
}
