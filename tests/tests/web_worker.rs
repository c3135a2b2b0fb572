//! The web worker, end to end: its routes while it runs, stops, and hangs, beside the service that it
//! was before.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::iter;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use heartbeat_tests::{Signal, Worker, example, exchange, free_address, skip};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// A folder with the prices of a worker.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new(prices: &str) -> Self {
        let shop = Self { folder: tempfile::tempdir().unwrap() };
        shop.set_prices(prices);
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replaces the prices in one step.
    fn set_prices(&self, prices: &str) {
        fs::write(self.path("coming"), prices).unwrap();
        fs::rename(self.path("coming"), self.path("prices.csv")).unwrap();
    }

    fn worker(&self) -> Command {
        let mut command = example("web-worker");
        command
            .env("HEARTBEAT_SETTING_PRICES", self.path("prices.csv"))
            .env("HEARTBEAT_ENDPOINT_API", "127.0.0.1:0");
        command
    }
}

/// Spawns a worker, and returns it with the `ip:port` of its API once it is ready.
fn spawn(command: &mut Command) -> (Worker, String) {
    let mut worker = Worker::spawn(command);
    let line = worker.wait_for_line("endpoint `Api` is served on http://");
    let (_, url) = line.split_once("http://").unwrap();
    worker.wait_for_line("ready");
    (worker, url.trim_end_matches('/').to_owned())
}

/// Returns the response to a request on a connection of its own, without its date.
fn get(address: &str, path: &str) -> String {
    let response = exchange(address, format!("GET {path} HTTP/1.0\r\n\r\n")).unwrap();
    let lines = response.split_inclusive('\n').filter(|line| !line.starts_with("date: "));
    lines.collect()
}

fn status(address: &str, path: &str) -> String {
    get(address, path).split(' ').nth(1).unwrap_or_default().to_owned()
}

/// A connection that is kept.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: &str) -> Self {
        Self(BufReader::new(TcpStream::connect(address).unwrap()))
    }

    /// Sends a request, reads the head of the response, and returns the length of its body.
    fn send(&mut self, path: &str) -> usize {
        write!(self.0.get_ref(), "GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n").unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
        }
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        let (_, length) = head.split_once("content-length: ").unwrap();
        length.lines().next().unwrap().parse().unwrap()
    }

    fn read(&mut self, length: usize) -> String {
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    }

    fn get(&mut self, path: &str) -> String {
        let length = self.send(path);
        self.read(length)
    }

    /// Waits until the server closes the connection.
    fn wait_for_end(&mut self) {
        assert_eq!(self.0.read(&mut [0]).unwrap(), 0, "no further byte");
    }
}

#[test]
fn answers_as_the_service_before() {
    let shop = Shop::new("apple,0.40\npear,0.55\n");
    let before = escargot::CargoBuild::new().package("web-worker").example("before");
    let mut before = before.current_release().run().unwrap().command();
    let before_at = free_address();
    before.env("ADDRESS", &before_at).env("PRICES", shop.path("prices.csv"));
    let mut before = Worker::spawn_raw(&mut before);
    before.wait_for_line("listening on ");
    let (mut after, after_at) = spawn(&mut shop.worker());

    let paths = ["/prices", "/prices/pear", "/prices/fig", "/nowhere"];
    for path in paths {
        assert_eq!(get(&before_at, path), get(&after_at, path), "{path}");
    }
    assert_eq!(get(&before_at, "/stats"), get(after.address(), "/stats"));
    for service in [&mut before, &mut after] {
        service.signal(Signal::TERM);
        assert_eq!(service.wait().code(), Some(0));
        let line = service.log().iter().find(|line| line.contains("requests served: "));
        assert!(line.unwrap().ends_with(" 3"), "{line:?}");
    }
}

#[test]
fn serves_its_stats_beside_the_health_paths() {
    let shop = Shop::new("apple,0.40\n");
    let (worker, api) = spawn(&mut shop.worker());
    assert!(get(&api, "/prices").ends_with("\r\n\r\napple,0.40\n"));
    assert_eq!(worker.get("/stats").body, "products: 1\nrequests: 1\n");
    assert_eq!(worker.get("/health").status, 200);
    // Each endpoint has its own routes.
    assert_eq!(status(&api, "/health"), "404");
    assert_eq!(status(&api, "/stats"), "404");
    let missing = get(worker.address(), "/prices");
    assert!(missing.starts_with("HTTP/1.0 404 Not Found\r\n"), "{missing}");
}

#[test]
fn logs_an_ipv4_client_of_an_endpoint_for_both_versions_by_its_ipv4_address() {
    let shop = Shop::new("apple,0.40\n");
    // As `[::]`, a socket for both versions, but of the loopback interface alone.
    let address = "[::ffff:127.0.0.1]:0";
    if TcpListener::bind(address).is_err() {
        return skip("IPv6 is not available");
    }
    let mut command = shop.worker();
    let (mut worker, api) = spawn(command.env("HEARTBEAT_ENDPOINT_API", address));
    let (_, port) = api.rsplit_once(':').unwrap();
    assert_eq!(status(&format!("127.0.0.1:{port}"), "/prices"), "200");
    let line = worker.wait_for_line("GET /prices: 200 OK");
    assert!(line.contains(" 127.0.0.1:"), "{line}");
}

/// Larger than the buffers of the sockets.
fn large_list() -> String {
    let products = (0..2048).map(|number| format!("{number:08192},{number}\n"));
    iter::once("apple,0.40\n".to_owned()).chain(products).collect()
}

#[test]
fn a_stop_serves_through_the_drain_and_completes_a_slow_download() {
    let prices = large_list();
    let shop = Shop::new(&prices);
    let (mut worker, api) = spawn(shop.worker().env("HEARTBEAT_DRAIN", "3s"));
    let mut kept = Connection::open(&api);
    assert_eq!(kept.get("/prices/apple"), "0.40\n");
    let mut download = Connection::open(&api);
    assert_eq!(download.send("/prices"), prices.len());
    let mut downloaded = download.read(1000);

    worker.signal(Signal::TERM);
    worker.wait_for_line("SIGTERM: stopping");
    assert_eq!(worker.get("/readyz").status, 503);
    // New connections, the route beside health, and kept connections.
    assert_eq!(status(&api, "/prices/apple"), "200");
    assert_eq!(worker.get("/stats").status, 200);
    assert_eq!(kept.get("/prices/apple"), "0.40\n");

    // The end of the drain.
    kept.wait_for_end();
    assert!(TcpStream::connect(&api).is_err(), "the endpoint still accepts");
    assert_eq!(worker.get("/livez").status, 200);
    downloaded += &download.read(prices.len() - downloaded.len());
    assert!(downloaded == prices, "the download differs");
    download.wait_for_end();

    assert_eq!(worker.wait().code(), Some(0));
    let served = worker.log().iter().find(|line| line.contains("requests served: "));
    assert!(served.unwrap().ends_with(" 4"), "by on_stop: {:#?}", worker.log());
}

#[test]
fn turns_red_when_its_loop_hangs_while_its_routes_answer() {
    let shop = Shop::new("apple,0.40\n");
    let (mut worker, api) = spawn(shop.worker().env("HEARTBEAT_STALL_AFTER", "3s"));
    // Opening a pipe without a writer takes for ever, as a file on a lost network share.
    let pipe = shop.path("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    fs::hard_link(&pipe, shop.path("coming")).unwrap();
    fs::rename(shop.path("coming"), shop.path("prices.csv")).unwrap();

    worker.wait_for_line("stalled: no beat from `run`");
    let live = worker.get("/livez");
    assert_eq!(live.status, 503);
    assert!(live.body.contains(r#""reasons":["stalled"]"#), "{}", live.body);
    assert!(get(&api, "/prices").ends_with("\r\n\r\napple,0.40\n"));
    assert_eq!(worker.get("/stats").status, 200);

    shop.set_prices("apple,0.45\n");
    File::options().write(true).open(&pipe).unwrap().write_all(b"apple,0.42\n").unwrap();
    worker.wait_for_line("recovered: `run` beats again");
    assert_eq!(worker.get("/livez").status, 200);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
}
