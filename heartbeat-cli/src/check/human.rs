//! Findings for a person, as rustc shows its own.

use std::fmt::Write as _;

use annotate_snippets::renderer::{AnsiColor, Effects, Style};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use heartbeat_definition::Severity;

use super::finding::Finding;
use super::service::CheckedFile;
use super::shown_line::ShownLine;
use super::source::Source;

/// The style of the arrow before a place, as the library has it.
const ARROW: Style = AnsiColor::BrightBlue.on_default().effects(Effects::BOLD);
/// The width of a terminal that does not tell its own.
const DEFAULT_WIDTH: u16 = 100;

/// Formats the findings, with colours.
pub(super) fn render(checked: &[CheckedFile]) -> String {
    let width = terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| width.0);
    // Lines are cut before.
    let renderer = Renderer::styled().term_width(usize::from(u16::MAX));
    let mut text = String::new();
    for CheckedFile { source, findings, .. } in checked {
        for finding in findings {
            let _ = writeln!(text, "{}\n", one(source, finding, usize::from(width), &renderer));
        }
    }
    text
}

fn one(source: &Source, finding: &Finding, width: usize, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let line = usize::try_from(finding.position.line).unwrap_or(usize::MAX);
    // Of the numbers before a line.
    let indent = line.to_string().len();
    let shown = source.line(finding.position).map(|it| it.fit(width.saturating_sub(indent + 3)));
    let title = level.primary_title(&finding.message).id(finding.code);
    let snippet = shown.map(|ShownLine { text, underlined }| {
        let annotation = AnnotationKind::Primary.span(underlined);
        Snippet::source(text).line_start(line).annotation(annotation)
    });
    let fix = finding.fix.as_ref().map(|fix| Level::HELP.message(fix));
    let group = Group::with_title(title).elements(snippet).elements(fix);
    let report = renderer.render(&[group]);
    // The library would count the column in the shown part of the line.
    let (title, rest) = report.split_once('\n').unwrap_or((&report, ""));
    let place =
        format!("{:indent$}{ARROW}--> {ARROW:#}{}:{}", "", source.shown_path(), finding.position);
    [title, &place, rest].join("\n").trim_end().to_owned()
}
