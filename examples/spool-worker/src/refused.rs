//! Recently refused files.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::time::{Duration, Instant};

/// Time until a refused file is retried. At the rate of scans, a permanent failure would flood the
/// log.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// Names of refused files; at most as many as the inbox has files.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    since: HashMap<OsString, Instant>,
}

impl Refused {
    pub(crate) fn add(&mut self, name: OsString, now: Instant) {
        self.since.insert(name, now);
    }

    /// Removes the names that may be retried.
    pub(crate) fn expire(&mut self, now: Instant) {
        self.since.retain(|_, since| now.duration_since(*since) < RETRY_AFTER);
    }

    pub(crate) fn contains(&self, name: &OsStr) -> bool {
        self.since.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expires_a_name_after_thirty_seconds() {
        let start = Instant::now();
        let mut refused = Refused::default();
        refused.add("a".into(), start);
        refused.expire(start + RETRY_AFTER.checked_sub(Duration::from_millis(1)).unwrap());
        assert!(refused.contains("a".as_ref()));
        assert!(!refused.contains("b".as_ref()));
        refused.expire(start + RETRY_AFTER);
        assert!(!refused.contains("a".as_ref()));
        assert!(refused.since.is_empty());
    }
}
