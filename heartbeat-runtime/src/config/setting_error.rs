//! The error of a setting that the role does not declare, or that cannot be parsed.

use std::fmt;

use heartbeat_definition::{is_secret_name, is_secret_value, suggest};

use crate::log::escape_controls;

/// Maximum length of a value in a message, in characters.
const MAX_SHOWN_CHARS: usize = 120;

/// The error of a setting that the role does not declare, or whose value cannot be parsed.
///
/// It never shows a value that may be a secret, only its length. Its source is the cause alone, so
/// that it is found in a chain of errors even behind a wrapper that passes only sources on, such as
/// [`std::io::Error`] or an `Arc`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{cause}", .cause.operation(role))]
pub struct SettingError {
    role: String,
    #[source]
    cause: SettingErrorCause,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum SettingErrorCause {
    #[error("{}", undeclared(name, declared))]
    Undeclared { name: String, declared: Vec<String> },
    #[error("{place} gives {value}: write a value of type `{wanted}`")]
    Unparsable { name: String, place: String, value: ShownValue, wanted: String },
}

/// A value as a message shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ShownValue {
    Text(String),
    Hidden { characters: usize },
}

// === impl SettingError ===

impl SettingError {
    pub(super) fn undeclared(role: &str, name: &str, declared: Vec<String>) -> Self {
        let cause = SettingErrorCause::Undeclared { name: name.to_owned(), declared };
        Self { role: role.to_owned(), cause }
    }

    /// Returns the error of a value from a place that is not of the wanted type, given by its full
    /// name.
    pub(super) fn unparsable(
        role: &str,
        (name, value): (&str, &str),
        place: &impl fmt::Display,
        wanted: &str,
    ) -> Self {
        let cause = SettingErrorCause::Unparsable {
            name: name.to_owned(),
            place: place.to_string(),
            value: ShownValue::new(name, value),
            wanted: without_paths(wanted),
        };
        Self { role: role.to_owned(), cause }
    }

    /// Tells whether an error is one of a setting, or the cause of one.
    pub(crate) fn is(error: &(dyn std::error::Error + 'static)) -> bool {
        error.is::<Self>() || error.is::<SettingErrorCause>()
    }
}

impl SettingErrorCause {
    /// Describes the operation that failed, as the begin of a message.
    fn operation(&self, role: &str) -> String {
        match self {
            Self::Undeclared { .. } => format!("role `{role}` declares "),
            Self::Unparsable { name, .. } => {
                format!("cannot parse setting `{name}` of role `{role}`: ")
            }
        }
    }
}

impl ShownValue {
    fn new(name: &str, value: &str) -> Self {
        if is_secret_name(name) || is_secret_value(value) {
            return Self::Hidden { characters: value.chars().count() };
        }
        let text: String = value.chars().take(MAX_SHOWN_CHARS).collect();
        let ellipsis = if text.len() < value.len() { "…" } else { "" };
        Self::Text(escape_controls(&text) + ellipsis)
    }
}

impl fmt::Display for ShownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "`{text}`"),
            Self::Hidden { characters } => write!(f, "a value of {characters} characters"),
        }
    }
}

/// Describes the missing declaration: suggests the nearest name, else what to add.
fn undeclared(name: &str, declared: &[String]) -> String {
    if let Some(near) = suggest(name, declared.iter().map(String::as_str)) {
        return format!("no setting `{name}`: did you mean `{near}`?");
    }
    let found = match declared {
        [] => "no settings".to_owned(),
        _ => format!("no setting `{name}`, only `{}`", declared.join("`, `")),
    };
    format!("{found}: add <Setting name=\"{name}\" /> to the service definition")
}

/// Returns the name of a type without the paths of its modules.
fn without_paths(type_name: &str) -> String {
    let is_end_of_path = |c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':');
    let parts = type_name.split_inclusive(is_end_of_path);
    parts.map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}

#[cfg(test)]
mod tests {
    use std::any::type_name;
    use std::error::Error as _;
    use std::net::IpAddr;
    use std::num::NonZeroU16;

    use super::{SettingError, without_paths};

    fn unparsable(name: &str, value: &str) -> String {
        let error =
            SettingError::unparsable("W", (name, value), &"VARIABLE", type_name::<IpAddr>());
        let (text, cause) = (error.to_string(), error.source().unwrap());
        assert!(text.ends_with(&cause.to_string()), "the cause is a part of {text}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        text
    }

    #[test]
    fn names_the_setting_the_value_its_place_and_the_type() {
        let expected = "cannot parse setting `Peer` of role `W`: VARIABLE gives `x`: write a value \
                        of type `IpAddr`";
        assert_eq!(unparsable("Peer", "x"), expected);
        let long = unparsable("Peer", &"ä".repeat(1000));
        assert!(long.contains(&format!("gives `{}…`", "ä".repeat(120))), "{long}");
    }

    #[test]
    fn hides_what_may_be_a_secret() {
        let expected = "cannot parse setting `PeerPassword` of role `W`: VARIABLE gives a value of \
                        7 characters: write a value of type `IpAddr`";
        assert_eq!(unparsable("PeerPassword", "hunter2"), expected);
        let url = unparsable("Peer", "amqp://user:hunter2@peer");
        assert!(url.contains("gives a value of 24 characters"), "{url}");
    }

    #[test]
    fn names_types_as_they_are_written() {
        for (name, short) in [
            (type_name::<u32>(), "u32"),
            (type_name::<NonZeroU16>(), "NonZero<u16>"),
            (type_name::<Option<(IpAddr, &str)>>(), "Option<(IpAddr, &str)>"),
        ] {
            assert_eq!(without_paths(name), short);
        }
    }
}
