//! The status page by the rules of axe-core.

use heartbeat_tests::browser::{Browser, axe};
use heartbeat_tests::skip;

use crate::{program, tell, worker};

#[test]
fn axe_finds_no_violation_in_any_state() {
    let axe = match axe() {
        Ok(axe) => axe,
        Err(reason) => return skip(&reason),
    };
    let mut worker = worker(program().env("HEARTBEAT_STALL_AFTER", "1s"));
    let browser = match Browser::start() {
        Ok(browser) => browser,
        Err(reason) => return skip(reason),
    };
    browser.open(&format!("http://{}/", worker.address()));
    for (line, tone) in [
        ("panic", "pass"),
        ("lose mail", "warn"),
        ("busy", "rest"),
        ("stall", "fail"),
        ("be hostile", "fail"),
        ("", "stale"),
    ] {
        if tone == "stale" {
            worker.signal(heartbeat_tests::Signal::KILL);
            browser.wait_until("document.querySelector('.stale')");
        } else {
            tell(&mut worker, line);
            browser.wait_until(&format!("document.querySelector('.hero.{tone}')"));
        }
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            let violations = browser.violations(&axe);
            assert_eq!(violations, serde_json::json!([]), "{tone}, {scheme}: {violations:#}");
        }
    }
}
