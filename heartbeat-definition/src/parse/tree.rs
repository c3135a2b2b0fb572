//! The tree of elements that models are read from and the schema is checked on.

use roxmltree::NodeType;

use super::position::Cursor;
use super::syntax_error::explain;
#[cfg(feature = "lint")]
use super::text::Text;
use crate::ReadError;
use crate::parse::source::{Attribute, Source};

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

pub(crate) struct Document {
    pub(crate) root: Node,
    /// The namespace of the root.
    pub(crate) namespace: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) source: Source,
    /// True if it is in another namespace than the root.
    pub(crate) foreign: bool,
    pub(crate) children: Vec<Node>,
    /// The first text that is not blank, else the last.
    #[cfg(feature = "lint")]
    pub(crate) text: Option<Text>,
}

impl Node {
    /// Returns the element's name.
    pub(crate) fn name(&self) -> &str {
        &self.source.element
    }

    /// Returns the child elements of the root's namespace.
    pub(crate) fn elements(&mut self) -> impl Iterator<Item = &mut Self> {
        self.children.iter_mut().filter(|child| !child.foreign)
    }

    /// Returns the child elements of that name, as a list: it compiles to less code than an
    /// iterator for each kind of element.
    pub(crate) fn all(&mut self, name: &str) -> Vec<&mut Self> {
        self.elements().filter(|child| child.name() == name).collect()
    }

    pub(crate) fn first(&mut self, name: &str) -> Option<&mut Self> {
        self.elements().find(|child| child.name() == name)
    }

    /// Returns the elements `name` within every `container`, so that nothing is lost from a
    /// container that is wrongly repeated.
    pub(crate) fn within(&mut self, container: &str, name: &str) -> Vec<&mut Self> {
        self.all(container).into_iter().flat_map(|child| child.all(name)).collect()
    }
}

pub(super) fn parse(text: &str) -> Result<Document, ReadError> {
    let parsed = roxmltree::Document::parse(text).map_err(|error| explain(text, &error))?;
    let element = parsed.root_element();
    let namespace = element.tag_name().namespace();
    let mut builder = Builder { text, namespace, cursor: Cursor::new(text) };
    Ok(Document { root: builder.node(element), namespace: namespace.map(str::to_owned) })
}

struct Builder<'a> {
    text: &'a str,
    namespace: Option<&'a str>,
    cursor: Cursor<'a>,
}

impl Builder<'_> {
    /// Copies an element. The limit on the depth bounds the recursion.
    fn node(&mut self, element: roxmltree::Node<'_, '_>) -> Node {
        let position = self.cursor.at(element.range().start);
        let attributes = element
            .attributes()
            // Attributes such as `xsi:schemaLocation` are not about the service.
            .filter(|attribute| attribute.namespace() != Some(SCHEMA_INSTANCE))
            .map(|attribute| self.attribute(&attribute))
            .collect();
        let mut node = Node {
            source: Source { element: element.tag_name().name().to_owned(), position, attributes },
            foreign: element.tag_name().namespace() != self.namespace,
            ..Node::default()
        };
        for child in element.children() {
            match child.node_type() {
                NodeType::Element => node.children.push(self.node(child)),
                #[cfg(feature = "lint")]
                NodeType::Text if node.text.is_none_or(Text::is_blank) => {
                    let range = child.range();
                    let written = self.text.get(range.clone()).unwrap_or_default();
                    node.text = Some(Text::new(written, range.start, &mut self.cursor));
                }
                _ => {}
            }
        }
        node
    }

    fn attribute(&mut self, attribute: &roxmltree::Attribute<'_, '_>) -> Attribute {
        let name = match attribute.namespace() {
            None => attribute.name().to_owned(),
            Some(namespace) => format!("{{{namespace}}}{}", attribute.name()),
        };
        // `range_value` is wrong after 255 spaces around `=`.
        let start = attribute.range().start;
        let written = self.text.get(attribute.range()).unwrap_or_default();
        let quote = written.find(['"', '\'']).map_or(0, |quote| quote + 1);
        Attribute {
            name,
            name_position: self.cursor.at(start),
            value: attribute.value().to_owned(),
            position: self.cursor.at(start + quote),
        }
    }
}
