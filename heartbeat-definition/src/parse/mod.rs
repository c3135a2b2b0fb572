//! From bytes to a tree of elements with positions, in four steps:
//! `encoding` decodes, `limits` enforces the limits, `tree` parses, and
//! `syntax_error` explains why it could not, with what `foreign` files, `damage`,
//! `template` marks, `tag_mismatch` and `token_error` look like.

mod damage;
mod encoding;
pub(crate) mod error;
mod foreign;
mod limits;
pub(crate) mod position;
pub(crate) mod source;
mod syntax_error;
mod tag_mismatch;
mod template;
mod token_error;
mod tree;

pub(crate) use encoding::Doubt;
pub(crate) use template::{FILL_IN, mark as template_mark};
pub(crate) use tree::{Document, Node, Text};

use crate::parse::position::Cursor;
use crate::{Position, ReadError};

/// The longest file that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

impl Document {
    /// Reads `bytes` as an XML document.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        if bytes.len() > MAX_BYTES {
            let length = bytes.len();
            return Err(ReadError::new(
                Position::START,
                format!(
                    "the file has {length} bytes, but at most {MAX_BYTES} are read: is this the right file?"
                ),
            ));
        }
        let decoded = encoding::decode(bytes)?;
        let text = &*decoded.text;
        if let Some(what) = foreign::recognise(text) {
            return Err(ReadError::new(Position::START, what));
        }
        limits::check(text).map_err(|breach| refuse(text, breach))?;
        tree::parse(text, decoded.doubts)
    }
}

/// What looks like too much may be the work of an earlier mistake, such as a
/// quotation mark that is missing: then that is what to tell.
fn refuse(text: &str, breach: limits::Breach) -> ReadError {
    let before = text.get(..breach.reached).unwrap_or_default();
    match roxmltree::Document::parse(before) {
        Err(error) if !syntax_error::is_cut(&error) => syntax_error::explain(text, &error),
        _ => ReadError::new(Cursor::new(text).at(breach.start), breach.message),
    }
}
