//! The status page in a real browser.

use heartbeat_tests::browser::Browser;
use heartbeat_tests::{Signal, Worker, free_address, skip};
use serde_json::{Value, json};

use crate::{program, tell, worker};

/// The keys that `WebDriver` names by code points.
const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';

fn open(worker: &Worker) -> Option<Browser> {
    match Browser::start() {
        Ok(browser) => {
            browser.resize(1280, 900);
            browser.open(&format!("http://{}/", worker.address()));
            browser.wait_until("document.querySelector('h1')");
            Some(browser)
        }
        Err(reason) => {
            skip(reason);
            None
        }
    }
}

/// Returns an expression for the text that is shown where a selector points.
fn text(selector: &str) -> String {
    format!("document.querySelector({}).innerText", Value::from(selector))
}

/// Returns an expression for the text of a part with that heading.
fn part(heading: &str) -> String {
    format!(
        "[...document.querySelectorAll('section')]
            .find((part) => part.querySelector('h2').innerText.startsWith({}))?.innerText",
        Value::from(heading)
    )
}

fn assert_shows(browser: &Browser, expression: &str, parts: &[&str]) {
    let shown = browser.evaluate(expression);
    let shown = shown.as_str().expect(expression);
    for expected in parts {
        assert!(shown.contains(expected), "no {expected:?} in {shown:?}");
    }
}

/// Asserts that the browser has asked the worker alone, and that the console has no error.
fn assert_quiet(browser: &Browser, worker: &Worker) {
    let console = browser.log("browser");
    assert!(console.is_empty(), "{console:#?}");
    let own = format!("http://{}/", worker.address());
    let mut asked = Vec::new();
    for entry in browser.log("performance") {
        let entry: Value = serde_json::from_str(&entry).unwrap();
        let message = &entry["message"];
        let of_page = message["params"]["documentURL"].as_str().is_some_and(|url| url == own);
        if of_page && message["method"] == "Network.requestWillBeSent" {
            asked.push(message["params"]["request"]["url"].as_str().unwrap().to_owned());
        }
    }
    assert!(asked.contains(&format!("{own}events")), "{asked:#?}");
    let foreign: Vec<_> =
        asked.iter().filter(|url| !url.starts_with(&own) && !url.starts_with("data:")).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
}

#[test]
fn shows_every_part_of_the_report() {
    let mut worker = worker(&mut program());
    tell(&mut worker, "panic");
    let Some(browser) = open(&worker) else { return };
    browser.wait_until(&format!("{}.includes('pass')", text(".hero")));
    assert_shows(
        &browser,
        &text(".hero"),
        &["running", "pass", "since", "live", "ready", "started"],
    );
    assert_shows(
        &browser,
        &text("header"),
        &["Orders", env!("CARGO_PKG_VERSION"), "orders-0", "up "],
    );
    let heartbeats =
        ["run", "of 30 s", "consumer-0", "watcher\tidle", "nightly export\tallowed for 59 min"];
    let parts: [(&str, &[&str]); 7] = [
        ("Heartbeats", &heartbeats),
        ("Checks", &["database\tpass\t", " ms\t", " s ago", "mail\tpass\nnot critical"]),
        ("Tasks", &["consumer-2\trunning\t0", "importer\nfailed: the file is locked\trunning\t1"]),
        ("Facts", &["queue\ndepth: 120\nshard: 3", "region\nnorth"]),
        ("Process", &["% of a core", "CPU time", "MiB", "Panics\n1", "a wrong turn"]),
        ("Endpoints", &["Heartbeat\nhttp 127.0.0.1:", "Feed\ntcp 127.0.0.1:"]),
        ("Changes", &["pass\nafter ", "starting", "process began"]),
    ];
    browser.wait_until(&format!("{}.includes('% of a core')", part("Process")));
    for (heading, expected) in parts {
        let shown = browser.evaluate(&part(heading));
        let shown = shown.as_str().unwrap().replace("\n\t", "\t").replace("\t\n", "\t");
        for expected in expected {
            assert!(shown.contains(expected), "no {expected:?} in {shown:?}");
        }
    }
    let links =
        browser.evaluate("[...document.querySelectorAll('nav a')].map((link) => link.href)");
    for link in links.as_array().unwrap() {
        let path = link.as_str().unwrap().split(worker.address()).nth(1).unwrap();
        assert!(path == "/events" || worker.get(path).status == 200, "{path}");
    }
    assert_quiet(&browser, &worker);
}

#[test]
fn follows_a_stall_and_its_end_without_a_reload() {
    let mut worker = worker(program().env("HEARTBEAT_STALL_AFTER", "1s"));
    let Some(browser) = open(&worker) else { return };
    browser.wait_until("document.querySelector('.hero.pass')");
    browser.evaluate("globalThis.isTheSame = true");
    let colour = "getComputedStyle(document.querySelector('.hero')).backgroundColor";
    let green = browser.evaluate(colour);
    tell(&mut worker, "stall");
    browser.wait_until("document.querySelector('.hero.fail')");
    assert_shows(&browser, &text(".hero"), &["fail", "stalled: no beat from run for ", "not live"]);
    assert_shows(&browser, &text("tbody tr"), &["run", "stalled once", "stalled"]);
    let bar = "document.querySelector('.bar.stalled div').getBoundingClientRect().width /
        document.querySelector('.bar.stalled').getBoundingClientRect().width";
    browser.wait_until(&format!("({bar}) > 0.99"));
    assert_shows(&browser, "document.title", &["fail: Orders"]);
    assert_shows(
        &browser,
        "document.querySelector('[role=status]').textContent",
        &["fail, stalled"],
    );
    let red = browser.evaluate(colour);
    assert_ne!(red, green);
    tell(&mut worker, "beat");
    browser.wait_until("document.querySelector('.hero.pass')");
    // A bar never says other than the figure beside it, even for a moment.
    let bars_agree = "[...document.querySelectorAll('.bar.beating div')].every((bar) =>
        bar.offsetWidth <= bar.parentNode.offsetWidth * bar.style.getPropertyValue('--share') + 4)";
    assert_eq!(browser.evaluate(bars_agree), true);
    assert_eq!(browser.evaluate(colour), green);
    tell(&mut worker, "lose mail");
    browser.wait_until("document.querySelector('.hero.warn')");
    assert_shows(&browser, &text(".hero"), &["warn", "check failed: mail: connection refused"]);
    tell(&mut worker, "busy");
    browser.wait_until("document.querySelector('.hero.rest')");
    assert_shows(&browser, &text(".hero"), &["busy", "not ready"]);
    assert_eq!(browser.evaluate("globalThis.isTheSame"), true);
    assert_quiet(&browser, &worker);
}

#[test]
fn shows_a_stop_its_silence_and_the_next_start() {
    let address = free_address();
    let start = || {
        let mut command = program();
        let mut worker = Worker::spawn_raw(command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", &address));
        worker.wait_for_line("ready");
        worker
    };
    let mut first = start();
    let Ok(browser) = Browser::start().map_err(skip) else { return };
    browser.open(&format!("http://{address}/"));
    browser.wait_until("document.querySelector('.hero.pass')");
    let began = browser.evaluate(&text("li:last-child time"));
    first.signal(Signal::TERM);
    browser.wait_until(&format!("{}.includes('stopping')", text(".state")));
    first.write_line("end");
    browser.wait_until(&format!("{}.includes('stopped')", text(".state")));
    assert_eq!(first.wait().code(), Some(0));
    browser.wait_until(&format!("/no answer since [3-9] s/.test({})", text("#silence")));
    assert_shows(&browser, &text("#silence"), &["Orders", "last seen stopped"]);
    assert_shows(&browser, "document.title", &["no answer: Orders"]);
    browser.wait_until("document.querySelector('article.stale')");
    let _second = start();
    browser.wait_until("document.querySelector('.hero.pass')");
    browser
        .wait_until("!document.querySelector('.stale') && !document.querySelector('#silence p')");
    assert_ne!(browser.evaluate(&text("li:last-child time")), began);
}

#[test]
fn shows_hostile_names_as_text() {
    let mut worker = worker(&mut program());
    tell(&mut worker, "be hostile");
    let Some(browser) = open(&worker) else { return };
    let hostile = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>";
    browser.wait_until(&format!("{}.includes('<script>')", part("Facts")));
    for heading in ["Heartbeats", "Checks", "Tasks", "Facts"] {
        assert_shows(&browser, &part(heading), &[hostile]);
    }
    assert_eq!(browser.evaluate("document.querySelectorAll('script, img').length"), 1);
    assert_shows(&browser, "document.title", &["warn: Orders"]);
    assert_quiet(&browser, &worker);
}

#[test]
fn shows_those_in_trouble_first_of_many() {
    let worker = worker(&mut program());
    let Some(browser) = open(&worker) else { return };
    // In an element of its own, which the next report does not change.
    let shown = browser.evaluate(
        "(() => {
            const many = structuredClone(report);
            const [first] = many.heartbeats;
            const number = (_, index) => ({ ...first, name: `h-${index}`, state: 'beating' });
            many.heartbeats = Array.from({ length: 1000 }, number);
            many.heartbeats[999].state = 'stalled';
            const element = document.createElement('article');
            renderWorker(element, many);
            const rows = element.querySelectorAll('section:first-child tbody tr');
            return [rows.length, rows[0].textContent, element.querySelector('section').textContent];
        })()",
    );
    assert_eq!(shown[0], 200);
    assert!(shown[1].as_str().unwrap().starts_with("h-999"), "{shown}");
    let section = shown[2].as_str().unwrap();
    assert!(section.starts_with("Heartbeats1000"), "{section}");
    assert!(section.ends_with("800 more are in the JSON."), "{section}");
}

#[test]
fn without_javascript_it_tells_the_whole() {
    let worker = worker(&mut program());
    let Some(browser) = open(&worker) else { return };
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.open(&format!("http://{}/?without", worker.address()));
    let document = browser.devtools("DOM.getDocument", &json!({ "depth": -1 }));
    let root = &document["root"]["nodeId"];
    let html_of = |selector: &str| {
        let parameters = json!({ "nodeId": root, "selector": selector });
        let node = browser.devtools("DOM.querySelector", &parameters);
        let html = browser.devtools("DOM.getOuterHTML", &json!({ "nodeId": node["nodeId"] }));
        html["outerHTML"].as_str().unwrap().to_owned()
    };
    // An element, and not text, since no script runs.
    assert_eq!(html_of("noscript meta"), "<meta http-equiv=\"refresh\" content=\"5\">");
    let list = html_of("main > noscript");
    for expected in
        ["<dt>status</dt><dd>pass</dd>", "<td>nightly export</td>", "<dt>region</dt><dd>north</dd>"]
    {
        assert!(list.contains(expected), "no {expected} in {list}");
    }
    assert_eq!(
        html_of("article"),
        "<article id=\"worker\"></article>",
        "nothing waits for a script"
    );
}

#[test]
fn can_be_used_by_keyboard_while_it_changes() {
    let mut worker = worker(&mut program());
    for line in ["busy", "free", "busy", "free", "busy", "free"] {
        tell(&mut worker, line);
    }
    let Some(browser) = open(&worker) else { return };
    browser.wait_until("document.querySelector('summary')");
    browser.press(TAB);
    assert_eq!(browser.evaluate("document.activeElement.tagName"), "SUMMARY");
    browser.press(ENTER);
    assert_eq!(browser.evaluate("document.querySelector('details').open"), true);
    let uptime = browser.evaluate(&text("header span:last-child"));
    browser.wait_until(&format!("{} !== {uptime}", text("header span:last-child")));
    assert_eq!(browser.evaluate("document.querySelector('details').open"), true);
    assert_eq!(browser.evaluate("document.activeElement.tagName"), "SUMMARY");
    for path in ["health", "metrics", "livez", "readyz", "startupz", "events"] {
        browser.press(TAB);
        assert_eq!(browser.evaluate("document.activeElement.getAttribute('href')"), path);
    }
}

#[test]
fn tells_a_screen_reader_only_what_changes() {
    let worker = worker(&mut program());
    let Some(browser) = open(&worker) else { return };
    browser.wait_until("document.querySelector('[role=status]').textContent.includes('pass')");
    // Three reports later, nothing more is told.
    let told = browser.call_back(
        "const done = arguments[0];
        const [news, shown] = ['[role=status]', 'header span:last-child'].map((it) => document.querySelector(it));
        let [told, reports] = [0, 0];
        const all = { subtree: true, childList: true, characterData: true };
        new MutationObserver((changes) => told += changes.length).observe(news, all);
        new MutationObserver(() => ++reports === 3 && done(told)).observe(shown, all);",
        &[],
    );
    assert_eq!(told, 0);
}

#[test]
fn fits_each_window_and_scheme() {
    let mut worker = worker(program().env("HEARTBEAT_STALL_AFTER", "2s"));
    let Some(browser) = open(&worker) else { return };
    for state in ["well", "stalled", "hostile"] {
        match state {
            "stalled" => tell(&mut worker, "stall"),
            "hostile" => tell(&mut worker, "be hostile"),
            _ => {}
        }
        let tone = if state == "well" { "pass" } else { "fail" };
        browser.wait_until(&format!("document.querySelector('.hero.{tone}')"));
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            for (size, width) in [("narrow", 400), ("middle", 1000), ("wide", 1920)] {
                browser.resize(width, 900);
                let shown = browser.evaluate("document.documentElement.scrollWidth");
                assert!(shown.as_u64() <= Some(width), "{state} {size}: {shown}");
                let height = browser.evaluate("document.documentElement.scrollHeight");
                browser.resize(width, height.as_u64().unwrap());
                browser.take_screenshot(&format!("page-{state}-{scheme}-{size}"));
            }
        }
    }
}
