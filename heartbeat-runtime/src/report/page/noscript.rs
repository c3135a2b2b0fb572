//! The report for readers without JavaScript: lists and tables of all that its JSON tells.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Returns the report as HTML.
pub(super) fn render(json: &str) -> String {
    let report: Value = serde_json::from_str(json).unwrap_or_default();
    let mut html = String::new();
    write_value(&mut html, &report);
    html
}

fn write_value(html: &mut String, value: &Value) {
    match value {
        Value::Object(fields) => write_list(html, fields),
        Value::Array(items) if items.is_empty() => html.push_str("none"),
        Value::Array(items) => match items.iter().map(Value::as_object).collect() {
            Some(rows) => write_table(html, &rows),
            None => items.iter().for_each(|item| {
                write_value(html, item);
                html.push(' ');
            }),
        },
        Value::String(text) => write_text(html, text),
        scalar => write_text(html, &scalar.to_string()),
    }
}

fn write_list(html: &mut String, fields: &Map<String, Value>) {
    html.push_str("<dl>");
    for (name, value) in fields {
        html.push_str("<dt>");
        write_text(html, name);
        html.push_str("</dt><dd>");
        write_value(html, value);
        html.push_str("</dd>\n");
    }
    html.push_str("</dl>");
}

fn write_table(html: &mut String, rows: &Vec<&Map<String, Value>>) {
    let columns: BTreeSet<_> = rows.iter().flat_map(|row| row.keys()).collect();
    html.push_str("<table><tr>");
    for column in &columns {
        html.push_str("<th scope=\"col\">");
        write_text(html, column);
        html.push_str("</th>");
    }
    for row in rows {
        html.push_str("</tr>\n<tr>");
        for column in &columns {
            html.push_str("<td>");
            row.get(*column).into_iter().for_each(|value| write_value(html, value));
            html.push_str("</td>");
        }
    }
    html.push_str("</tr></table>");
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
