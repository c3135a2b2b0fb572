//! The events of the page: the fleet, and the lines that instances print.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::snapshot::{Snapshot, Standing, standings};
use super::{Site, unknown};
use crate::run::fleet::{Fleet, LogLine};

/// Least time between two events of the fleet: a worker may change all the time.
const GAP: Duration = Duration::from_millis(100);
/// Time without a change after which the next event comes.
const PERIOD: Duration = Duration::from_secs(1);
/// Time after which a browser connects again.
const RETRY: Duration = Duration::from_secs(1);
/// Maximum lines in an event.
const LINES: usize = 500;

/// A browser that listens.
struct Listener {
    fleet: Fleet,
    changes: watch::Receiver<u64>,
    has_changed: bool,
    /// The text and the time of the last event.
    told: Vec<(String, Option<u32>, Standing, bool)>,
    told_at: Option<Instant>,
    logs: Option<Logs>,
}

/// The lines that a browser follows.
struct Logs {
    /// `None` for those of all instances.
    instance: Option<String>,
    tail: VecDeque<LogLine>,
    lines: broadcast::Receiver<LogLine>,
    /// Number of lines that came too fast, and are still to be told of.
    lost: u64,
}

/// The lines that a browser wants.
enum Wanted {
    Nothing,
    All,
    Of(String),
}

/// Answers with events of the fleet.
pub(super) async fn fleet(State(site): State<Arc<Site>>) -> Response {
    listen(&site, Wanted::Nothing)
}

/// Answers with events of the fleet, and of the lines of all instances.
pub(super) async fn logs_of_all(State(site): State<Arc<Site>>) -> Response {
    listen(&site, Wanted::All)
}

/// Answers with events of the fleet, and of the lines of an instance.
pub(super) async fn logs_of_one(
    State(site): State<Arc<Site>>,
    Path(instance): Path<String>,
) -> Response {
    if !site.fleet.snapshot().iter().any(|it| it.id == instance) {
        return unknown(&instance);
    }
    listen(&site, Wanted::Of(instance))
}

fn listen(site: &Site, wanted: Wanted) -> Response {
    let fleet = site.fleet.clone();
    let logs = match wanted {
        Wanted::Nothing => None,
        Wanted::All => Some(Logs::of(&fleet, None)),
        Wanted::Of(instance) => Some(Logs::of(&fleet, Some(instance))),
    };
    let changes = fleet.changed();
    let listener =
        Listener { fleet, changes, has_changed: false, told: Vec::new(), told_at: None, logs };
    let events = unfold(listener, |mut listener| async move {
        let event = listener.next().await.retry(RETRY);
        Some((Ok::<_, Infallible>(event), listener))
    });
    Sse::new(events).into_response()
}

// === impl Listener ===

impl Listener {
    async fn next(&mut self) -> Event {
        if self.told_at.is_none() {
            return self.tell();
        }
        loop {
            // The listener cannot be borrowed whole by both.
            let mut logs = self.logs.take();
            let lines = tokio::select! {
                is_due = self.is_due() => if is_due { None } else { self.logs = logs; continue },
                lines = next_lines(logs.as_mut()) => Some(lines),
            };
            self.logs = logs;
            return lines.unwrap_or_else(|| self.tell());
        }
    }

    /// Waits until the fleet may be told again, and tells whether it should be: at once where a standing
    /// has changed, for the numbers each second.
    async fn is_due(&mut self) -> bool {
        let told_at = self.told_at.unwrap_or_else(Instant::now);
        if !self.has_changed {
            tokio::select! {
                _ = self.changes.changed() => self.has_changed = true,
                () = sleep_until(told_at + PERIOD) => return true,
            }
        }
        sleep_until(told_at + GAP).await;
        self.has_changed = false;
        told_at.elapsed() >= PERIOD || standings(&self.fleet.snapshot()) != self.told
    }

    fn tell(&mut self) -> Event {
        self.told = standings(&self.fleet.snapshot());
        self.told_at = Some(Instant::now());
        Event::default().event("fleet").data(Snapshot::take(&self.fleet).to_json())
    }
}

// === impl Logs ===

impl Logs {
    fn of(fleet: &Fleet, instance: Option<String>) -> Self {
        let (tail, lines) = fleet.logs(instance.as_deref());
        Self { instance, tail: tail.into(), lines, lost: 0 }
    }

    /// Waits for lines, and returns as many as there are, in one event.
    async fn next(&mut self) -> Event {
        loop {
            if self.tail.is_empty() && self.lost > 0 {
                let lost = std::mem::take(&mut self.lost);
                return Event::default().event("lost").data(lost.to_string());
            }
            if self.tail.is_empty() {
                self.receive().await;
                continue;
            }
            let mut lines: Vec<_> = self.tail.drain(..self.tail.len().min(LINES)).collect();
            lines.retain(|line| self.instance.as_deref().is_none_or(|id| *line.instance == *id));
            if !lines.is_empty() {
                let lines: Vec<_> =
                    lines.iter().map(|line| (line.number, &*line.instance, &*line.text)).collect();
                let json = serde_json::to_string(&lines).unwrap_or_default();
                return Event::default().event("lines").data(json);
            }
        }
    }

    /// Receives the lines that there are, and waits for the first.
    async fn receive(&mut self) {
        match self.lines.recv().await {
            Ok(line) => self.tail.push_back(line),
            Err(RecvError::Lagged(count)) => {
                self.lost += count;
                return;
            }
            // The run ends.
            Err(RecvError::Closed) => pending().await,
        }
        while self.tail.len() < LINES {
            match self.lines.try_recv() {
                Ok(line) => self.tail.push_back(line),
                Err(TryRecvError::Lagged(count)) => {
                    self.lost += count;
                    return;
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }
}

async fn next_lines(logs: Option<&mut Logs>) -> Event {
    match logs {
        Some(logs) => logs.next().await,
        None => pending().await,
    }
}
