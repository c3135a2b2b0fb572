//! Says why a document is not XML, and what to do about it.

use roxmltree::Error;

use super::damage::{self, placeholder};
use super::foreign::skip_prolog;
use super::position::Cursor;
use super::template::FILL_IN;
use super::{limits, tag_mismatch, token_error};
use crate::excerpt::excerpt;
use crate::{Position, ReadError};

/// Whether all is well up to the end of the text.
pub(super) fn is_cut(error: &Error) -> bool {
    matches!(error, Error::NoRootNode | Error::UnclosedRootNode | Error::UnexpectedEndOfStream)
}

pub(super) fn explain(text: &str, error: &Error) -> ReadError {
    let offset = if is_cut(error) {
        text.len()
    } else {
        offset_of(text, Position { line: error.pos().row, column: error.pos().col })
    };
    let (offset, message) = damage::recognise(text, offset)
        .or_else(|| mismatched(text, offset, error))
        .unwrap_or_else(|| (offset, with_placeholder(text, offset, error)));
    ReadError::new(Cursor::new(text).at(offset), message)
}

/// The byte at a place.
fn offset_of(text: &str, place: Position) -> usize {
    let count = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let lines = text.split_inclusive('\n');
    let start: usize = lines.take(count(place.line)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default();
    start + line.char_indices().nth(count(place.column)).map_or(line.len(), |(at, _)| at)
}

fn mismatched(text: &str, offset: usize, error: &Error) -> Option<damage::Blame> {
    let Error::UnexpectedCloseTag(open, close, _) = error else { return None };
    let start = limits::innermost_open(text.get(..offset)?)?;
    Some(tag_mismatch::mismatched(text, (start, open), (offset, close)))
}

/// What is wrong; a mark of a template at the place says more than the parser.
fn with_placeholder(text: &str, offset: usize, error: &Error) -> String {
    match placeholder(text, offset) {
        Some((mark, true)) => {
            let mark = excerpt(mark);
            format!("`{mark}` looks like a placeholder of a template: {FILL_IN}")
        }
        Some((_, false)) => {
            let what = sentence(text, offset, error);
            format!("{what}; this looks like a template: {FILL_IN}")
        }
        None => sentence(text, offset, error),
    }
}

fn sentence(text: &str, offset: usize, error: &Error) -> String {
    match error {
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
        Error::UnknownNamespace(prefix, _) => {
            let prefix = excerpt(prefix);
            format!("the namespace prefix `{prefix}` is not declared: remove it")
        }
        Error::NoRootNode => "the file holds no element: is it empty?".to_owned(),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream => {
            "the file ends before its elements are closed: was it cut off?".to_owned()
        }
        Error::UnexpectedDeclaration(_) => declaration(text.get(..offset).unwrap_or_default()),
        other => {
            format!(
                "the file is not well-formed XML: {}",
                token_error::explain(text, offset, other)
            )
        }
    }
}

fn declaration(before: &str) -> String {
    let way_out = if before.trim().is_empty() {
        "remove the blank before it"
    } else if skip_prolog(before).is_empty() {
        "move it before the comment"
    } else {
        "remove it here; two files may have been joined"
    };
    format!("the XML declaration `<?xml …?>` may stand at the very start of a file only: {way_out}")
}
