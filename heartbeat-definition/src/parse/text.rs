//! Text between elements, where service files have only white space.

use super::position::Cursor;
use super::{damage, template};
use crate::Position;

/// Characters directly inside an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// White space only.
    Blank(Position),
    /// Other text.
    Written(Position),
    /// Text that a template or a merge left, with its fix.
    Leftover(Position, &'static str),
}

impl Text {
    /// Classifies the text that begins at byte `start`.
    pub(super) fn new(written: &str, start: usize, cursor: &mut Cursor<'_>) -> Self {
        let indent = written.len() - written.trim_start().len();
        if indent == written.len() {
            return Self::Blank(cursor.at(start));
        }
        let position = cursor.at(start + indent);
        if written.lines().any(damage::is_merge_marker) {
            Self::Leftover(position, damage::RESOLVE_CONFLICT)
        } else if template::find_placeholder(written).is_some() {
            Self::Leftover(position, template::FILL_IN)
        } else {
            Self::Written(position)
        }
    }

    pub(super) fn is_blank(self) -> bool {
        matches!(self, Self::Blank(_))
    }
}
