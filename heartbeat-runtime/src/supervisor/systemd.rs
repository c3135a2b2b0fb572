//! systemd, or a manager with its protocol (`sd_notify(3)`). It learns when the worker is ready, its
//! status and its stop, and gets a watchdog ping only while live passes.
//!
//! One socket sends all datagrams. It is made before user code runs: a process without descriptors must
//! not look dead.
//!
//! Children inherit the variables, which cannot be removed once a process has threads. That does no
//! harm: `WATCHDOG_PID` and `LISTEN_PID` name this process, and the manager accepts messages from the
//! main process only (`NotifyAccess=main`, the default).

use std::fmt::Write as _;
use std::future::pending;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::config::EnvVars;
use crate::vitals::{Reason, Verdict, Vitals};

/// Time between polls for changes that no event announces.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// Time that a stop may take beyond its limit: the last responses, and the end of the process.
const BEYOND_BUDGET: Duration = Duration::from_secs(5);
/// Maximum timeout for the manager, in microseconds. Added to its clock, it saturates to infinity, and
/// the timer never fires. One more, `USEC_INFINITY`, means "not set".
const FOR_EVER: u64 = u64::MAX - 1;
/// Maximum length of the status line, in characters.
const STATUS: usize = 400;

/// The connection to the manager, which never answers.
pub(crate) struct Systemd {
    manager: Option<(UnixDatagram, SocketAddr)>,
    /// Time between watchdog pings.
    watchdog: Option<Duration>,
    stop_within: Duration,
    sent: Sent,
}

/// The last state that the manager knows.
#[derive(Clone, Default)]
struct Sent {
    ready: bool,
    stopping: bool,
    status: String,
    alive: Option<Instant>,
}

impl Systemd {
    /// Connects to `NOTIFY_SOCKET`, and pings at half of `WATCHDOG_USEC` if it is for this process.
    pub(crate) fn new(variables: &EnvVars, stop_within: Duration) -> Self {
        let number =
            |name| variables.get(name).ok().flatten().map(|written| written.parse::<u64>().ok());
        let for_us =
            number("WATCHDOG_PID").is_none_or(|id| id == Some(u64::from(std::process::id())));
        let watchdog = number("WATCHDOG_USEC").flatten().filter(|usec| for_us && *usec > 0);
        Self {
            manager: variables.path("NOTIFY_SOCKET").and_then(|path| connect(&path)),
            watchdog: watchdog.map(|usec| Duration::from_micros(usec) / 2),
            stop_within,
            sent: Sent::default(),
        }
    }

    /// Sends every change, and watchdog pings, forever.
    pub(crate) async fn follow(&mut self, vitals: &Vitals) {
        if self.manager.is_none() {
            pending::<()>().await;
        }
        let mut lifecycle = vitals.subscribe();
        loop {
            self.notify(vitals);
            tokio::select! {
                _ = lifecycle.changed() => {}
                () = sleep_until(self.next_poll(Instant::now())) => {}
            }
        }
    }

    /// Returns the time of the next poll. An overdue ping, because live fails or the send failed, is
    /// retried often enough to be in time.
    fn next_poll(&self, now: Instant) -> Instant {
        let poll = now + POLL_EVERY;
        let Some(every) = self.watchdog else { return poll };
        let due = self.sent.alive.map(|alive| alive + every).filter(|due| *due > now);
        poll.min(due.unwrap_or(now + every / 4))
    }

    /// Sends all pending messages.
    pub(crate) fn notify(&mut self, vitals: &Vitals) {
        let (verdict, now) = (vitals.verdict(), Instant::now());
        while let Some((socket, manager)) = &self.manager {
            let (message, sent) = self.next_message(&verdict, vitals.failure(), now);
            // An unsent message remains pending.
            if message.is_empty() || socket.send_to_addr(message.as_bytes(), manager).is_err() {
                return;
            }
            self.sent = sent;
        }
    }

    /// Returns the next message, and the state that the manager knows after it. systemd keeps only a
    /// message's last state, so each state is sent alone; none follows `STOPPING=1`.
    fn next_message(
        &self,
        verdict: &Verdict,
        failure: Option<&str>,
        now: Instant,
    ) -> (String, Sent) {
        let (mut message, mut sent) = (String::new(), self.sent.clone());
        if verdict.started && !sent.ready && !sent.stopping {
            sent.ready = true;
            message.push_str("READY=1\n");
        } else if verdict.state.is_ending() && !sent.stopping {
            sent.stopping = true;
            let within = self.stop_within.saturating_add(BEYOND_BUDGET).as_micros();
            let within = within.min(FOR_EVER.into());
            let _ = write!(message, "STOPPING=1\nEXTEND_TIMEOUT_USEC={within}\n");
        }
        let status = status(verdict, failure);
        if status != sent.status {
            let _ = writeln!(message, "STATUS={status}");
            sent.status = status;
        }
        let is_due = |every| sent.alive.is_none_or(|alive| alive + every <= now);
        if verdict.live && self.watchdog.is_some_and(is_due) {
            sent.alive = Some(now);
            message.push_str("WATCHDOG=1\n");
        }
        (message, sent)
    }
}

/// Opens a socket, and parses the address of the manager; `vsock:` is not supported.
fn connect(path: &Path) -> Option<(UnixDatagram, SocketAddr)> {
    let address = match path.as_os_str().as_bytes() {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        [b'@', name @ ..] => {
            use std::os::linux::net::SocketAddrExt;
            SocketAddr::from_abstract_name(name)
        }
        _ if path.is_absolute() => SocketAddr::from_pathname(path),
        _ => return None,
    };
    let socket = UnixDatagram::unbound().ok()?;
    // The monitor thread must not block.
    socket.set_nonblocking(true).ok()?;
    Some((socket, address.ok()?))
}

/// Returns the status in one line: a line feed in a failure would forge a field.
fn status(verdict: &Verdict, failure: Option<&str>) -> String {
    let mut status = verdict.state.as_str().to_owned();
    for reason in &verdict.reasons {
        // The others repeat the state.
        if !matches!(reason, Reason::Faulted | Reason::Starting | Reason::Stopping | Reason::Busy) {
            let _ = write!(status, ", {}", reason.as_str());
        }
    }
    if let Some(failure) = failure {
        let _ = write!(status, ": {failure}");
    }
    let is_unprintable = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    status.chars().take(STATUS).map(|c| if is_unprintable(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Systemd;
    use crate::config::EnvVars;
    use crate::vitals::{Event, Verdict, Vitals};

    fn systemd(variables: &[(&str, &str); 2]) -> Systemd {
        Systemd::new(&EnvVars::from(*variables), Duration::from_secs(25))
    }

    #[test]
    fn pings_the_watchdog_at_half_of_its_time_if_it_is_for_this_process() {
        let own = std::process::id().to_string();
        for (usec, pid, every) in [
            ("2000000", own.as_str(), Some(Duration::from_secs(1))),
            ("500000", "", Some(Duration::from_millis(250))),
            ("500000", "1", None),
            ("500000", "x", None),
            ("0", "", None),
            ("", "", None),
            ("-1", "", None),
        ] {
            let variables = [("WATCHDOG_USEC", usec), ("WATCHDOG_PID", pid)];
            assert_eq!(systemd(&variables).watchdog, every, "{variables:?}");
        }
    }

    #[test]
    fn sends_each_change_once_and_pings_while_live_passes() {
        let mut systemd = systemd(&[("WATCHDOG_USEC", "2000000"), ("WATCHDOG_PID", "")]);
        let vitals = Vitals::new(Duration::from_secs(30), false);
        let mut now = Instant::now();
        let mut message_for = |verdict: &Verdict, after| {
            now += Duration::from_millis(after);
            let (message, sent) = systemd.next_message(verdict, None, now);
            systemd.sent = sent;
            message
        };
        assert_eq!(message_for(&vitals.verdict(), 0), "STATUS=starting\nWATCHDOG=1\n");
        vitals.apply(Event::Started);
        assert_eq!(message_for(&vitals.verdict(), 999), "READY=1\nSTATUS=running\n");
        assert_eq!(message_for(&vitals.verdict(), 1), "WATCHDOG=1\n");
        let red = Verdict { live: false, ..vitals.verdict() };
        assert_eq!(message_for(&red, 5000), "");
        assert_eq!(message_for(&vitals.verdict(), 1), "WATCHDOG=1\n");
        vitals.apply(Event::Stop);
        assert_eq!(
            message_for(&vitals.verdict(), 1),
            "STOPPING=1\nEXTEND_TIMEOUT_USEC=30000000\nSTATUS=stopping\n"
        );
    }

    #[test]
    fn an_overdue_ping_does_not_keep_the_monitor_busy() {
        let mut systemd = systemd(&[("WATCHDOG_USEC", "500000"), ("WATCHDOG_PID", "")]);
        let (now, every) = (Instant::now(), Duration::from_millis(250));
        systemd.sent.alive = Some(now);
        let later = now + Duration::from_millis(100);
        assert_eq!(systemd.next_poll(later), now + every);
        for overdue in [now + every, now + Duration::from_secs(60)] {
            assert_eq!(systemd.next_poll(overdue), overdue + every / 4);
        }
    }

    #[test]
    fn a_stop_without_a_limit_is_sent_as_one() {
        let variables = EnvVars::from([]);
        let systemd = Systemd::new(&variables, Duration::from_secs(u64::MAX));
        let vitals = Vitals::new(Duration::from_secs(30), false);
        vitals.apply(Event::Stop);
        let (message, _) = systemd.next_message(&vitals.verdict(), None, Instant::now());
        let extension = format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={}\n", u64::MAX - 1);
        assert_eq!(message, extension + "STATUS=stopping\n");
    }

    #[test]
    fn a_stop_during_the_start_sends_no_ready() {
        let mut systemd = systemd(&[("WATCHDOG_USEC", ""), ("WATCHDOG_PID", "")]);
        let vitals = Vitals::new(Duration::from_secs(30), false);
        vitals.apply(Event::Stop);
        let (message, sent) = systemd.next_message(&vitals.verdict(), None, Instant::now());
        assert!(message.starts_with("STOPPING=1\n"), "{message}");
        systemd.sent = sent;
        vitals.apply(Event::Started);
        assert_eq!(systemd.next_message(&vitals.verdict(), None, Instant::now()).0, "");
    }

    #[test]
    fn a_worker_that_is_done_at_once_was_ready() {
        let mut systemd = systemd(&[("WATCHDOG_USEC", ""), ("WATCHDOG_PID", "")]);
        let vitals = Vitals::new(Duration::from_secs(30), false);
        vitals.apply(Event::Started);
        vitals.apply(Event::Stop);
        let (message, sent) = systemd.next_message(&vitals.verdict(), None, Instant::now());
        assert_eq!(message, "READY=1\nSTATUS=stopping\n");
        systemd.sent = sent;
        let (message, _) = systemd.next_message(&vitals.verdict(), None, Instant::now());
        assert_eq!(message, "STOPPING=1\nEXTEND_TIMEOUT_USEC=30000000\n");
    }

    #[test]
    fn a_failure_forges_no_field() {
        let vitals = Vitals::new(Duration::from_secs(30), false);
        vitals.apply(Event::Panicked);
        let status = super::status(&vitals.verdict(), Some("a\nREADY=1\r\u{2028}\0b"));
        assert_eq!(status, "faulted: a READY=1   b");
    }
}
