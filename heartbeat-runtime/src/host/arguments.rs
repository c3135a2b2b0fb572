//! Arguments of the program. Those that begin with `--heartbeat` are the worker's; all others are the
//! user's own.

use std::ffi::OsString;

use heartbeat_definition::suggest;

use crate::log::escape_controls;
use crate::probe::ProbeKind;

const PREFIX: &[u8] = b"--heartbeat";
const KNOWN: [(&str, ProbeKind); 3] = [
    ("--heartbeat-probe=live", ProbeKind::Live),
    ("--heartbeat-probe=ready", ProbeKind::Ready),
    ("--heartbeat-probe=startup", ProbeKind::Startup),
];

/// Parses `--heartbeat-probe`, which must be the only argument.
///
/// # Errors
///
/// An argument begins with `--heartbeat` and is unknown, or stands beside others. It may be a mistyped
/// probe, which must not start a second worker.
pub(super) fn probe_kind(
    arguments: impl Iterator<Item = OsString>,
) -> Result<Option<ProbeKind>, String> {
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
            Err(format!("`{name}` must be the only argument: remove the others"))
        }
        asked => Ok(asked.map(|(_, kind)| *kind)),
    }
}

/// Describes an unknown argument. Its value may be the next argument.
fn unknown(argument: &OsString, next: Option<&OsString>) -> String {
    let argument = argument.to_string_lossy();
    let joined = next.map(|next| format!("{argument}={}", next.to_string_lossy()));
    let names = || KNOWN.iter().map(|(name, _)| *name);
    let near = joined.and_then(|joined| suggest(&joined, names()));
    let help = if let Some(name) = near.or_else(|| suggest(&argument, names())) {
        format!("did you mean `{name}`?")
    } else {
        let [(live, _), (ready, _), (startup, _)] = KNOWN;
        format!("write {live}, {ready} or {startup}")
    };
    format!("`{}` is not an argument of a worker: {help}", escape_controls(&argument))
}

#[cfg(test)]
mod tests {
    use super::{ProbeKind, probe_kind};

    #[test]
    fn a_probe_must_be_the_only_argument_and_others_are_the_users() {
        let asked = |arguments: &[&str]| probe_kind(arguments.iter().map(Into::into));
        assert_eq!(asked(&["--heartbeat-probe=live"]), Ok(Some(ProbeKind::Live)));
        assert_eq!(asked(&["--heartbeat-probe=startup"]), Ok(Some(ProbeKind::Startup)));
        assert_eq!(asked(&[]), Ok(None));
        assert_eq!(asked(&["-v", "", "heartbeat", "-heartbeat", "live"]), Ok(None));
        for refused in [&["--heartbeat-probe=live", "-v"][..], &["-v", "--heartbeat"]] {
            asked(refused).unwrap_err();
        }
    }
}
