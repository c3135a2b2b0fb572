//! A worker for tests: it serves the same routes on `Api`, `Heartbeat` and `Inside`, and echoes on `Feed`. Its
//! setting `Mistake` names a mistake that it makes in `on_start`.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use heartbeat_runtime::axum::Router;
use heartbeat_runtime::axum::body::{Body, Bytes};
use heartbeat_runtime::axum::extract::{ConnectInfo, Path, Request};
use heartbeat_runtime::axum::http::StatusCode;
use heartbeat_runtime::axum::routing::{get, post};
use heartbeat_runtime::{EndpointListener, Error, RoleEnvironment, WorkerRole, worker_role};
use hyper::upgrade::OnUpgrade;
use tokio::io::{copy, split};
use tokio::time::sleep;

/// The bytes of the pieces of a slow download, none of them in ASCII, and the size of each piece.
const PIECES: std::ops::Range<u8> = 200..250;
const PIECE: usize = 200_000;

struct ServingWorker;

#[worker_role(heartbeat = "Heartbeat", management = "Inside", definition = "Serving.csdef")]
impl WorkerRole for ServingWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        make_mistake(role)?;
        role.serve("Api", routes(role))?;
        role.serve("Heartbeat", routes(role))?;
        role.serve("Inside", routes(role))?;
        let feed = role.bind("Feed")?;
        let address = role.endpoint("Feed").ok_or("no feed")?.address();
        eprintln!("feed at {address}");
        tokio::spawn(echo(feed));
        Ok(Self)
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        role.stopping().await;
        Ok(())
    }

    async fn on_stop(self, role: &RoleEnvironment) -> Result<(), Error> {
        eprintln!("in on_stop");
        if role.setting("Mistake")? == "late" {
            role.serve("Inside", Router::new())?;
        }
        Ok(())
    }
}

fn make_mistake(role: &RoleEnvironment) -> Result<(), Error> {
    let hello = || Router::new().route("/hello", get("hello"));
    match role.setting("Mistake")? {
        "unknown" => role.serve("Apy", hello())?,
        "udp" => role.serve("Gossip", hello())?,
        "bind udp" => drop(role.bind("Gossip")?),
        "twice" => {
            role.serve("Api", hello())?;
            role.serve("Api", hello())?;
        }
        "bind what is served" => {
            role.serve("Api", hello())?;
            role.bind("Api")?;
        }
        "bind health" => drop(role.bind("Heartbeat")?),
        "claim health" => role.serve("Heartbeat", hello().route("/health", get("fine")))?,
        "claim metrics" => role.serve("Inside", hello().route("/metrics", post("none")))?,
        _ => {}
    }
    Ok(())
}

fn routes(role: &RoleEnvironment) -> Router {
    let role = role.clone();
    let slow = async move || Body::from_stream(slow_download(role));
    Router::new()
        .route("/hello", get("hello\n"))
        .route("/who", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
        .route("/upload", post(async |body: Bytes| checksum(&body)))
        .route("/panic", get(panic))
        .route("/panic-later", get(async || Body::from_stream(panic_later())))
        .route("/block", get(block))
        .route("/never", get(never))
        .route("/upgrade", get(upgrade))
        .route("/endless", get(async || Body::from_stream(endless())))
        .route("/slow", get(slow))
        .route("/bytes/{count}", get(async |Path(count): Path<usize>| vec![b'b'; count]))
}

/// Returns the length of a body, and a sum in which each byte has its place.
fn checksum(body: &[u8]) -> String {
    let sum =
        body.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
    format!("{} {sum}", body.len())
}

#[expect(clippy::panic, reason = "what happens then is what the tests look at")]
async fn panic() {
    panic!("on purpose");
}

async fn block() {
    eprintln!("a handler blocks");
    loop {
        thread::park();
    }
}

async fn never() {
    eprintln!("a handler waits");
    pending::<()>().await;
}

/// Switches protocols if the connection can, as a `WebSocket` does.
async fn upgrade(request: Request) -> StatusCode {
    let can_upgrade = request.extensions().get::<OnUpgrade>().is_some();
    if can_upgrade { StatusCode::SWITCHING_PROTOCOLS } else { StatusCode::UPGRADE_REQUIRED }
}

async fn echo(feed: EndpointListener) {
    while let Ok((stream, _)) = feed.accept().await {
        tokio::spawn(async move {
            let (mut reader, mut writer) = split(stream);
            let _ = copy(&mut reader, &mut writer).await;
        });
    }
}

/// Sends one piece, and the others when the stop has begun, in their time.
fn slow_download(role: RoleEnvironment) -> impl Stream<Item = Result<Vec<u8>, Infallible>> {
    stream::iter(PIECES).then(move |number| {
        let role = role.clone();
        async move {
            if number > PIECES.start {
                role.stopping().await;
                sleep(Duration::from_millis(20)).await;
            }
            Ok(vec![number; PIECE])
        }
    })
}

fn endless() -> impl Stream<Item = Result<&'static str, Infallible>> {
    stream::repeat("on and on ").map(Ok)
}

#[expect(clippy::panic, reason = "what happens then is what the tests look at")]
fn panic_later() -> impl Stream<Item = Result<&'static str, Infallible>> {
    let end = stream::poll_fn(|_| panic!("on purpose, later"));
    stream::iter([Ok("the beginning")]).chain(end)
}
