//! Start tags and end tags that do not match.

use super::damage::Blame;
use super::element_names::ELEMENT_NAMES;
use super::position::Cursor;
use crate::excerpt::excerpt;
use crate::suggest;

/// Blames one of the two tags, each given with its offset: a misspelt one, else the end tag.
pub(super) fn explain(text: &str, open: (usize, &str), close: (usize, &str)) -> Blame {
    let ((start, open), (end, close)) = (open, close);
    let known = |name| ELEMENT_NAMES.binary_search(&name).is_ok();
    let are_alike = suggest(open, [close]).is_some();
    match (known(open), known(close)) {
        (false, is_known) if are_alike => {
            let meant = if is_known { Some(close) } else { suggest(open, ELEMENT_NAMES) };
            let (open, close) = (excerpt(open), excerpt(close));
            let meant = meant.map_or_else(|| close.clone(), excerpt);
            let message = format!(
                "the start tag `<{open}>` does not match the end tag `</{close}>`: \
                 did you mean `<{meant}>`?"
            );
            (start, message)
        }
        (true, false) if are_alike => {
            let (open, close) = (excerpt(open), excerpt(close));
            let message = format!(
                "the end tag `</{close}>` does not match the start tag `<{open}>`: \
                 did you mean `</{open}>`?"
            );
            (end, message)
        }
        _ => {
            let place = Cursor::new(text).at(start);
            let (open, close) = (excerpt(open), excerpt(close));
            let message = format!(
                "`</{close}>` is out of place: `</{open}>` must come first, \
                 for the `<{open}>` at {place}"
            );
            (end, message)
        }
    }
}
