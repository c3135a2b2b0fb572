//! The events of the report, for clients that listen to it.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::poll_fn;
use http::StatusCode;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::client::{Client, Serving};
use super::headers::HEADERS;
use super::rules::NoBody;
use super::shutdown::shutdown_requested;
use super::state::HealthState;
use super::task::BoxFuture;
use crate::report::{self, Format};
use crate::vitals::{ProbeKind, Vitals};

/// Least time between two events: a worker whose verdict changes all the time must not keep the monitor
/// thread busy.
const GAP: Duration = Duration::from_millis(100);
/// Time without a change after which the next event comes.
const PERIOD: Duration = Duration::from_secs(1);
/// Time in which a listener must take an event.
pub(super) const READ_WITHIN: Duration = Duration::from_secs(5);
/// Bytes that may wait for a listener in the system, so that one that does not read is soon noticed.
const SEND_BUFFER: usize = 64 * 1024;
/// Time after which a browser connects again.
const RETRY: Duration = Duration::from_secs(1);

const CROWDED: &str = "as many listen to events as may: try again later\n";

/// A client that listens to events. Dropping it makes room for another one.
struct Listener {
    client: Arc<Client>,
    #[expect(dead_code, reason = "it is there to be dropped")]
    serving: Serving,
}

// === impl Listener ===

impl Listener {
    /// Admits a listener, unless there are as many as may be.
    fn admit(client: &Arc<Client>) -> Option<Self> {
        if !client.slot.begin_listening() {
            return None;
        }
        client.stream.limit_send_buffer(SEND_BUFFER);
        Some(Self { client: Arc::clone(client), serving: Serving::begin(Arc::clone(client)) })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.client.slot.end_listening();
    }
}

/// Answers with an event now, at each change of the verdict, and at least once a second, until the server
/// closes. Costs nothing while nobody listens.
pub(super) async fn listen(
    State(health): State<Arc<HealthState>>,
    client: Option<Extension<Arc<Client>>>,
    _: NoBody,
) -> Response {
    // In a test of user code there is no connection.
    let client = client.map(|Extension(client)| client);
    let listener = client.as_ref().map(Listener::admit);
    if let Some(None) = listener {
        return (StatusCode::SERVICE_UNAVAILABLE, HEADERS, CROWDED).into_response();
    }
    let (sender, mut events) = mpsc::channel(1);
    let sends: BoxFuture = Box::pin(send_events(health, client, sender));
    tokio::spawn(sends);
    let events = poll_fn(move |context| {
        let _until_the_end = &listener;
        events.poll_recv(context).map(|event| event.map(Ok::<_, Infallible>))
    });
    (HEADERS, Sse::new(events)).into_response()
}

/// Sends events until the listener leaves, does not read, or has the last one at the end of the server.
async fn send_events(
    health: Arc<HealthState>,
    client: Option<Arc<Client>>,
    events: mpsc::Sender<Event>,
) {
    let vitals = &health.source.vitals;
    let mut is_closing = false;
    loop {
        let seen = vitals.change_count();
        match timeout(READ_WITHIN, events.send(event(&health))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            // Its connection is stuck too: hyper waits until it can write.
            Err(_) => return client.iter().for_each(|client| client.slot.evict()),
        }
        if is_closing {
            return;
        }
        tokio::select! {
            biased;
            () = closing(client.as_deref()) => is_closing = true,
            () = events.closed() => return,
            () = next_change(vitals, seen) => {}
        }
    }
}

/// Waits until the verdict has changed other than `seen` times, or a second.
pub(super) async fn next_change(vitals: &Vitals, seen: u64) {
    sleep(GAP).await;
    let _ = timeout(PERIOD.saturating_sub(GAP), vitals.changed_since(seen)).await;
}

/// Waits until the server closes.
pub(super) async fn closing(client: Option<&Client>) {
    match client {
        Some(client) => shutdown_requested(&mut client.closing.clone()).await,
        None => pending().await,
    }
}

/// Returns the details as they are now, which is JSON of one line.
fn event(health: &HealthState) -> Event {
    let verdict = health.source.vitals.verdict();
    let json = report::render(Format::Json, &health.source, true, ProbeKind::Health, &verdict);
    Event::default().retry(RETRY).data(json)
}
