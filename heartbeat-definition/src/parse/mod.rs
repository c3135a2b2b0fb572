//! From bytes to a tree of elements with positions, in four steps:
//! `encoding` decodes, `limits` enforces the limits, `tree` parses, and
//! `syntax_error` explains why it could not, with what `foreign` files, `damage`,
//! `template` marks, `tag_mismatch` and `token_error` look like.

mod damage;
pub(crate) mod element_names;
mod encoding;
pub(crate) mod error;
mod file_kind;
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
    template::{FILL_IN, mark as template_mark},
    text::Text,
};

use crate::{Position, ReadError};
use position::Cursor;

impl Document {
    /// Parses the decoded text of an XML document.
    fn parse(text: &str) -> Result<Self, ReadError> {
        if let Some(what) = foreign::recognise(text) {
            return Err(ReadError::new(Position::START, what));
        }
        limits::check(text).map_err(|exceeded| refuse(text, exceeded))?;
        tree::parse(text)
    }
}

/// What looks like too much may be the work of an earlier mistake, such as a
/// quotation mark that is missing: then that is what to tell.
fn refuse(text: &str, exceeded: limits::LimitExceeded) -> ReadError {
    let before = text.get(..exceeded.reached).unwrap_or_default();
    match roxmltree::Document::parse(before) {
        Err(error) if !syntax_error::is_cut(&error) => syntax_error::explain(text, &error),
        _ => ReadError::new(Cursor::new(text).at(exceeded.start), exceeded.message),
    }
}
