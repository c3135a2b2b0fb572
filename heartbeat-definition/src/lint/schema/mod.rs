//! Microsoft's XML schema (SDK 2.4) as data, and the walk that applies it.
//!
//! The two tables in `definition` and `configuration` are the schema; nothing
//! else in this crate knows which elements and attributes exist or what types
//! they have. One difference: `schemaVersion` takes any release's version.

mod configuration;
mod definition;
mod validate;
mod value_type;

pub(crate) use configuration::SERVICE_CONFIGURATION;
pub(crate) use definition::{ROLE_MODULE, SERVICE_DEFINITION};
pub(crate) use validate::validate;
use value_type::ValueType;

/// An element: its attributes and what may be inside.
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
    /// `xs:sequence`: as the table lists them.
    Fixed,
    /// `xs:all`.
    Free,
}

/// One place in an element's content: any of some elements, so many times.
struct Particle {
    elements: &'static [&'static Element],
    min_occurs: usize,
    max_occurs: usize,
    /// Whether too few or too many are met in documentation or files in use.
    lenient: bool,
}

// The words that the tables are written in.

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
