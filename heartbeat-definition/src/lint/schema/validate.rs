//! Holds a tree against the schema.

use super::configuration::LATER;
use super::{Attribute, Element, Order, Particle};
use crate::lint::diagnostic::{Findings, excerpt};
use crate::parse::{FILL_IN, Node, Text, template_mark};
use crate::{Code, Severity};

/// Reports every breach of the schema in `node` and below. Recursion is
/// bounded by the depth that the document's guard allows.
pub(crate) fn validate(node: &Node, element: &Element, findings: &mut Findings) {
    let before = findings.len();
    check_known_attributes(node, element, findings);
    for attribute in element.attributes {
        check_attribute(node, attribute, findings);
    }
    check_content(node, element, findings);
    check_text(node, element, findings.len() == before, findings);
}

fn check_known_attributes(node: &Node, element: &Element, findings: &mut Findings) {
    let names = || element.attributes.iter().map(|attribute| attribute.name);
    for attribute in &node.source.attributes {
        if names().all(|name| name != attribute.name) {
            let (message, fix) = later(element, &attribute.name).unwrap_or_else(|| {
                let fix = findings.suggest(&attribute.name, &mut names());
                let name = excerpt(&attribute.name);
                (format!("`{}` has no attribute `{name}`", element.name), fix)
            });
            let code = Code::UnknownAttribute;
            findings.push(code, code.severity(), attribute.name_position, message, fix);
        }
    }
}

fn check_attribute(node: &Node, attribute: &Attribute, findings: &mut Findings) {
    let Attribute { name, lexical, required } = *attribute;
    let Some(written) = node.source.attribute(name) else {
        if required {
            findings.add_with_fix(
                Code::MissingAttribute,
                node.source.position,
                format!("`{}` has no `{name}`", node.name()),
                format!("add {name}=\"…\", {}", lexical.expected()),
            );
        }
        return;
    };
    // In another case it was reported as unknown, and its value is used.
    if !lexical.accepts(&written.value) {
        let code = lexical.code();
        let message = format!(
            "`{}` is no `{name}` of `{}`; expected {}",
            excerpt(&written.value),
            node.name(),
            lexical.expected()
        );
        let filled_in = template_mark(&written.value).map(|_| FILL_IN.to_owned());
        let fix = filled_in.or_else(|| lexical.fix(&written.value));
        findings.push(code, code.severity(), written.position, message, fix);
    }
}

fn check_text(node: &Node, element: &Element, is_sound: bool, findings: &mut Findings) {
    let code = Code::UnexpectedText;
    match node.text {
        Some(Text::Written(place)) if element.content.is_empty() => findings.add_with_fix(
            code,
            place,
            format!("`{}` holds text, but must be empty", element.name),
            if element.attributes.iter().any(|attribute| attribute.name == "value") {
                "write value=\"…\" instead"
            } else {
                "remove it, or put it into an attribute"
            },
        ),
        Some(Text::Written(place)) => findings.add_with_fix(
            code,
            place,
            format!("`{}` holds text, but may only hold elements", element.name),
            "remove it, or put it into an attribute",
        ),
        Some(Text::Leftover(place, way_out)) => findings.add_with_fix(
            code,
            place,
            format!("`{}` holds text, but may only hold elements", element.name),
            way_out,
        ),
        // The schema's empty types take no white space either. Beside another
        // fault of the element it is no news.
        Some(Text::Blank(place)) if is_sound && element.content.is_empty() => findings.push(
            code,
            Severity::Warning,
            place,
            format!("`{}` holds white space, but must be empty", element.name),
            Some(format!("write <{} … />", element.name)),
        ),
        _ => {}
    }
}

fn check_content(node: &Node, element: &Element, findings: &mut Findings) {
    let mut counts = vec![0_usize; element.content.len()];
    let mut furthest = 0;
    let mut last: Option<&str> = None;
    for child in &node.children {
        let Some((index, particle, known)) = find(child, element) else {
            unknown(child, element, findings);
            continue;
        };
        if let Some(count) = counts.get_mut(index) {
            *count += 1;
            if *count == particle.most.saturating_add(1) {
                repeated(child, particle, element, findings);
            }
        }
        if element.order == Order::Fixed && index < furthest {
            let before = last.unwrap_or_default();
            findings.add_with_fix(
                Code::MisplacedElement,
                child.source.position,
                format!("`{}` must come before `{before}`", child.name()),
                "move it up",
            );
        } else {
            furthest = index;
            last = Some(known.name);
        }
        validate(child, known, findings);
    }
    for (particle, count) in element.content.iter().zip(counts) {
        if count < particle.least {
            missing(node, particle, findings);
        }
    }
}

/// The particle that allows `child`, its index, and the child's own rules.
fn find<'e>(child: &Node, element: &'e Element) -> Option<(usize, &'e Particle, &'e Element)> {
    if child.foreign {
        return None;
    }
    element.content.iter().enumerate().find_map(|(index, particle)| {
        let known = particle.elements.iter().find(|known| known.name == child.name())?;
        Some((index, particle, *known))
    })
}

fn unknown(child: &Node, element: &Element, findings: &mut Findings) {
    let names = element.content.iter().flat_map(|particle| particle.elements);
    let (message, fix) = later(element, child.name()).unwrap_or_else(|| {
        let fix = findings.suggest(child.name(), &mut names.map(|known| known.name));
        (format!("`{}` has no element `{}`", element.name, excerpt(child.name())), fix)
    });
    let code = Code::UnknownElement;
    findings.push(code, code.severity(), child.source.position, message, fix);
}

/// The message and the fix for a name that only later documentation has.
fn later(parent: &Element, name: &str) -> Option<(String, Option<String>)> {
    LATER.contains(&(parent.name, name)).then(|| {
        let message = format!("`{name}` of `{}` is unknown to the SDK 2.4 schema", parent.name);
        (
            message,
            Some("remove it, unless a later SDK or extended support reads the file".to_owned()),
        )
    })
}

fn repeated(child: &Node, particle: &Particle, element: &Element, findings: &mut Findings) {
    let names = list(particle);
    let most = particle.most;
    let message = if most == 1 {
        format!("`{}` takes only one {names}", element.name)
    } else {
        format!("`{}` takes at most {most} {names}", element.name)
    };
    let fix = match particle.elements {
        [_] => "join them into one",
        _ => "keep one of them",
    };
    findings.push(
        Code::RepeatedElement,
        severity(particle),
        child.source.position,
        message,
        Some(fix.to_owned()),
    );
}

fn missing(node: &Node, particle: &Particle, findings: &mut Findings) {
    let names = list(particle);
    findings.push(
        Code::MissingElement,
        severity(particle),
        node.source.position,
        format!("`{}` has no {names}", node.name()),
        Some(format!("add {names}")),
    );
}

fn severity(particle: &Particle) -> Severity {
    if particle.tolerated { Severity::Warning } else { Severity::Error }
}

fn list(particle: &Particle) -> String {
    let names: Vec<_> = particle.elements.iter().map(|known| known.name).collect();
    format!("`{}`", names.join("` or `"))
}
