//! The types of attribute values.

use crate::model::values::{blank, boolean, int, port_or_any};
use crate::{Code, suggest};

/// The type of an attribute's value.
#[derive(Clone, Copy)]
pub(crate) enum ValueType {
    Any,
    /// `NamedElementNameString`.
    Name,
    /// `VirtualDirectoryName`.
    DirectoryName,
    /// `xs:int` within bounds.
    Int(i32, i32),
    /// `PortSpecifier`: a port, or `*`.
    PortOrAny,
    Bool,
    OneOf(&'static [&'static str]),
    /// A text with a length within bounds, in characters.
    Length(usize, usize),
    VmName,
    Thumbprint,
    ThumbprintAlgorithm,
    Ipv4,
    SchemaVersion,
}

pub(super) const PORT: ValueType = ValueType::Int(1, 65535);
pub(super) const POSITIVE: ValueType = ValueType::Int(1, i32::MAX);
pub(super) const INT: ValueType = ValueType::Int(i32::MIN, i32::MAX);
pub(super) const NON_EMPTY: ValueType = ValueType::Length(1, 256);

const NOT_IN_NAMES: &str = "\\/:*?\"<>|`'^";
const NOT_IN_DIRECTORY_NAMES: &str = "\\/?;:@&=+$,|\"<>`'^";

impl ValueType {
    pub(super) fn accepts(self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name => name(value, NOT_IN_NAMES),
            Self::DirectoryName => name(value, NOT_IN_DIRECTORY_NAMES),
            Self::Int(min, max) => int(value).is_some_and(|n| (min..=max).contains(&n)),
            Self::PortOrAny => port_or_any(value).is_some(),
            Self::Bool => boolean(value).is_some(),
            Self::OneOf(words) => words.contains(&value),
            Self::Length(min, max) => {
                // A character has at most four bytes, so longer texts need no count.
                value.len() <= max.saturating_mul(4) && (min..=max).contains(&value.chars().count())
            }
            Self::VmName => {
                (1..=10).contains(&value.len())
                    && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                    && !value.starts_with('-')
                    && !value.ends_with('-')
            }
            Self::Thumbprint => {
                !value.is_empty() && value.chars().all(|c| c.is_ascii_hexdigit() || blank(c))
            }
            Self::ThumbprintAlgorithm => value == "sha1",
            Self::Ipv4 => value.split('.').count() == 4 && value.split('.').all(octet),
            Self::SchemaVersion => value == "unspecified" || version(value),
        }
    }

    /// Describes the valid values, to follow "expected".
    pub(super) fn expected(self) -> String {
        match self {
            Self::Any => "any text".into(),
            Self::Name => format!(
                "a name that begins with an ASCII letter or `_`, contains none of {NOT_IN_NAMES} and does not end in `.` or a space"
            ),
            Self::DirectoryName => format!(
                "a name that begins with an ASCII letter or `_`, contains none of {NOT_IN_DIRECTORY_NAMES} and does not end in `.` or a space"
            ),
            Self::Int(i32::MIN, i32::MAX) => "a whole number".into(),
            Self::Int(min, i32::MAX) => format!("a whole number of at least {min}"),
            Self::Int(min, max) => format!("a whole number from {min} to {max}"),
            Self::PortOrAny => "a whole number from 1 to 65535, or `*`".into(),
            Self::Bool => "`true` or `false`".into(),
            Self::OneOf(words) => match words {
                [word] => format!("`{word}`"),
                _ => format!("one of `{}`", words.join("`, `")),
            },
            Self::Length(min, max) => format!("{min} to {max} characters"),
            Self::VmName => "1 to 10 ASCII letters, digits and inner `-`".into(),
            Self::Thumbprint => "hexadecimal digits".into(),
            Self::ThumbprintAlgorithm => "`sha1`".into(),
            Self::Ipv4 => "an IPv4 address".into(),
            Self::SchemaVersion => "`unspecified`, or a version such as `2015-04.2.6`".into(),
        }
    }

    /// Returns the fix, if it is clear what was meant.
    pub(super) fn fix(self, value: &str) -> Option<String> {
        let meant = match self {
            Self::ThumbprintAlgorithm => {
                let folded = value.trim().to_lowercase().replace('-', "");
                if folded != "sha1" {
                    // Another algorithm makes another thumbprint.
                    let fix = "write `sha1`, and in `thumbprint` the certificate's SHA-1 thumbprint of 40 digits";
                    return Some(fix.to_owned());
                }
                "sha1".to_owned()
            }
            Self::OneOf(words) => suggest(value.trim(), words.iter().copied())?.to_owned(),
            Self::Bool => suggest(value.trim(), ["true", "false"])?.to_owned(),
            Self::Thumbprint => value.chars().filter(char::is_ascii_hexdigit).collect(),
            Self::Name | Self::DirectoryName => {
                value.trim_end_matches(|c| c == '.' || blank(c)).to_owned()
            }
            _ => return None,
        };
        // A thumbprint has 40 digits; fewer come from a placeholder.
        let plausible = !matches!(self, Self::Thumbprint) || meant.len() == 40;
        (plausible && self.accepts(&meant))
            .then(|| format!("write `{}`", crate::excerpt::pasted(&meant)))
    }

    /// Returns the rule that an invalid value violates.
    pub(super) fn code(self) -> Code {
        match self {
            Self::Thumbprint => Code::InvalidThumbprint,
            _ => Code::InvalidValue,
        }
    }
}

fn name(value: &str, forbidden: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !value.contains(|c| forbidden.contains(c))
        && !value.ends_with(|c: char| c == '.' || c.is_whitespace())
}

fn octet(value: &str) -> bool {
    (1..=3).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_digit())
        && value.parse::<u8>().is_ok()
        // The pattern allows `00` but not `000`.
        && !(value.len() == 3 && value.starts_with('0'))
}

/// Returns whether a value is a version such as `2015-04.2.6`.
fn version(value: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts = value.split('.');
    let date = parts.next().and_then(|date| date.split_once('-'));
    date.is_some_and(|(year, month)| digits(year) && digits(month))
        && parts.clone().count() == 2
        && parts.all(digits)
}

#[cfg(test)]
mod tests;
