//! Builders of definitions, with `▸` at the place of a fault.

use heartbeat_definition::{Code, Diagnostic, Position, ServiceDefinition, Severity};

pub(crate) fn service(body: &str) -> String {
    format!(
        "<ServiceDefinition name=\"Shop\" \
         xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition\">\n\
         {body}\n</ServiceDefinition>"
    )
}

pub(crate) fn worker(body: &str) -> String {
    service(&format!("<WorkerRole name=\"Orders\">\n{body}\n</WorkerRole>"))
}

pub(crate) fn endpoints(body: &str) -> String {
    worker(&format!("<Endpoints>\n{body}\n</Endpoints>"))
}

/// Returns the text without its `▸`, and the position of that.
pub(crate) fn unmark(marked: &str) -> (String, Position) {
    let (before, after) = marked.split_once('▸').expect("a marked place");
    assert!(!after.contains('▸'), "one marked place");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let position = Position { line: line.try_into().unwrap(), column: column.try_into().unwrap() };
    (format!("{before}{after}"), position)
}

pub(crate) fn diagnostics(text: &str) -> Vec<Diagnostic> {
    let parsed = ServiceDefinition::lint(text.as_bytes());
    parsed.unwrap_or_else(|error| panic!("{error}\n{text}")).diagnostics
}

/// Asserts that the only violation is at the marked place, with that code and severity.
#[track_caller]
pub(crate) fn assert_violation(marked: &str, code: Code, severity: Severity) -> Diagnostic {
    let (text, position) = unmark(marked);
    let violations: Vec<_> =
        diagnostics(&text).into_iter().filter(|d| d.severity > Severity::Note).collect();
    let [diagnostic] = &violations[..] else {
        panic!("not one violation: {violations:#?}\n{text}");
    };
    let found = (diagnostic.code, diagnostic.severity, diagnostic.position);
    assert_eq!(found, (code, severity, position), "{diagnostic}\n{text}");
    diagnostic.clone()
}

#[track_caller]
pub(crate) fn assert_error(marked: &str, code: Code) -> Diagnostic {
    assert_violation(marked, code, Severity::Error)
}

#[track_caller]
pub(crate) fn assert_warning(marked: &str, code: Code) -> Diagnostic {
    assert_violation(marked, code, Severity::Warning)
}

#[track_caller]
pub(crate) fn assert_valid(text: &str) {
    let violations: Vec<_> =
        diagnostics(text).into_iter().filter(|d| d.severity > Severity::Note).collect();
    assert!(violations.is_empty(), "{violations:#?}\n{text}");
}
