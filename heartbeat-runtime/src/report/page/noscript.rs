//! The report for readers without JavaScript: all that its JSON tells, as headings, lists and tables.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value};

/// The names in the order of interest; others follow.
const ORDER: [&str; 18] = [
    "name",
    "status",
    "state",
    "reasons",
    "failure",
    "live",
    "ready",
    "started",
    "role",
    "version",
    "instance",
    "uptime",
    "heartbeats",
    "checks",
    "tasks",
    "facts",
    "process",
    "endpoints",
];

/// Returns the report as HTML.
pub(super) fn render(json: &str) -> String {
    let report: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let text = |name| report.get(name).and_then(Value::as_str).unwrap_or_default();
    let (status, state) = (text("status"), text("state"));
    let mut html = "<h1>".to_owned();
    write_text(&mut html, text("role"));
    // Words of the runtime, which need no escape; and writing to a string cannot fail.
    let _ = write!(
        html,
        "</h1>\n<div class=\"hero {status}\"><p class=\"state\"><span class=\"mark {status}\"></span>\
         <strong>{state}</strong><span class=\"verdict\">{status}</span></p></div>\n\
         <p>Durations are in seconds. Without JavaScript, this page loads again every five.</p>\n"
    );
    let is_part =
        |value: &Value| value.is_object() || value.as_array().is_some_and(|items| is_table(items));
    let (parts, fields): (Vec<_>, Vec<_>) =
        ordered(report.iter()).into_iter().partition(|(_, value)| is_part(value));
    write_list(&mut html, &fields);
    for (name, value) in parts {
        html.push_str("<h2>");
        write_text(&mut html, name);
        html.push_str("</h2>\n");
        write_value(&mut html, value);
    }
    html
}

fn is_table(items: &[Value]) -> bool {
    items.iter().all(Value::is_object)
}

fn ordered<'a, T>(fields: impl Iterator<Item = (&'a String, T)>) -> Vec<(&'a String, T)> {
    let mut fields: Vec<_> = fields.collect();
    fields.sort_by_key(|(name, _)| {
        ORDER.iter().position(|other| other == name).unwrap_or(ORDER.len())
    });
    fields
}

fn write_value(html: &mut String, value: &Value) {
    match value {
        Value::Object(fields) => write_list(html, &ordered(fields.iter())),
        Value::Array(items) if items.is_empty() => html.push_str("none"),
        Value::Array(items) if is_table(items) => {
            write_table(html, &items.iter().filter_map(Value::as_object).collect::<Vec<_>>());
        }
        Value::Array(items) => items.iter().for_each(|item| {
            write_value(html, item);
            html.push(' ');
        }),
        Value::String(text) => write_text(html, text),
        scalar => write_text(html, &scalar.to_string()),
    }
}

fn write_list(html: &mut String, fields: &[(&String, &Value)]) {
    html.push_str("<dl>");
    for (name, value) in fields {
        html.push_str("<dt>");
        write_text(html, name);
        html.push_str("</dt><dd>");
        write_value(html, value);
        html.push_str("</dd>\n");
    }
    html.push_str("</dl>\n");
}

fn write_table(html: &mut String, rows: &[&Map<String, Value>]) {
    let columns: BTreeSet<_> = rows.iter().flat_map(|row| row.keys()).collect();
    let columns = ordered(columns.into_iter().map(|column| (column, ())));
    html.push_str("<table><tr>");
    for (column, ()) in &columns {
        html.push_str("<th scope=\"col\">");
        write_text(html, column);
        html.push_str("</th>");
    }
    for row in rows {
        html.push_str("</tr>\n<tr>");
        for (column, ()) in &columns {
            html.push_str("<td>");
            row.get(*column).into_iter().for_each(|value| write_value(html, value));
            html.push_str("</td>");
        }
    }
    html.push_str("</tr></table>\n");
}

/// Writes text that may be anything, so that none of it is markup.
fn write_text(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            other => html.push(other),
        }
    }
}
