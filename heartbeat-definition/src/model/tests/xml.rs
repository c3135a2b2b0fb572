//! Strings of a model, and writers of XML.

use std::fmt::Write as _;

use crate::Source;
use proptest::prelude::*;

pub(super) fn name() -> impl Strategy<Value = String> {
    "[A-Za-z_][A-Za-z0-9_&\u{e9}\u{4e16}. -]{0,12}[A-Za-z0-9]"
}

pub(super) fn text() -> impl Strategy<Value = String> {
    "[ -~\u{e9}\u{1f600}\t\n]{1,20}"
}

/// Returns the source of every generated element: none.
pub(super) fn source() -> Source {
    Source::default()
}

/// Writes an attribute, or nothing.
pub(super) fn attribute(name: &str, value: Option<impl ToString>) -> String {
    let Some(value) = value else {
        return String::new();
    };
    let mut written = format!(" {name}=\"");
    for c in value.to_string().chars() {
        match c {
            '"' | '&' | '<' | '\t' | '\n' => write!(written, "&#{};", c as u32).unwrap(),
            c => written.push(c),
        }
    }
    written + "\""
}

/// Writes an attribute that is always there.
pub(super) fn given(name: &str, value: impl ToString) -> String {
    attribute(name, Some(value))
}

pub(super) fn element(name: &str, attributes: &[String], children: &str) -> String {
    format!("<{name}{}>{children}</{name}>\n", attributes.concat())
}

pub(super) fn named(element_name: &str, name: &str) -> String {
    element(element_name, &[given("name", name)], "")
}

/// Writes an element around its items.
pub(super) fn list<'a, T: 'a>(
    name: &str,
    items: impl IntoIterator<Item = &'a T>,
    write: impl Fn(&T) -> String,
) -> String {
    element(name, &[], &items.into_iter().map(write).collect::<String>())
}
