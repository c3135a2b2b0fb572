//! Parsing of bytes into a tree of elements with positions: `encoding` decodes, `foreign` and
//! `limits` refuse, `tree` parses, `file_kind` checks the root. `syntax_error` explains a failure,
//! with the help of `damage`, `template`, `tag_mismatch` and `token_error`.

mod damage;
pub(crate) mod element_names;
pub(crate) mod encoding;
pub(crate) mod error;
pub(crate) mod file_kind;
mod foreign;
mod limits;
pub(crate) mod position;
pub(crate) mod source;
mod syntax_error;
mod tag_mismatch;
mod template;
#[cfg(feature = "lint")]
mod text;
mod token_error;
mod tree;

pub(crate) use encoding::decode;
pub(crate) use file_kind::FileKind;
pub(crate) use tree::{Document, Node};
#[cfg(feature = "lint")]
pub(crate) use {
    encoding::Encoding,
    template::{FILL_IN, find_placeholder},
    text::Text,
};

use crate::{Position, ReadError};
use position::Cursor;

impl Document {
    /// Parses the decoded text of an XML document.
    fn parse(text: &str) -> Result<Self, ReadError> {
        if let Some(message) = foreign::recognise(text) {
            return Err(ReadError::new(Position::START, message));
        }
        limits::check(text).map_err(|exceeded| explain_excess(text, &exceeded))?;
        tree::parse(text)
    }
}

/// Explains an exceeded limit, or the earlier syntax error that caused it, such as a missing
/// quotation mark.
fn explain_excess(text: &str, exceeded: &limits::LimitExceeded) -> ReadError {
    let before = text.get(..exceeded.reached).unwrap_or_default();
    match roxmltree::Document::parse(before) {
        Err(error) if !syntax_error::is_cut(&error) => syntax_error::explain(text, &error),
        _ => ReadError::new(Cursor::new(text).at(exceeded.start), exceeded.message.as_str()),
    }
}
