use std::collections::{BTreeSet, HashSet};

use super::{Element, ROLE_MODULE, SERVICE_CONFIGURATION, SERVICE_DEFINITION};
use crate::parse::element_names::ELEMENT_NAMES;

#[test]
fn the_parser_knows_every_element_of_the_schema() {
    let names: Vec<_> = element_names().into_iter().collect();
    assert_eq!(names, ELEMENT_NAMES);
}

/// The names of all elements in the tables.
fn element_names() -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut left: Vec<&'static Element> =
        vec![&SERVICE_DEFINITION, &ROLE_MODULE, &SERVICE_CONFIGURATION];
    while let Some(element) = left.pop() {
        names.insert(element.name);
        // Directories contain directories.
        if seen.insert(std::ptr::from_ref(element)) {
            left.extend(element.content.iter().flat_map(|particle| particle.elements));
        }
    }
    names
}
