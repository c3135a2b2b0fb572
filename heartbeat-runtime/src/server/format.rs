//! The choice between formats, by the `Accept` header.

use crate::report::Format;
use crate::report::metrics::MetricsFormat;

impl Format {
    /// Chooses the format that an `Accept` header prefers (RFC 9110, section 12.5.1); JSON if it has
    /// no preference, or asks for a format that does not exist here.
    pub(super) fn negotiate(accept: &str) -> Self {
        preferred(accept, Self::of).unwrap_or(Self::Json)
    }

    /// Returns the format of a media range.
    fn of(range: &str) -> Option<Self> {
        match range {
            "application/json" | "application/*" | "*/*" => Some(Self::Json),
            "application/health+json" => Some(Self::HealthJson),
            "text/plain" | "text/*" => Some(Self::Text),
            _ => None,
        }
    }
}

/// Tells whether an `Accept` header prefers HTML to the formats of health, as that of a browser does.
pub(super) fn prefers_html(accept: &str) -> bool {
    let is_html = |range: &str| match range {
        "text/html" => Some(true),
        range => Format::of(range).map(|_| false),
    };
    preferred(accept, is_html).unwrap_or_default()
}

/// Returns the choice of the media range with the highest quality; of several the first.
fn preferred<T>(accept: &str, choose: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut preferred = (None, 0.0);
    for range in accept.split(',') {
        let mut parameters = range.split(';').map(str::trim);
        let Some(choice) = choose(parameters.next().unwrap_or_default()) else { continue };
        let quality = parameters.find_map(|parameter| parameter.strip_prefix("q="));
        let quality = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
        if quality > preferred.1 {
            preferred = (Some(choice), quality);
        }
    }
    preferred.0
}

impl MetricsFormat {
    /// Chooses OpenMetrics if the `Accept` header names it.
    pub(super) fn negotiate(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::PrometheusText
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, prefers_html};

    #[test]
    fn negotiates_the_preferred_format() {
        for (accept, format) in [
            ("", Format::Json),
            ("*/*", Format::Json),
            ("text/plain", Format::Text),
            ("application/health+json", Format::HealthJson),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Json),
            ("application/json;q=0.2, text/plain;q=0.9", Format::Text),
            ("text/plain;q=0, application/health+json;q=0.1", Format::HealthJson),
            ("text/plain; q=0.5,\tapplication/json", Format::Json),
            ("image/png, ;;;q=, text/plain;q=x", Format::Json),
        ] {
            assert_eq!(Format::negotiate(accept), format, "{accept}");
        }
    }
    #[test]
    fn a_browser_prefers_html() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, expected) in [
            ("", false),
            ("*/*", false),
            ("text/*", false),
            (browser, true),
            ("text/html", true),
            ("text/html, application/json", true),
            ("application/json, text/html", false),
            ("application/json;q=0.2, text/html;q=0.9", true),
            ("text/html;q=0.1, text/plain", false),
            ("text/html;q=0", false),
        ] {
            assert_eq!(prefers_html(accept), expected, "{accept}");
        }
    }
}
