//! Validation of a tree against the schema.

use super::configuration::LATER;
use super::{Attribute, Element, Order, Particle};
use crate::excerpt::excerpt;
use crate::lint::diagnostics::Diagnostics;
use crate::parse::{FILL_IN, Node, Text, find_placeholder};
use crate::{Code, Severity};

/// Reports every violation of the schema in `node` and below. The parser's limit on the depth
/// bounds the recursion.
pub(crate) fn validate(node: &Node, element: &Element, diagnostics: &mut Diagnostics) {
    let before = diagnostics.len();
    check_known_attributes(node, element, diagnostics);
    for attribute in element.attributes {
        check_attribute(node, attribute, diagnostics);
    }
    check_content(node, element, diagnostics);
    check_text(node, element, diagnostics.len() == before, diagnostics);
}

fn check_known_attributes(node: &Node, element: &Element, diagnostics: &mut Diagnostics) {
    let names = || element.attributes.iter().map(|attribute| attribute.name);
    for attribute in &node.source.attributes {
        if names().all(|name| name != attribute.name) {
            let (message, fix) = later(element, &attribute.name).unwrap_or_else(|| {
                let fix = diagnostics.did_you_mean(&attribute.name, &mut names());
                let name = excerpt(&attribute.name);
                (format!("`{}` has no attribute `{name}`", element.name), fix)
            });
            let code = Code::UnknownAttribute;
            diagnostics.push(code, code.severity(), attribute.name_position, message, fix);
        }
    }
}

fn check_attribute(node: &Node, attribute: &Attribute, diagnostics: &mut Diagnostics) {
    let Attribute { name, value_type, required } = *attribute;
    let Some(written) = node.source.attribute(name) else {
        if required {
            diagnostics.add_with_fix(
                Code::MissingAttribute,
                node.source.position,
                format!("`{}` has no `{name}`", node.name()),
                format!("add {name}=\"…\", {}", value_type.expected()),
            );
        }
        return;
    };
    // A name in another case was reported as unknown, but its value counts.
    if !value_type.accepts(&written.value) {
        let code = value_type.code();
        let message = format!(
            "`{}` is not a valid `{name}` of `{}`; expected {}",
            excerpt(&written.value),
            node.name(),
            value_type.expected()
        );
        let filled_in = find_placeholder(&written.value).map(|_| FILL_IN.to_owned());
        let fix = filled_in.or_else(|| value_type.fix(&written.value));
        diagnostics.push(code, code.severity(), written.position, message, fix);
    }
}

fn check_text(
    node: &Node,
    element: &Element,
    is_otherwise_valid: bool,
    diagnostics: &mut Diagnostics,
) {
    let code = Code::UnexpectedText;
    match node.text {
        Some(Text::Written(place)) if element.content.is_empty() => diagnostics.add_with_fix(
            code,
            place,
            format!("`{}` contains text, but must be empty", element.name),
            if element.attributes.iter().any(|attribute| attribute.name == "value") {
                "write value=\"…\" instead"
            } else {
                "remove it, or put it into an attribute"
            },
        ),
        Some(Text::Written(place)) => diagnostics.add_with_fix(
            code,
            place,
            format!("`{}` contains text, but may only contain elements", element.name),
            "remove it, or put it into an attribute",
        ),
        Some(Text::Leftover(place, fix)) => diagnostics.add_with_fix(
            code,
            place,
            format!("`{}` contains text, but may only contain elements", element.name),
            fix,
        ),
        // The schema's empty types allow no white space either. After another fault of the element
        // it is not worth a report.
        Some(Text::Blank(place)) if is_otherwise_valid && element.content.is_empty() => diagnostics
            .push(
                code,
                Severity::Warning,
                place,
                format!("`{}` contains white space, but must be empty", element.name),
                Some(format!("write <{} … />", element.name)),
            ),
        _ => {}
    }
}

fn check_content(node: &Node, element: &Element, diagnostics: &mut Diagnostics) {
    let mut counts = vec![0_usize; element.content.len()];
    let mut furthest = 0;
    let mut last: Option<&str> = None;
    for child in &node.children {
        let Some((index, particle, known)) = find(child, element) else {
            report_unknown(child, element, diagnostics);
            continue;
        };
        if let Some(count) = counts.get_mut(index) {
            *count += 1;
            if *count == particle.max_occurs.saturating_add(1) {
                report_repeated(child, particle, element, diagnostics);
            }
        }
        if element.order == Order::Fixed && index < furthest {
            let before = last.unwrap_or_default();
            diagnostics.add_with_fix(
                Code::MisplacedElement,
                child.source.position,
                format!("`{}` must come before `{before}`", child.name()),
                "move it up",
            );
        } else {
            furthest = index;
            last = Some(known.name);
        }
        validate(child, known, diagnostics);
    }
    for (particle, count) in element.content.iter().zip(counts) {
        if count < particle.min_occurs {
            report_missing(node, particle, diagnostics);
        }
    }
}

/// Finds the particle that allows `child`, with its index and the child's own rules.
fn find<'e>(child: &Node, element: &'e Element) -> Option<(usize, &'e Particle, &'e Element)> {
    if child.foreign {
        return None;
    }
    element.content.iter().enumerate().find_map(|(index, particle)| {
        let known = particle.elements.iter().find(|known| known.name == child.name())?;
        Some((index, particle, *known))
    })
}

fn report_unknown(child: &Node, element: &Element, diagnostics: &mut Diagnostics) {
    let names = element.content.iter().flat_map(|particle| particle.elements);
    let (message, fix) = later(element, child.name()).unwrap_or_else(|| {
        let fix = diagnostics.did_you_mean(child.name(), &mut names.map(|known| known.name));
        (format!("`{}` has no element `{}`", element.name, excerpt(child.name())), fix)
    });
    let code = Code::UnknownElement;
    diagnostics.push(code, code.severity(), child.source.position, message, fix);
}

/// Returns the message and the fix for a name that only later documentation has.
fn later(parent: &Element, name: &str) -> Option<(String, Option<String>)> {
    LATER.contains(&(parent.name, name)).then(|| {
        let message = format!("`{name}` of `{}` is unknown to the SDK 2.4 schema", parent.name);
        (
            message,
            Some("remove it, unless a later SDK or extended support reads the file".to_owned()),
        )
    })
}

fn report_repeated(
    child: &Node,
    particle: &Particle,
    element: &Element,
    diagnostics: &mut Diagnostics,
) {
    let names = list(particle);
    let max_occurs = particle.max_occurs;
    let message = if max_occurs == 1 {
        format!("`{}` takes only one {names}", element.name)
    } else {
        format!("`{}` takes at most {max_occurs} {names}", element.name)
    };
    let fix = match particle.elements {
        [_] => "merge them into one",
        _ => "keep one of them",
    };
    diagnostics.push(
        Code::RepeatedElement,
        severity(particle),
        child.source.position,
        message,
        Some(fix.to_owned()),
    );
}

fn report_missing(node: &Node, particle: &Particle, diagnostics: &mut Diagnostics) {
    let names = list(particle);
    diagnostics.push(
        Code::MissingElement,
        severity(particle),
        node.source.position,
        format!("`{}` has no {names}", node.name()),
        Some(format!("add {names}")),
    );
}

fn severity(particle: &Particle) -> Severity {
    if particle.lenient { Severity::Warning } else { Severity::Error }
}

fn list(particle: &Particle) -> String {
    let names: Vec<_> = particle.elements.iter().map(|known| known.name).collect();
    format!("`{}`", names.join("` or `"))
}
