//! The page by the rules of axe-core, and in each window and scheme.

use heartbeat_tests::browser::axe;
use heartbeat_tests::{Signal, signal, skip};

use super::Shown;

/// The windows of screenshots: their names and widths.
const WINDOWS: [(&str, u64); 3] = [("narrow", 400), ("middle", 1000), ("wide", 1920)];

#[test]
fn axe_finds_no_violation_and_the_page_fits_each_window() {
    let axe = match axe() {
        Ok(axe) => axe,
        Err(reason) => return skip(&reason),
    };
    let Some(mut shown) = Shown::start() else { return };
    let (first, second) = ("FleetWorker_IN_0", "FleetWorker_IN_1");
    for state in ["well", "silent", "crashing", "open", "gone"] {
        match state {
            "silent" => {
                shown.click(&format!("button[data-action=busy][data-id={first}]"));
                signal(shown.pid(second), Signal::STOP);
                shown.wait_until("document.querySelector('.hero.none')");
            }
            "crashing" => {
                shown.project.write("broken", "");
                signal(shown.pid(second), Signal::KILL);
                shown.wait_until("document.querySelector('.hero.fail')");
            }
            "open" => {
                shown.browser.evaluate(&format!("location.hash = '{first}'"));
                shown.wait_until("document.querySelector('#worker .hero')");
            }
            "gone" => {
                shown.run.signal(Signal::TERM);
                shown.run.wait();
                shown.wait_until("document.querySelector('#silence p')");
            }
            _ => {}
        }
        for scheme in ["light", "dark"] {
            shown.browser.prefer(scheme);
            for (window, width) in WINDOWS {
                shown.browser.resize(width, 900);
                let needed = shown.browser.evaluate("document.documentElement.scrollWidth");
                assert!(needed.as_u64() <= Some(width), "{state} {window}: {needed}");
                let violations = shown.browser.violations(&axe);
                assert_eq!(violations, serde_json::json!([]), "{state} {scheme}: {violations:#}");
                let height = shown.browser.evaluate("document.documentElement.scrollHeight");
                shown.browser.resize(width, height.as_u64().unwrap());
                shown.browser.take_screenshot(&format!("fleet-{state}-{scheme}-{window}"));
            }
        }
    }
}
