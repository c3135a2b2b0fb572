//! The document of the page. It is static, but for a table for readers without JavaScript: all else is
//! rendered in the browser, from the events of the page.

use std::fmt::Write;

use axum::http::HeaderValue;
use base64::prelude::{BASE64_STANDARD, Engine};
use heartbeat_runtime::page::{STYLE, WORKER_SCRIPT};
use hmac_sha256::Hash;

use super::snapshot::{Shown, Snapshot};
use crate::run::fleet::Fleet;

const FLEET_STYLE: &str = include_str!("fleet.css");
const FLEET_SCRIPT: &str = include_str!("fleet.js");
const BODY: &str = include_str!("body.html");
/// The place of the table in the body.
const TABLE: &str = "<!-- table -->\n";

/// The parts of the document, and the policy that allows its own style and script alone.
#[derive(Debug)]
pub(super) struct Document {
    before_table: String,
    after_table: String,
    policy: HeaderValue,
}

/// A text as HTML in which no character is markup.
struct Escaped<'a>(&'a str);

// === impl Document ===

impl Document {
    /// Returns the document, which hands over a token to its script.
    pub(super) fn new(token: &str) -> Self {
        let style = [STYLE, FLEET_STYLE].concat();
        let script = [WORKER_SCRIPT, FLEET_SCRIPT].concat();
        let hash = |text: &str| BASE64_STANDARD.encode(Hash::hash(text.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; connect-src \
             'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            hash(&style),
            hash(&script)
        );
        let (before, after) = BODY.split_once(TABLE).unwrap_or((BODY, ""));
        let before_table = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"heartbeat-token\" content=\"{token}\">\n<title>Fleet</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n\
             <noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\n\
             <style>{style}</style>\n{before}"
        );
        Self {
            before_table,
            after_table: format!("{after}<script>{script}</script>\n</html>\n"),
            // A hash has no character that a header must not have.
            policy: HeaderValue::try_from(policy)
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }

    /// Returns the document with the fleet as it is now, and its policy.
    pub(super) fn render(&self, fleet: &Fleet) -> (String, HeaderValue) {
        let table = table(&Snapshot::take(fleet));
        ([&*self.before_table, &table, &*self.after_table].concat(), self.policy.clone())
    }
}

/// Returns the table for readers without JavaScript.
fn table(snapshot: &Snapshot) -> String {
    let mut html = format!("<h1>{}</h1>\n<table>\n<tr>", Escaped(&snapshot.service));
    for column in ["Instance", "State", "Why", "Restarts", "Last exit", "PID", "Version", "Lines"] {
        // Writing to a string cannot fail.
        let _ = write!(html, "<th scope=\"col\">{column}</th>");
    }
    for instance in &snapshot.instances {
        write_row(&mut html, instance);
    }
    html.push_str("</tr>\n</table>\n");
    html
}

fn write_row(html: &mut String, Shown { status, standing, .. }: &Shown) {
    let id = Escaped(&status.id);
    let pid = status.pid.map(|pid| pid.to_string()).unwrap_or_default();
    let _ = write!(html, "</tr>\n<tr><th scope=\"row\">{id}</th>");
    for cell in [
        &standing.word,
        &status.reasons.join(", "),
        &status.restarts.to_string(),
        status.last_exit.as_deref().unwrap_or_default(),
        &pid,
        status.version.as_deref().unwrap_or_default(),
    ] {
        let _ = write!(html, "<td>{}</td>", Escaped(cell));
    }
    let _ = write!(html, "<td><a href=\"logs/{id}\">lines</a></td>");
}

// === impl Escaped ===

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            other => f.write_char(other),
        })
    }
}
