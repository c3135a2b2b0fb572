//! The status page. It is static, but for a report that readers without JavaScript see: all else is
//! rendered in the browser, from the events of the report.

mod noscript;

use std::fmt::Write;

use super::format::Format;
use super::render::render as render_report;
use super::source::ReportSource;
use crate::vitals::{ProbeKind, Verdict};

/// The style sheet of the status page, for the text of one `<style>` element. It follows the preference
/// for a light or a dark scheme, and fits windows from 320 pixels on.
pub const STYLE: &str = include_str!("style.css");

/// The script that renders a worker, for the text of one `<script>` element. It only defines functions, and
/// constants that a script beside it must not define again:
///
/// - `renderWorker(element, report)` renders the details of a worker, as `/health` and `/events` give them
///   in JSON, into an element. Called again, it changes what has changed.
/// - `renderSilence(element, name, receivedAt, last)` says in an element that a worker has not answered for
///   more than three seconds, and returns whether that is so. `receivedAt` is the time of its last
///   report, by `performance.now()`; `last`, if it is given, is the state that was seen last.
/// - `verdictOf(report)` returns `pass`, `warn` or `fail`, and `none` without a report; `toneOfReport` the
///   same, but `rest` for a worker that is not ready on purpose. `mark(tone)` returns an element with its
///   shape and colour, and `setIcon(tone)` makes it the icon of the page, which needs a
///   `<link rel="icon">`.
/// - `reasonsOf(report)` returns the sentences that say why a worker does not pass.
/// - `h(tag, attributes, ...children)` returns an element, and `patch(element, ...children)` makes its
///   children equal to others in place. They insert text, and never HTML.
/// - `duration(seconds)` and `bytes(count)` return texts for people.
pub const WORKER_SCRIPT: &str = include_str!("worker.js");

/// The `Content-Security-Policy` of the page: its own style and script, by their hashes, and requests to
/// the worker.
pub(crate) const POLICY: &str = include_str!("policy.txt");

const BEFORE_REPORT: &str = concat!(
    include_str!("head.html"),
    "<style>",
    include_str!("style.css"),
    "</style>\n",
    include_str!("body.html")
);
const AFTER_REPORT: &str = concat!(
    include_str!("foot.html"),
    "<script>",
    include_str!("worker.js"),
    include_str!("live.js"),
    "</script>\n</html>\n"
);

/// Returns the page.
pub(crate) fn render(source: &ReportSource, verdict: &Verdict) -> String {
    let json = render_report(Format::Json, source, true, ProbeKind::Health, verdict);
    let mut page = BEFORE_REPORT.to_owned();
    // Writing to a string cannot fail.
    let _ = write!(page, "{}{AFTER_REPORT}", noscript::render(&json));
    page
}

/// Returns the page for clients that may not see the details.
pub(crate) fn render_public(passes: bool) -> &'static str {
    if passes {
        "<!doctype html><html lang=\"en\"><title>pass</title><p>pass</p></html>\n"
    } else {
        "<!doctype html><html lang=\"en\"><title>fail</title><p>fail</p></html>\n"
    }
}

#[cfg(test)]
mod tests;
