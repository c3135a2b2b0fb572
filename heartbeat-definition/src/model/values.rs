//! The simple types of attribute values, read leniently.

use crate::Port;

pub(crate) fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Parses an `xs:int`: white space may surround it, a sign and zeros may lead.
pub(crate) fn int(value: &str) -> Option<i32> {
    value.trim_matches(blank).parse().ok()
}

/// Parses a `PortInteger`.
pub(crate) fn port(value: &str) -> Option<u16> {
    u16::try_from(int(value)?).ok().filter(|&port| port != 0)
}

/// Parses a `PortSpecifier`.
pub(crate) fn port_or_any(value: &str) -> Option<Port> {
    match value {
        "*" => Some(Port::Any),
        _ => port(value).map(Port::Fixed),
    }
}

/// Parses an `xs:boolean`.
pub(crate) fn boolean(value: &str) -> Option<bool> {
    match value.trim_matches(blank) {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}
