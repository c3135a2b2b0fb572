//! Connection limits: admission, eviction, idle timeouts.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::endpoint::Peer;

/// Maximum connections per endpoint.
pub(super) const LIMIT: usize = 64;
/// Number of connections from which each is asked to close after its response, and of requests to user
/// code from which they are evicted first: a prober must not be alone with them.
const CROWDED: usize = 48;
/// Maximum listeners to events per endpoint, and never more than half of the connections.
const LISTENERS: usize = 8;
/// Time for a request head.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// Time that a connection may idle after a response. Envoy probes every 60 seconds.
const IDLE_WITHIN: Duration = Duration::from_secs(75);
/// Pause after a failed accept with no connection to evict.
const BACK_OFF: Duration = Duration::from_millis(100);
/// Time for which the limit is lower after the process ran out of descriptors.
const SCARCE: Duration = Duration::from_secs(1);

/// The connections of an endpoint, or those of them in a handshake.
pub(super) struct ConnectionLimiter {
    table: Mutex<Table>,
    ended: Notify,
}

struct Table {
    limit: usize,
    /// The oldest first.
    open: Vec<Arc<Entry>>,
    /// A lower limit, and its end.
    scarce: Option<(usize, Instant)>,
}

struct Entry {
    peer: Peer,
    activity: Mutex<Activity>,
    evicted: Notify,
    served: Notify,
    serving: Notify,
}

#[derive(Clone, Copy)]
struct Activity {
    stage: Stage,
    since: Instant,
    /// Part of a request has arrived.
    mid_request: bool,
    /// The next request head cannot be found.
    is_lost: bool,
    /// Requests that are answered for long: by user code, or with events.
    serving: usize,
    /// Those of them that are answered with events.
    listening: usize,
}

/// The stage of a connection; later ones are evicted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// A request is answered for long: by user code in its own time, or with events.
    Serving,
    /// Part of a request may have arrived.
    Head,
    /// The last response is written.
    Idle,
    /// The write side is closed; the peer closes next.
    Closing,
}

/// The slot of one connection; dropping it frees the slot.
pub(super) struct ConnectionSlot {
    entry: Arc<Entry>,
    connections: Arc<ConnectionLimiter>,
}

impl ConnectionLimiter {
    pub(super) fn new(limit: usize) -> Self {
        let table = Table { limit, open: Vec::new(), scarce: None };
        Self { table: Mutex::new(table), ended: Notify::new() }
    }

    /// Admits a connection, evicting one if the limit is reached: of the busiest network, and there
    /// of the busiest address, the oldest idle one, else the oldest.
    pub(super) async fn admit(self: &Arc<Self>, peer: Peer) -> ConnectionSlot {
        loop {
            {
                let mut table = self.table();
                if table.open.len() < table.limit() {
                    let entry = Arc::new(Entry::new(peer));
                    table.open.push(Arc::clone(&entry));
                    return ConnectionSlot { entry, connections: Arc::clone(self) };
                }
                table.evict(Some(peer));
            }
            self.ended.notified().await;
        }
    }

    /// Waits before the next accept after a failed one. If the process has no descriptor left,
    /// evicts a connection to free one.
    pub(super) async fn recover(&self) {
        let given_up = {
            let mut table = self.table();
            let open = table.open.len();
            table.scarce = Some((open.saturating_sub(1).max(1), Instant::now() + SCARCE));
            table.evict(None)
        };
        if given_up {
            let _ = timeout(BACK_OFF, self.ended.notified()).await;
        } else {
            sleep(BACK_OFF).await;
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn limit(&mut self) -> usize {
        self.scarce = self.scarce.filter(|(_, until)| Instant::now() < *until);
        self.scarce.map_or(self.limit, |(limit, _)| limit.min(self.limit))
    }

    /// Evicts one connection. Returns false if there is none.
    fn evict(&self, newcomer: Option<Peer>) -> bool {
        let peers = || self.open.iter().map(|entry| entry.peer).chain(newcomer);
        let is_serving = |stage| stage == Stage::Serving;
        let serving = self.open.iter().filter(|entry| is_serving(entry.activity().stage)).count();
        let victim = self.open.iter().max_by_key(|entry| {
            let Activity { stage, since, .. } = *entry.activity();
            let own = entry.peer;
            let of_network = peers().filter(|peer| peer.network() == own.network()).count();
            let of_address = peers().filter(|peer| *peer == own).count();
            let is_first = is_serving(stage) && serving >= CROWDED;
            (of_network, of_address, is_first, stage, Reverse(since))
        });
        victim.inspect(|entry| entry.evicted.notify_one()).is_some()
    }
}

impl Entry {
    fn new(peer: Peer) -> Self {
        let (stage, since) = (Stage::Head, Instant::now());
        let (mid_request, is_lost, serving, listening) = (false, false, 0, 0);
        let activity = Activity { stage, since, mid_request, is_lost, serving, listening };
        let activity = Mutex::new(activity);
        let (evicted, served, serving) = (Notify::new(), Notify::new(), Notify::new());
        Self { peer, activity, evicted, served, serving }
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Activity {
    fn enter(&mut self, stage: Stage) {
        (self.stage, self.since) = (stage, Instant::now());
    }

    /// Enters the stage after a response.
    fn rest(&mut self) {
        if self.serving == 0 {
            self.enter(if self.mid_request { Stage::Head } else { Stage::Idle });
        }
    }
}

impl ConnectionSlot {
    /// Tells whether so many connections are open that this one should close soon.
    pub(super) fn near_limit(&self) -> bool {
        let mut table = self.connections.table();
        table.open.len() >= CROWDED.min(table.limit())
    }

    /// Records bytes from the peer, after which a request head is incomplete or not, and the next one
    /// cannot be found or can.
    pub(super) fn on_read(&self, mid_request: bool, is_lost: bool) {
        let mut activity = self.entry.activity();
        activity.mid_request = mid_request;
        activity.is_lost = is_lost;
        if mid_request && activity.stage == Stage::Idle {
            activity.enter(Stage::Head);
        }
    }

    /// Begins the time for a request head, as after a handshake.
    #[cfg(feature = "tls")]
    pub(super) fn expect_head(&self) {
        self.entry.activity().enter(Stage::Head);
    }

    /// Gives the body of a request no more time than a head has.
    pub(super) fn expect_body(&self) {
        let mut activity = self.entry.activity();
        if activity.stage == Stage::Idle {
            activity.enter(Stage::Head);
        }
    }

    /// Records a response. Returns true if the connection must close after it, since the next request head
    /// cannot be found.
    pub(super) fn on_response(&self) -> bool {
        let mut activity = self.entry.activity();
        activity.rest();
        self.entry.served.notify_one();
        activity.is_lost
    }

    /// Records that a request is answered for long, until [`end_serving`](Self::end_serving).
    pub(super) fn begin_serving(&self) {
        let mut activity = self.entry.activity();
        activity.serving += 1;
        activity.enter(Stage::Serving);
        self.entry.serving.notify_one();
    }

    /// Tells whether a request is answered for long.
    pub(super) fn is_serving(&self) -> bool {
        self.entry.activity().serving > 0
    }

    /// Waits until a request is answered for long. Only one caller may wait.
    pub(super) async fn serving(&self) {
        self.entry.serving.notified().await;
    }

    pub(super) fn end_serving(&self) {
        let mut activity = self.entry.activity();
        activity.serving = activity.serving.saturating_sub(1);
        activity.rest();
    }

    /// Records a listener to events, until [`end_listening`](Self::end_listening). Returns false if there
    /// are as many as may be.
    pub(super) fn begin_listening(&self) -> bool {
        let mut table = self.connections.table();
        let limit = LISTENERS.min(table.limit() / 2);
        let listening: usize = table.open.iter().map(|entry| entry.activity().listening).sum();
        let is_admitted = listening < limit;
        if is_admitted {
            self.entry.activity().listening += 1;
        }
        is_admitted
    }

    /// Tells whether a client listens to events.
    pub(super) fn is_listening(&self) -> bool {
        self.entry.activity().listening > 0
    }

    pub(super) fn end_listening(&self) {
        let mut activity = self.entry.activity();
        activity.listening = activity.listening.saturating_sub(1);
    }

    /// Evicts the connection.
    pub(super) fn evict(&self) {
        self.entry.evicted.notify_one();
    }

    /// Records that nothing more will be written.
    pub(super) fn begin_close(&self) {
        self.entry.activity().enter(Stage::Closing);
    }

    /// Waits for the next response. Only one caller may wait.
    pub(super) async fn first_response(&self) {
        self.entry.served.notified().await;
    }

    /// Waits until the connection is evicted, or silent for too long.
    pub(super) async fn evicted_or_expired(&self) {
        tokio::select! {
            biased;
            () = self.entry.evicted.notified() => {}
            () = self.overdue() => {}
        }
    }

    async fn overdue(&self) {
        loop {
            let Activity { stage, since, .. } = *self.entry.activity();
            let now = Instant::now();
            let deadline = match stage {
                Stage::Serving => now + HEAD_WITHIN,
                Stage::Head => since + HEAD_WITHIN,
                Stage::Idle | Stage::Closing => since + IDLE_WITHIN,
            };
            if deadline <= now {
                return;
            }
            // A head that begins meanwhile is due no earlier than the next round.
            sleep_until(deadline.min(now + HEAD_WITHIN)).await;
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.connections.table().open.retain(|entry| !Arc::ptr_eq(entry, &self.entry));
        self.connections.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::{Instant, advance, sleep, timeout};

    use super::{CROWDED, ConnectionLimiter, ConnectionSlot, LIMIT, LISTENERS};
    use crate::endpoint::Peer;

    async fn admitted(
        connections: &Arc<ConnectionLimiter>,
        address: &str,
    ) -> Option<ConnectionSlot> {
        advance(Duration::from_millis(1)).await;
        let peer = Peer::from(address.parse::<SocketAddr>().ok());
        timeout(Duration::ZERO, connections.admit(peer)).await.ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_5_seconds_and_an_idle_connection_75() {
        let connections = Arc::new(ConnectionLimiter::new(LIMIT));
        for (begins, lost) in [(0, 5), (7, 12), (74, 79), (80, 75)] {
            let slot = admitted(&connections, "192.0.2.1:1").await.unwrap();
            slot.on_response();
            let served = Instant::now();
            let begin = async {
                sleep(Duration::from_secs(begins)).await;
                slot.on_read(true, false);
                pending::<()>().await;
            };
            tokio::select! {
                () = begin => {}
                () = slot.evicted_or_expired() => {}
            }
            // The timer counts milliseconds.
            let late = served.elapsed().abs_diff(Duration::from_secs(lost));
            assert!(late < Duration::from_millis(10), "begun after {begins} s: {late:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_to_user_code_leave_room_for_a_prober() {
        for (requests, evicts_request) in [(CROWDED - 1, false), (CROWDED, true), (LIMIT - 1, true)]
        {
            let connections = Arc::new(ConnectionLimiter::new(LIMIT));
            let mut slots = Vec::new();
            for number in 0..LIMIT {
                slots.push(admitted(&connections, "192.0.2.1:1").await.unwrap());
                if number < requests {
                    slots[number].begin_serving();
                }
            }
            assert!(admitted(&connections, "192.0.2.1:2").await.is_none(), "the limit is reached");
            for (number, evicted) in [(0, evicts_request), (requests, !evicts_request)] {
                let is_evicted = timeout(Duration::ZERO, slots[number].evicted_or_expired()).await;
                assert_eq!(is_evicted.is_ok(), evicted, "{number} beside {requests} requests");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn eight_listen_and_never_more_than_half() {
        let connections = Arc::new(ConnectionLimiter::new(LIMIT));
        let mut slots = Vec::new();
        for _ in 0..=LISTENERS {
            slots.push(admitted(&connections, "192.0.2.1:1").await.unwrap());
        }
        let (last, others) = slots.split_last().unwrap();
        assert!(others.iter().all(ConnectionSlot::begin_listening), "of one connection each");
        assert!(!last.begin_listening());
        others[0].end_listening();
        assert!(last.begin_listening(), "there is room again");
        others[1..].iter().for_each(ConnectionSlot::end_listening);
        // The process has run out of descriptors: one connection less may be open.
        connections.recover().await;
        let half = LISTENERS / 2;
        let admitted = others.iter().filter(|slot| slot.begin_listening()).count();
        assert_eq!(admitted + 1, half, "the last one listens too");
    }

    #[tokio::test(start_paused = true)]
    async fn evicts_from_the_busiest_network_or_address() {
        let one = |_: usize| "192.0.2.2:1".to_owned();
        let many = |n| format!("[2001:db8:0:1::{n}]:1");
        let one_of_the_same_network = |_| "[2001:db8::2]:1".to_owned();
        let table: [(&str, &dyn Fn(usize) -> String); 3] = [
            ("192.0.2.1:1", &one),
            ("[2001:db8::1]:1", &many),
            ("[2001:db8::1]:1", &one_of_the_same_network),
        ];
        for (prober, hostile) in table {
            let connections = Arc::new(ConnectionLimiter::new(LIMIT));
            let prober = admitted(&connections, prober).await.unwrap();
            prober.on_response();
            let mut others = Vec::new();
            for n in 1..LIMIT {
                others.push(admitted(&connections, &hostile(n)).await.unwrap());
            }
            let next = hostile(LIMIT);
            assert!(admitted(&connections, &next).await.is_none(), "the limit is reached");
            assert!(timeout(Duration::ZERO, prober.evicted_or_expired()).await.is_err(), "{next}");
            assert!(
                timeout(Duration::ZERO, others[0].evicted_or_expired()).await.is_ok(),
                "{next}"
            );
        }
    }
}
