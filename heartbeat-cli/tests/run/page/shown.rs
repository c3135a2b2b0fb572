//! All instances, and one of them.

use heartbeat_tests::{Signal, signal};
use serde_json::json;

use super::{HOSTILE, Shown, row, row_has};

/// The key, as `WebDriver` names it.
const ENTER: char = '\u{e007}';

#[test]
fn problems_come_first_and_each_kind_is_told_apart() {
    let Some(mut shown) = Shown::start() else { return };
    shown.wait_until("document.querySelector('.hero')?.innerText.includes('all 3 ready')");
    shown.wait_until(&row_has("FleetWorker_IN_0", "MiB"));
    shown.browser.evaluate("globalThis.isTheSame = true");

    signal(shown.pid("FleetWorker_IN_1"), Signal::STOP);
    shown.wait_until(&row_has("FleetWorker_IN_1", "no answer"));
    shown.wait_until(&format!("{}?.rowIndex === 1", row("FleetWorker_IN_1")));
    shown.wait_until(&format!("{}?.querySelector('.mark.none')", row("FleetWorker_IN_1")));
    shown.wait_until("document.querySelector('.hero.none')?.innerText.includes('2 of 3 ready')");
    signal(shown.pid("FleetWorker_IN_1"), Signal::CONT);
    shown.wait_until("document.querySelector('.hero.pass')");

    shown.post("FleetWorker_IN_1", "/stall");
    shown.wait_until(&row_has("FleetWorker_IN_1", "stalled"));
    shown.wait_until(
        "document.querySelector('.hero.fail')?.innerText.includes('no beat from lost')",
    );
    // The reason for a restart is seen with it.
    shown.wait_until(&row_has("FleetWorker_IN_1", "last exit: 0"));
    shown.wait_until("document.querySelector('.hero.pass')");

    shown.project.write("broken", "");
    shown.post("FleetWorker_IN_0", "/panic");
    shown.wait_until(&row_has("FleetWorker_IN_0", "restarting"));
    shown.wait_until(&row_has("FleetWorker_IN_0", "last exit: 70, a panic"));
    let again = r"/for the \d+(st|nd|rd|th) time, in \d+ s/";
    shown.wait_until(&format!("{again}.test({}?.innerText)", row("FleetWorker_IN_0")));
    assert_eq!(shown.browser.evaluate("globalThis.isTheSame"), true);
    shown.assert_quiet();

    shown.run.signal(Signal::TERM);
    shown.run.wait();
    shown.wait_until(
        "/heartbeat run: no answer since/.test(document.querySelector('#silence')?.innerText)",
    );
    shown.wait_until("document.querySelector('#fleet.stale')");
}

#[test]
fn buttons_stop_start_restart_and_make_busy() {
    let Some(shown) = Shown::start() else { return };
    let button = |action| format!("button[data-action={action}][data-id=FleetWorker_IN_0]");
    shown.click(&button("busy"));
    shown.wait_until(&row_has("FleetWorker_IN_0", "you took it out of rotation"));
    shown.wait_until("document.querySelector('[aria-pressed=true][data-id=FleetWorker_IN_0]')");
    shown.click(&button("free"));
    shown.wait_until("document.querySelector('.hero.pass')");

    let pid = shown.pid("FleetWorker_IN_0");
    shown.click(&button("restart"));
    shown.wait_until(
        "document.querySelector('#answer')?.innerText.includes('restarted FleetWorker_IN_0')",
    );
    assert_ne!(shown.pid("FleetWorker_IN_0"), pid);

    shown.click(&button("stop"));
    shown.wait_until(&row_has("FleetWorker_IN_0", "stopped"));
    shown.wait_until(&format!(
        "{}.innerText.startsWith('Start')",
        format_args!("document.querySelector({:?})", button("restart"))
    ));
    shown.click(&button("restart"));
    shown.wait_until("document.querySelector('.hero.pass')");

    // The token of an earlier run is refused, and the page says so.
    shown
        .browser
        .evaluate("(document.querySelector('meta[name=heartbeat-token]').content = 'old', 0)");
    let refused = "const done = arguments[0];
        fetch('/instances/FleetWorker_IN_0/stop', { method: 'POST', headers: { 'x-heartbeat-token': 'old' } })
            .then((response) => done(response.status))";
    assert_eq!(shown.browser.call_back(refused, &[]), 403);
}

#[test]
fn an_instance_opens_in_place_by_keyboard() {
    let Some(shown) = Shown::start() else { return };
    shown.browser.evaluate(&format!("{}.querySelector('a').focus()", row("FleetWorker_IN_1")));
    shown.browser.press(ENTER);
    shown.wait_until("document.querySelector('#worker h1')?.innerText === 'FleetWorker'");
    shown.wait_until("document.querySelector('#worker .hero')?.innerText.includes('running')");
    shown.wait_until(
        "document.querySelector('#fleet')?.hidden && document.activeElement.id === 'worker'",
    );
    shown.wait_until(
        "document.querySelector('.strip [aria-current]')?.innerText.startsWith('FleetWorker_IN_1')",
    );
    shown.wait_until("document.querySelector('#log-of')?.value === 'FleetWorker_IN_1'");
    shown.post("FleetWorker_IN_1", "/stall");
    shown.wait_until("document.querySelector('#worker .hero.fail')?.innerText.includes('stalled')");
    // Its report ends with its process.
    shown.wait_until("document.querySelector('#worker h1')?.innerText === 'FleetWorker_IN_1'");
    shown.wait_until("document.querySelector('#worker .hero.pass')");
    shown.browser.evaluate("history.back()");
    shown.wait_until(
        "!document.querySelector('#fleet')?.hidden && document.querySelector('#worker')?.hidden",
    );
    // A program that is only watched has no report.
    shown.browser.evaluate("location.hash = 'Script_IN_0'");
    shown.wait_until("document.querySelector('#worker .hero')?.innerText.includes('running')");
    shown.assert_quiet();
}

#[test]
fn a_row_stays_under_the_pointer() {
    let Some(shown) = Shown::start() else { return };
    let focus =
        "document.querySelector('button[data-action=stop][data-id=FleetWorker_IN_0]').focus()";
    shown.browser.evaluate(focus);
    signal(shown.pid("FleetWorker_IN_1"), Signal::STOP);
    shown.wait_until(&row_has("FleetWorker_IN_1", "no answer"));
    assert_eq!(shown.browser.evaluate(&format!("{}?.rowIndex", row("FleetWorker_IN_0"))), 1);
    shown.browser.evaluate("document.activeElement.blur()");
    shown.wait_until(&format!("{}?.rowIndex === 1", row("FleetWorker_IN_1")));
    signal(shown.pid("FleetWorker_IN_1"), Signal::CONT);
}

#[test]
fn without_javascript_it_is_a_table() {
    let Some(shown) = Shown::start() else { return };
    shown.browser.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    shown.browser.open(&format!("{}/?without", shown.url));
    let document = shown.browser.devtools("DOM.getDocument", &json!({ "depth": -1 }));
    let root = &document["root"]["nodeId"];
    let html_of = |selector: &str| {
        let parameters = json!({ "nodeId": root, "selector": selector });
        let node = shown.browser.devtools("DOM.querySelector", &parameters);
        let html = shown.browser.devtools("DOM.getOuterHTML", &json!({ "nodeId": node["nodeId"] }));
        html["outerHTML"].as_str().unwrap().to_owned()
    };
    assert_eq!(html_of("noscript meta"), "<meta http-equiv=\"refresh\" content=\"5\">");
    let table = html_of("noscript table");
    let expected = "<th scope=\"row\">FleetWorker_IN_0</th><td>ready</td>";
    assert!(table.contains(expected), "{table}");
    shown.browser.open(&format!("{}/logs/Script_IN_0", shown.url));
    let text = html_of_document(&shown);
    assert!(text.contains(&HOSTILE.replace('<', "&lt;").replace('>', "&gt;")), "{text}");
}

fn html_of_document(shown: &Shown) -> String {
    let document = shown.browser.devtools("DOM.getDocument", &json!({ "depth": -1 }));
    let node = json!({ "nodeId": document["root"]["nodeId"] });
    let html = shown.browser.devtools("DOM.getOuterHTML", &node);
    html["outerHTML"].as_str().unwrap().to_owned()
}
