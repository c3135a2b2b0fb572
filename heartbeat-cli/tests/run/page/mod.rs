//! The page of a run in a real browser.

mod accessible;
mod lines;
mod shown;

use heartbeat_tests::browser::Browser;
use heartbeat_tests::{Worker, exchange, program, skip};
use serde_json::Value;

use crate::project::{Project, free_port, role};

/// A name, or a text, that must never become markup.
const HOSTILE: &str = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>";

/// A run of two workers that tell their health and of a program that does not, and its page.
struct Shown {
    project: Project,
    run: Worker,
    browser: Browser,
    url: String,
}

impl Shown {
    /// Starts the run and the browser, unless that is not installed.
    fn start() -> Option<Self> {
        let browser = Browser::start().map_err(skip).ok()?;
        let port = free_port();
        let endpoint = format!(
            r#"<InputEndpoint name="Heartbeat" protocol="http" port="{port}" localPort="*" />"#
        );
        let worker = role("FleetWorker", "worker.sh", &endpoint);
        let project = Project::new(&(worker + &role("Script", "script.sh", "")));
        let program = program("heartbeat-tests", "fleet-worker");
        let program = program.get_program().display();
        project.script("worker.sh", &format!("test ! -e broken || exit 70\nexec {program}"));
        project.script("script.sh", &format!("echo \"{HOSTILE}\"\nexec sleep 1000"));
        let mut run = project.run(&["--port", "0", "--scale", "FleetWorker=2"]);
        let line = run.wait_for_line("see all instances on http://");
        let (_, url) = line.split_once(" on ").unwrap();
        let url = url.trim().to_owned();
        run.wait_for_line("3 instances ready");
        browser.resize(1280, 900);
        browser.open(&url);
        browser.wait_until("document.querySelector('.hero.pass')");
        Some(Self { project, run, browser, url })
    }

    fn wait_until(&self, expression: &str) {
        self.browser.wait_until(expression);
    }

    fn click(&self, selector: &str) {
        self.browser
            .evaluate(&format!("document.querySelector({}).click()", Value::from(selector)));
    }

    /// Requests a path of an instance at its own address.
    fn post(&self, id: &str, path: &str) {
        let status = self.project.status();
        let instance = status.iter().find(|it| it["id"] == id).unwrap();
        let address = instance["endpoints"][0]["address"].as_str().unwrap();
        let head = "HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        exchange(address, format!("POST {path} {head}")).unwrap();
    }

    fn pid(&self, id: &str) -> u32 {
        let status = self.project.status();
        let instance = status.iter().find(|it| it["id"] == id).unwrap();
        instance["pid"].as_u64().unwrap().try_into().unwrap()
    }

    /// Asserts that the browser has asked the page alone, and that the console has no error.
    fn assert_quiet(&self) {
        let console = self.browser.log("browser");
        assert!(console.is_empty(), "{console:#?}");
        for entry in self.browser.log("performance") {
            let entry: Value = serde_json::from_str(&entry).unwrap();
            let message = &entry["message"];
            let of_page = message["params"]["documentURL"]
                .as_str()
                .is_some_and(|url| url.starts_with(&self.url));
            if of_page && message["method"] == "Network.requestWillBeSent" {
                let url = message["params"]["request"]["url"].as_str().unwrap();
                assert!(url.starts_with(&self.url) || url.starts_with("data:"), "{url}");
            }
        }
    }
}

/// Returns an expression for the row of an instance.
fn row(id: &str) -> String {
    format!("document.querySelector('tr[data-id={id}]')")
}

/// Returns an expression that holds when the row of an instance has a text.
fn row_has(id: &str, text: &str) -> String {
    format!("{}?.innerText.includes({})", row(id), Value::from(text))
}
