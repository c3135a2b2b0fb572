//! Microsoft's XML schema (SDK 2.4) as tables, and the validation of a tree.
//!
//! The tables are in `definition` and `configuration`. They differ from the schema in one thing:
//! `schemaVersion` accepts the version of any release.

mod configuration;
mod definition;
mod validate;
mod value_type;

pub(crate) use configuration::SERVICE_CONFIGURATION;
pub(crate) use definition::{ROLE_MODULE, SERVICE_DEFINITION};
pub(crate) use validate::validate;
use value_type::ValueType;

/// An element with its attributes and content.
pub(crate) struct Element {
    pub(crate) name: &'static str,
    attributes: &'static [Attribute],
    order: Order,
    content: &'static [Particle],
}

struct Attribute {
    name: &'static str,
    value_type: ValueType,
    required: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// `xs:sequence`: the order of the table.
    Fixed,
    /// `xs:all`: any order.
    Free,
}

/// A part of an element's content: any of some elements, in some number.
struct Particle {
    elements: &'static [&'static Element],
    min_occurs: usize,
    max_occurs: usize,
    /// True if a wrong number is met in the documentation or in real files: it is a warning then.
    lenient: bool,
}

// Constructors, to keep the tables short.

const fn element(
    name: &'static str,
    attributes: &'static [Attribute],
    content: &'static [Particle],
) -> Element {
    Element { name, attributes, order: Order::Fixed, content }
}

const fn in_any_order(mut element: Element) -> Element {
    element.order = Order::Free;
    element
}

const fn required(name: &'static str, value_type: ValueType) -> Attribute {
    Attribute { name, value_type, required: true }
}

const fn optional(name: &'static str, value_type: ValueType) -> Attribute {
    Attribute { name, value_type, required: false }
}

const fn times(
    min_occurs: usize,
    max_occurs: usize,
    elements: &'static [&'static Element],
) -> Particle {
    Particle { elements, min_occurs, max_occurs, lenient: false }
}

const fn one(elements: &'static [&'static Element]) -> Particle {
    times(1, 1, elements)
}

const fn maybe(elements: &'static [&'static Element]) -> Particle {
    times(0, 1, elements)
}

const fn any(elements: &'static [&'static Element]) -> Particle {
    times(0, usize::MAX, elements)
}

const fn some(elements: &'static [&'static Element]) -> Particle {
    times(1, usize::MAX, elements)
}

const fn lenient(mut particle: Particle) -> Particle {
    particle.lenient = true;
    particle
}

#[cfg(test)]
mod tests;
