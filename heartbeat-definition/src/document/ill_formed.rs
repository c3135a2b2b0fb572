//! Says why a document is not XML, and what to do about it.

use roxmltree::Error;

use crate::finding::excerpt;
use crate::position::Cursor;
use crate::{Position, ReadError};

/// Whether all is well up to the end of the text.
pub(super) fn is_cut(error: &Error) -> bool {
    matches!(error, Error::NoRootNode | Error::UnclosedRootNode | Error::UnexpectedEndOfStream)
}

pub(super) fn explain(text: &str, error: &Error) -> ReadError {
    let place = if is_cut(error) {
        Cursor::new(text).at(text.len())
    } else {
        Position { line: error.pos().row, column: error.pos().col }
    };
    let what = match error {
        Error::InvalidAttributeValue(_) | Error::InvalidChar(b'"' | b'\'', b'<', _) => {
            "`<` is not allowed in an attribute's value: write `&lt;`".to_owned()
        }
        Error::MalformedEntityReference(_) => {
            "`&` begins no character reference here: write `&amp;`".to_owned()
        }
        Error::UnknownEntityReference(name, _) => {
            let name = excerpt(name);
            format!("the entity `&{name};` is not one of XML's own five: write the text itself")
        }
        Error::DuplicatedAttribute(name, _) => {
            let name = excerpt(name);
            format!("the attribute `{name}` is given twice: remove one")
        }
        Error::UnexpectedCloseTag(expected, actual, _) => {
            let (expected, actual) = (excerpt(expected), excerpt(actual));
            format!("`</{actual}>` closes nothing: `</{expected}>` must come first")
        }
        Error::UnknownNamespace(prefix, _) => {
            let prefix = excerpt(prefix);
            format!("the namespace prefix `{prefix}` is not declared: remove it")
        }
        Error::NoRootNode => "the file holds no element: is it empty?".to_owned(),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream => {
            "the file ends before its elements are closed: was it cut off?".to_owned()
        }
        other => reworded(other),
    };
    let hint = if placeholder(text, place) {
        "; this looks like a template: fill in the template placeholders first"
    } else {
        ""
    };
    ReadError::new(place, format!("{what}{hint}"))
}

/// The parser's own words, without the position that it appends.
fn reworded(error: &Error) -> String {
    let words = error.to_string();
    let place = format!(" at {}", error.pos());
    let words = words.strip_suffix(&place).unwrap_or(&words);
    format!("the file is not well-formed XML: {words}")
}

/// Whether the line of the error holds `$name$`, or `<name>` inside a value.
fn placeholder(text: &str, place: Position) -> bool {
    let index = usize::try_from(place.line.saturating_sub(1)).unwrap_or(usize::MAX);
    let line = text.lines().nth(index).unwrap_or_default();
    let dollars = line.split('$').skip(1).step_by(2).any(|inside| {
        !inside.is_empty() && inside.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
    });
    let dollars = dollars && line.matches('$').count() >= 2;
    dollars || ["=\"<", "='<", "{{"].iter().any(|mark| line.contains(mark))
}
