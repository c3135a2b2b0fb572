//! Explanations of XML syntax errors, each with a fix.

use roxmltree::Error;

use super::damage::{self, placeholder};
use super::foreign::skip_prolog;
use super::position::Cursor;
use super::template::FILL_IN;
use super::{limits, tag_mismatch, token_error};
use crate::excerpt::excerpt;
use crate::{Position, ReadError};

/// Returns whether the text is correct up to its end, and only ends too early.
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

/// Returns the byte offset of a position.
fn offset_of(text: &str, position: Position) -> usize {
    let count = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let lines = text.split_inclusive('\n');
    let start: usize = lines.take(count(position.line)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default();
    start + line.char_indices().nth(count(position.column)).map_or(line.len(), |(at, _)| at)
}

fn mismatched(text: &str, offset: usize, error: &Error) -> Option<damage::Blame> {
    let Error::UnexpectedCloseTag(open, close, _) = error else { return None };
    let start = limits::innermost_open(text.get(..offset)?)?;
    Some(tag_mismatch::explain(text, (start, open), (offset, close)))
}

/// Explains the error, by a template placeholder at its place if there is one.
fn with_placeholder(text: &str, offset: usize, error: &Error) -> String {
    match placeholder(text, offset) {
        Some((mark, true)) => {
            let mark = excerpt(mark);
            format!("`{mark}` looks like a template placeholder: {FILL_IN}")
        }
        Some((_, false)) => {
            let message = message(text, offset, error);
            format!("{message}; this looks like a template: {FILL_IN}")
        }
        None => message(text, offset, error),
    }
}

fn message(text: &str, offset: usize, error: &Error) -> String {
    match error {
        Error::InvalidAttributeValue(_) | Error::InvalidChar(b'"' | b'\'', b'<', _) => {
            "`<` is not allowed in an attribute's value: write `&lt;`".to_owned()
        }
        Error::MalformedEntityReference(_) => {
            "`&` does not begin a character reference here: write `&amp;`".to_owned()
        }
        Error::UnknownEntityReference(name, _) => {
            let name = excerpt(name);
            format!("the entity `&{name};` is not one of XML's five: write the character itself")
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

/// Explains an XML declaration that has something before it.
fn declaration(before: &str) -> String {
    let fix = if before.trim().is_empty() {
        "remove the blank before it"
    } else if skip_prolog(before).is_empty() {
        "move it before the comment"
    } else {
        "remove it here; two files may have been joined"
    };
    format!("the XML declaration `<?xml …?>` is only allowed at the very start of a file: {fix}")
}
