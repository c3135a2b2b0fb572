//! A real Chromium without a window, driven by `WebDriver` (<https://www.w3.org/TR/webdriver2/>).

#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "each method panics when the browser does not do what it is told"
)]
#![expect(clippy::must_use_candidate, reason = "a command is given for its effect, too")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

const CHROMIUM: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";
/// Far longer than a browser takes, even on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(90);

/// The version of axe-core.
const AXE: &str = "axe-core@4.14.1";

/// A browser with one window. Dropping it ends its processes.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// The URL of the session, or of the driver before there is one.
    url: String,
    profile: TempDir,
}

impl Browser {
    /// Starts the browser.
    ///
    /// # Errors
    ///
    /// It is not installed.
    pub fn start() -> Result<Self, &'static str> {
        if [CHROMIUM, DRIVER].iter().any(|path| !Path::new(path).exists()) {
            return Err("chromium or chromium-driver is not installed");
        }
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new(DRIVER);
        driver.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        // Chromium keeps some files in the home folder too.
        let mut driver = driver.env("HOME", profile.path()).spawn().unwrap();
        let mut output = BufReader::new(driver.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("successfully on port ") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "the driver does not start");
        }
        let (_, port) = line.trim_end().trim_end_matches('.').rsplit_once(' ').unwrap();
        // It may write more, for which its pipe must live.
        driver.stdout = Some(output.into_inner());
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build()
            .new_agent();
        let url = format!("http://127.0.0.1:{port}");
        let mut browser = Self { driver, agent, url, profile };
        browser.open_session();
        Ok(browser)
    }

    fn open_session(&mut self) {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let arguments = [
            "--headless=new",
            // The tests may run as root.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            &profile,
        ];
        let capabilities = json!({
            "timeouts": { "script": 60_000 },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "goog:chromeOptions": { "binary": CHROMIUM, "args": arguments },
        });
        let body = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let session = self.post("/session", &body);
        self.url = format!("{}/session/{}", self.url, session["sessionId"].as_str().unwrap());
    }

    /// Opens a page.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Evaluates an expression in the page.
    pub fn evaluate(&self, expression: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": format!("return {expression}"), "args": [] }))
    }

    /// Waits until an expression holds in the page, which is asked at each change of the document.
    pub fn wait_until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[0];
            const holds = () => ({expression});
            if (holds()) return done();
            const observer = new MutationObserver(() => holds() && (observer.disconnect(), done()));
            const all = {{ subtree: true, childList: true, characterData: true, attributes: true }};
            observer.observe(document, all);"
        );
        self.call_back(&script, &[]);
    }

    /// Runs a script that ends by calling its last argument, and returns what it calls that with.
    pub fn call_back(&self, script: &str, arguments: &[Value]) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": arguments }))
    }

    /// Types keys into the focused element.
    pub fn press(&self, key: char) {
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": [
            { "type": "keyDown", "value": key }, { "type": "keyUp", "value": key },
        ] }]);
        self.post("/actions", &json!({ "actions": actions }));
    }

    /// Calls a command of the `DevTools` protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Prefers a scheme of colours, `light` or `dark`.
    pub fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Sets the size of the window.
    pub fn resize(&self, width: u64, height: u64) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Takes a picture of the window, and writes it to the folder of screenshots, which CI keeps.
    pub fn take_screenshot(&self, name: &str) {
        let image = self.devtools("Page.captureScreenshot", &json!({ "format": "png" }));
        let image = BASE64_STANDARD.decode(image["data"].as_str().unwrap()).unwrap();
        let folder = target().join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), image).unwrap();
    }

    /// Returns the violations that axe-core, whose script is given, finds in the page.
    pub fn violations(&self, axe: &str) -> Value {
        let run =
            "const done = arguments[0]; axe.run().then(({ violations }) => done(violations));";
        self.call_back(&format!("{axe};{run}"), &[])
    }

    /// Returns the entries since the last call, of the console (`browser`) or of requests (`performance`).
    pub fn log(&self, kind: &str) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": kind }));
        let entries = entries.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{command}", self.url));
        let response = request.content_type("application/json").send(body.to_string());
        let mut response = response.expect(command);
        let text = response.body_mut().with_config().limit(1 << 26).read_to_string().unwrap();
        assert!(response.status().is_success(), "{command} {body}: {text}");
        serde_json::from_str::<Value>(&text).unwrap()["value"].take()
    }

    /// Returns the processes of the browser, which its folder tells apart from others.
    fn processes(&self) -> Vec<Pid> {
        let profile = self.profile.path().to_string_lossy().into_owned();
        let folders = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
        let folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
        let is_ours = |folder: &PathBuf| {
            let line = fs::read(folder.join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&profile)
        };
        let ours = folders.iter().filter(|folder| is_ours(folder));
        ours.filter_map(|folder| Pid::from_raw(folder.file_name()?.to_str()?.parse().ok()?))
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.url).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        // Only if the driver could not end them.
        for process in self.processes() {
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

/// Returns the script of axe-core, from the npm registry.
///
/// # Errors
///
/// npm is not installed, or does not find it.
pub fn axe() -> Result<String, String> {
    let folder = target().join("axe");
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        fs::create_dir_all(&folder).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", AXE]);
        let output = npm.arg("--prefix").arg(&folder).output();
        let output = output.map_err(|error| format!("npm is not installed: {error}"))?;
        let reason = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(()).ok_or(reason)?;
    }
    fs::read_to_string(script).map_err(|error| error.to_string())
}

/// Returns the target folder, in which the program of the test is two folders deep.
fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().to_owned()
}
