//! The lines that instances print.

use super::{HOSTILE, Shown};

#[test]
fn lines_are_text_and_can_be_filtered_marked_and_cleared() {
    let Some(shown) = Shown::start() else { return };
    let lines = "document.querySelector('#log-lines')?.innerText";
    shown.wait_until(&format!("{lines}.includes('heartbeat: ready after')"));
    shown.wait_until(&format!("{lines}.includes({})", serde_json::Value::from(HOSTILE)));
    assert_eq!(shown.browser.evaluate("document.querySelectorAll('script, img').length"), 1);
    shown.wait_until("document.title.startsWith('3 of 3 ready')");

    let set = |selector: &str, value: &str, event: &str| {
        shown.browser.evaluate(&format!(
            "(it => (it.value = '{value}', it.dispatchEvent(new Event('{event}'))))(document.querySelector('{selector}'))"
        ));
    };
    set("#log-filter", "IMG SRC", "input");
    shown.wait_until("document.querySelectorAll('#log-lines > :not([hidden])').length === 1");
    shown.wait_until("/^1 of \\d+ lines$/.test(document.querySelector('#log-count')?.innerText)");
    set("#log-filter", "", "input");

    set("#log-of", "FleetWorker_IN_1", "change");
    shown.wait_until(&format!("{lines}.includes('heartbeat: ready') && !{lines}.includes('img')"));
    shown.click("#log-mark");
    shown.wait_until("document.querySelector('#log-lines > .marker:last-child')");
    shown.click("#log-clear");
    shown.wait_until("document.querySelectorAll('#log-lines > :not(.marker)').length === 0");
    shown.click("button[data-action=restart][data-id=FleetWorker_IN_1]");
    // New lines come, and those that were cleared do not.
    shown.wait_until(&format!("{lines}.includes('heartbeat: ready after')"));
    shown.wait_until(&format!("{lines}.split('heartbeat: ready after').length === 2"));
    shown.assert_quiet();
}

#[test]
fn it_follows_unless_the_reader_scrolls_up() {
    let Some(shown) = Shown::start() else { return };
    let pressed = "document.querySelector('#log-follow').getAttribute('aria-pressed')";
    shown.wait_until(&format!("{pressed} === 'true'"));
    // Less high than its lines.
    shown.browser.evaluate("(document.querySelector('#log-lines').style.height = '3rem', 0)");
    shown.wait_until("(it => it.scrollTop > 0)(document.querySelector('#log-lines'))");
    shown.browser.evaluate("(document.querySelector('#log-lines').scrollTop = 0, 0)");
    shown.wait_until(&format!("{pressed} === 'false'"));
    shown.click("#log-follow");
    shown.wait_until("(it => it.scrollTop > 0)(document.querySelector('#log-lines'))");
}
