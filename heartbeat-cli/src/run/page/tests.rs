use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout};

use super::snapshot::tests::view;
use super::{Page, PageError};
use crate::run::fleet::{Asked, Fleet, Phase, Request};

/// Far longer than any step takes, even on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);
const HOSTILE: &str = "</noscript><script>alert('&\"')</script>";

/// A page that serves a fleet without a supervisor.
struct Served {
    port: u16,
    fleet: Fleet,
    asked: UnboundedReceiver<Asked>,
}

impl Served {
    async fn start() -> Self {
        let (fleet, asked) = Fleet::new("Shop");
        let pass = json!({ "live": true, "ready": true, "status": "pass" });
        fleet.add(view("Orders_IN_0", Phase::Running, Some(pass)));
        let page = Page::bind(Some(0)).await.unwrap();
        let port = page.address.port();
        assert_eq!(page.url(), format!("http://localhost:{port}"));
        tokio::spawn(page.serve(fleet.clone()));
        Self { port, fleet, asked }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// Sends a request with headers, and returns the whole response.
    async fn ask(&self, request: &str, headers: &str) -> String {
        let mut stream = self.connect().await;
        let head = format!("{request} HTTP/1.0\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    fn host(&self) -> String {
        format!("Host: localhost:{}\r\n", self.port)
    }

    async fn token(&self) -> String {
        let page = self.ask("GET /", &self.host()).await;
        let (_, rest) = page.split_once("name=\"heartbeat-token\" content=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    async fn listen(&self, path: &str) -> Events {
        let mut stream = self.connect().await;
        let head = format!("GET {path} HTTP/1.0\r\n{}\r\n", self.host());
        stream.write_all(head.as_bytes()).await.unwrap();
        Events(BufReader::new(stream))
    }
}

/// The events that a browser would get.
struct Events(BufReader<TcpStream>);

impl Events {
    /// Waits for the data of the next event of a kind.
    async fn next(&mut self, kind: &str) -> Value {
        let mut is_meant = false;
        loop {
            let mut line = String::new();
            let read = timeout(TIMEOUT, self.0.read_line(&mut line)).await.expect("it comes");
            assert!(read.unwrap() > 0, "the events go on");
            match line.trim_end().split_once(": ") {
                Some(("event", event)) => is_meant = event == kind,
                Some(("data", data)) if is_meant => return serde_json::from_str(data).unwrap(),
                _ => {}
            }
        }
    }
}

fn is_refused(response: &str) -> bool {
    response.starts_with("HTTP/1.0 403 ") && response.contains("x-content-type-options: nosniff")
}

#[tokio::test]
async fn refuses_other_hosts_and_origins_on_every_path() {
    let served = Served::start().await;
    let (host, token) = (served.host(), served.token().await);
    let paths = ["/", "/events", "/events/logs", "/status", "/logs/Orders_IN_0", "/nowhere"];
    for path in paths.map(|path| format!("GET {path}")) {
        for headers in [
            "Host: rebound.example\r\n".to_owned(),
            format!("Host: rebound.example:{}\r\n", served.port),
            String::new(),
            format!("{host}Origin: http://example.org\r\n"),
            format!("{host}Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"),
        ] {
            let response = served.ask(&path, &headers).await;
            assert!(is_refused(&response), "{path} {headers}: {response}");
        }
    }
    let token = format!("X-Heartbeat-Token: {token}\r\n");
    let foreign = format!("{host}{token}Origin: http://localhost:3000\r\n");
    for headers in [host.clone(), foreign, token.clone()] {
        let response = served.ask("POST /instances/Orders_IN_0/stop", &headers).await;
        assert!(is_refused(&response), "{headers}: {response}");
    }
    let mut asked = served.asked;
    assert!(asked.try_recv().is_err(), "nothing is done");
}

#[tokio::test]
async fn no_other_origin_may_read_frame_or_keep_the_page() {
    let served = Served::start().await;
    let page = served.ask("GET /", &served.host()).await;
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    for expected in [
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; style-src 'sha256-",
        "frame-ancestors 'none'",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(head.contains(expected), "no {expected} in {head}");
    }
    assert!(!head.contains("access-control-"), "{head}");
    for forbidden in ["https:", "src=", "@import", "innerHTML", "document.write", "eval("] {
        assert!(!body.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn a_button_is_a_request_to_the_supervisor() {
    let mut served = Served::start().await;
    let headers = format!("{}X-Heartbeat-Token: {}\r\n", served.host(), served.token().await);
    let id = || "Orders_IN_0".to_owned();
    for (action, request) in [
        ("stop", Request::Stop(vec![id()])),
        ("restart", Request::Restart(vec![id()])),
        ("busy", Request::SetBusy { instance: id(), busy: true }),
        ("free", Request::SetBusy { instance: id(), busy: false }),
    ] {
        for answer in [Ok("done".to_owned()), Err("it cannot be".to_owned())] {
            let (status, text) = match &answer {
                Ok(done) => ("200 OK", done.clone()),
                Err(refused) => ("409 Conflict", refused.clone()),
            };
            let path = format!("POST /instances/Orders_IN_0/{action}");
            let asked = &mut served.asked;
            let supervise = async {
                let asked = asked.recv().await.unwrap();
                assert_eq!(asked.request, request);
                asked.answer.send(answer).unwrap();
            };
            let port = served.port;
            let ask = async {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let head = format!("{path} HTTP/1.0\r\n{headers}\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
                let mut response = String::new();
                stream.read_to_string(&mut response).await.unwrap();
                response
            };
            let (response, ()) = tokio::join!(ask, supervise);
            assert!(response.starts_with(&format!("HTTP/1.0 {status}")), "{response}");
            assert!(response.ends_with(&text), "{response}");
        }
    }
    // A role is not an instance, and a GET changes nothing.
    for (request, status) in [
        ("POST /instances/Orders/stop", "404"),
        ("POST /instances/Orders_IN_0/dance", "404"),
        ("GET /instances/Orders_IN_0/stop", "405"),
    ] {
        let response = served.ask(request, &headers).await;
        assert!(response.starts_with(&format!("HTTP/1.0 {status}")), "{request}: {response}");
    }
    assert!(served.asked.try_recv().is_err());
}

#[tokio::test]
async fn a_change_is_told_at_once_and_the_rest_each_second() {
    let served = Served::start().await;
    let mut events = served.listen("/events").await;
    let first = events.next("fleet").await;
    assert_eq!(first["instances"][0]["word"], "ready");
    let begun = Instant::now();
    events.next("fleet").await;
    assert!(begun.elapsed() > Duration::from_millis(500), "it has told nothing new");
    let mut soonest = Duration::MAX;
    for busy in [true, false, true, false] {
        let begun = Instant::now();
        served.fleet.update("Orders_IN_0", |view| view.busy = busy);
        while events.next("fleet").await["instances"][0]["busy"] != busy {}
        soonest = soonest.min(begun.elapsed());
    }
    assert!(soonest < Duration::from_millis(700), "{soonest:?}");
}

#[tokio::test]
async fn lines_are_told_in_order_from_the_tail_on() {
    let served = Served::start().await;
    served.fleet.add(view("Pool_IN_0", Phase::Running, None));
    let (orders, pool): (Arc<str>, Arc<str>) = ("Orders_IN_0".into(), "Pool_IN_0".into());
    let say = |id: &Arc<str>, text: &str| served.fleet.add_lines(id, [Arc::from(text)]);
    say(&orders, "one");
    say(&pool, HOSTILE);
    let mut of_all = served.listen("/events/logs").await;
    let tail = of_all.next("lines").await;
    assert_eq!(tail, json!([[0, "Orders_IN_0", "one"], [1, "Pool_IN_0", HOSTILE]]));
    let mut of_pool = served.listen("/events/logs/Pool_IN_0").await;
    assert_eq!(of_pool.next("lines").await, json!([[1, "Pool_IN_0", HOSTILE]]));
    say(&orders, "two");
    say(&pool, "three");
    assert_eq!(of_pool.next("lines").await, json!([[3, "Pool_IN_0", "three"]]));
    let mut numbers = Vec::new();
    while numbers.last() != Some(&3) {
        let lines = of_all.next("lines").await;
        numbers.extend(lines.as_array().unwrap().iter().map(|line| line[0].as_u64().unwrap()));
    }
    assert_eq!(numbers, [2, 3]);

    let text = served.ask("GET /logs/Pool_IN_0", &served.host()).await;
    assert!(text.contains("content-type: text/plain"), "{text}");
    assert!(text.ends_with(&format!("\r\n\r\n{HOSTILE}\nthree\n")), "{text}");
    for path in ["/logs/Nobody", "/events/logs/Nobody"] {
        let response = served.ask(&format!("GET {path}"), &served.host()).await;
        assert!(response.starts_with("HTTP/1.0 404 "), "{response}");
    }
}

#[tokio::test]
async fn lines_that_come_too_fast_are_counted() {
    let served = Served::start().await;
    let id: Arc<str> = "Orders_IN_0".into();
    let mut events = served.listen("/events/logs").await;
    events.next("fleet").await;
    // On one thread the listener gets no turn before all lines are there.
    served.fleet.add_lines(&id, (0..20_000).map(|number| Arc::from(number.to_string())));
    let lost = events.next("lost").await.as_u64().unwrap();
    let first = events.next("lines").await[0][0].as_u64().unwrap();
    assert!(lost > 0 && first == lost, "{lost} lost, and then {first}");
}

#[tokio::test]
async fn without_javascript_names_are_text() {
    let served = Served::start().await;
    served.fleet.add(view(HOSTILE, Phase::Running, None));
    let page = served.ask("GET /", &served.host()).await;
    assert!(page.contains("<th scope=\"row\">Orders_IN_0</th><td>ready</td>"), "{page}");
    let shown = "&lt;/noscript&gt;&lt;script&gt;alert('&amp;&quot;')&lt;/script&gt;";
    assert!(page.contains(&format!("<th scope=\"row\">{shown}</th><td>no answer</td>")), "{page}");
    assert!(!page.contains("alert('&\""), "{page}");
}

#[tokio::test]
async fn a_port_in_use_is_an_error_only_if_it_was_asked_for() {
    let first = Page::bind(Some(0)).await.unwrap();
    let error = Page::bind(Some(first.address.port())).await.unwrap_err();
    assert!(matches!(error, PageError::Bind { .. }));
    assert!(error.to_string().contains("choose another port with --port"), "{error}");
    let (_one, _other) = (Page::bind(None).await.unwrap(), Page::bind(None).await.unwrap());
}
