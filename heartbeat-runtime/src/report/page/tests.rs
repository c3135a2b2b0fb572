use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use base64::prelude::{BASE64_STANDARD, Engine};
use expect_test::expect_file;
use hmac_sha256::Hash;

use super::{AFTER_REPORT, BEFORE_REPORT, render, render_public};
use crate::facts::Visibility;
use crate::report::{InstanceInfo, ReportSource};
use crate::vitals::Vitals;

fn source() -> ReportSource {
    let info = InstanceInfo {
        role: "Orders",
        version: "1.4.2",
        instance: "orders-0".to_owned(),
        started_at: UNIX_EPOCH,
    };
    let vitals = Arc::new(Vitals::new(Duration::from_secs(30), false));
    ReportSource::new(info, Vec::new(), vitals)
}

/// Returns the texts of all elements of a kind.
fn texts<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let (start, end) = (format!("<{kind}>"), format!("</{kind}>"));
    page.split(&start).skip(1).map(|rest| rest.split(&end).next().unwrap()).collect()
}

#[test]
fn the_policy_allows_its_own_style_and_script() {
    let source = source();
    let page = render(&source, &source.vitals.verdict());
    let hash = |kind| {
        let [text] = texts(&page, kind)[..] else { panic!("one {kind}") };
        BASE64_STANDARD.encode(Hash::hash(text.as_bytes()))
    };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash("style"),
        hash("script"),
    );
    expect_file!["policy.txt"].assert_eq(&policy);
}

#[test]
fn it_is_small_and_asks_nobody_else() {
    let page = [BEFORE_REPORT, AFTER_REPORT].concat();
    assert!(page.len() < 40 * 1024, "{} bytes", page.len());
    for forbidden in [
        "https:",
        "url(",
        "@import",
        "import(",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn names_and_values_are_text() {
    let source = source();
    let hostile = "</noscript><script>alert('&')</script>";
    source.facts.tell(hostile, &[hostile], Visibility::Details).unwrap();
    let page = render(&source, &source.vitals.verdict());
    let report = texts(&page, "noscript")[1];
    let shown = "&lt;/noscript&gt;&lt;script&gt;alert('&amp;')&lt;/script&gt;";
    assert_eq!(report.matches(shown).count(), 2, "{report}");
    assert_eq!(texts(&page, "script").len(), 1);
}

#[test]
fn without_javascript_it_tells_the_whole_report() {
    let source = source();
    let page = render(&source, &source.vitals.verdict());
    let report = texts(&page, "noscript")[1];
    for part in [
        "<strong>starting</strong>",
        "<dt>instance</dt><dd>orders-0</dd>",
        "<th scope=\"col\">deadline</th>",
        "<td>30.0</td>",
    ] {
        assert!(report.contains(part), "no {part} in {report}");
    }
}

#[test]
fn others_see_one_line() {
    for (passes, word) in [(true, "pass"), (false, "fail")] {
        let page = render_public(passes);
        assert_eq!(page.lines().count(), 1);
        assert!(page.contains(word) && page.len() < 100, "{page}");
    }
}
