//! The files that were refused a while ago.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::time::{Duration, Instant};

/// A pass comes four times a second; what fails for good need not fill the log at that rate.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// Holds no more names than the inbox has files.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    since: HashMap<OsString, Instant>,
}

impl Refused {
    pub(crate) fn add(&mut self, name: OsString, now: Instant) {
        self.since.insert(name, now);
    }

    /// Forgets what may be tried again.
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
    fn a_refused_name_is_tried_again_after_thirty_seconds() {
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
