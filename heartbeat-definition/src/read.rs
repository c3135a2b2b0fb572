//! From bytes to a tree of elements: limits, encoding, positions.

use std::fmt;

use roxmltree::{Attribute, Document, Node, ParsingOptions, TextPos};

/// A larger file is refused; the largest real one known has 60 KiB.
const MAX_BYTES: usize = 1024 * 1024;

/// A place in a file: the line and the column, in characters, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl From<TextPos> for Position {
    fn from(at: TextPos) -> Self {
        Self { line: at.row, column: at.col }
    }
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<T> {
    /// The definition or configuration itself.
    pub model: T,
}

/// Why a file cannot be read, and where. Prints as `line:column: reason`, so that a caller puts
/// the file's name and a colon before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    position: Position,
    message: String,
}

impl ReadError {
    pub(crate) fn new(position: Position, message: impl Into<String>) -> Self {
        Self { position, message: message.into() }
    }

    /// Where the reader gave up.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)
    }
}

impl std::error::Error for ReadError {}

/// Reads the bytes as XML whose root is `root` in one of the two service hosting namespaces.
pub(crate) fn with_root<T>(
    bytes: &[u8],
    root: &str,
    model: impl FnOnce(&Tree<'_>, Node<'_, '_>) -> Result<T, ReadError>,
) -> Result<Reading<T>, ReadError> {
    let start = Position { line: 1, column: 1 };
    if bytes.len() > MAX_BYTES {
        return Err(ReadError::new(start, format!("the file is larger than {MAX_BYTES} bytes")));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| ReadError::new(start, "not UTF-8 text: save the file as UTF-8"))?;
    // A byte-order mark left in place would put every column of the first line one too far.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| ReadError::new(error.pos().into(), format!("not XML: {error}")))?;
    let tree = Tree { document: &document };
    let element = document.root_element();
    if element.tag_name().name() != root {
        let found = element.tag_name().name();
        let message = format!("the root element is `{found}`, and has to be `{root}`");
        return Err(ReadError::new(tree.position(element), message));
    }
    Ok(Reading { model: model(&tree, element)? })
}

/// A parsed file that can say where its elements and attributes are.
pub(crate) struct Tree<'a> {
    document: &'a Document<'a>,
}

impl Tree<'_> {
    pub(crate) fn position(&self, node: Node<'_, '_>) -> Position {
        self.document.text_pos_at(node.range().start).into()
    }

    pub(crate) fn value_position(&self, attribute: &Attribute<'_, '_>) -> Position {
        self.document.text_pos_at(attribute.range_value().start).into()
    }

    /// The value of an attribute that the schema requires.
    pub(crate) fn required(&self, node: Node<'_, '_>, name: &str) -> Result<String, ReadError> {
        node.attribute(name).map(str::to_owned).ok_or_else(|| {
            let element = node.tag_name().name();
            ReadError::new(self.position(node), format!("`{element}` has no `{name}`"))
        })
    }
}

/// The children of that name, in document order.
pub(crate) fn children<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

/// The children called `item` of the children called `list`.
pub(crate) fn listed<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    list: &'static str,
    item: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    children(node, list).flat_map(move |list| children(list, item))
}
