//! The times at which a job is due.

use std::iter::successors;
use std::str::FromStr;

use cronexpr::Crontab;
use jiff::Timestamp;

/// The schedule of a job: a cron expression and its time zone, as in `30 3 * * * Europe/Berlin`.
#[derive(Clone, Debug)]
pub(crate) struct CronSchedule(Crontab);

/// A due time that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) time: Timestamp,
    /// Earlier due times that nobody has run, and for which this one stands too.
    pub(crate) missed: i32,
}

// === impl CronSchedule ===

impl CronSchedule {
    /// Returns the first due time after `time`.
    pub(crate) fn next(&self, time: Timestamp) -> Option<Timestamp> {
        self.0.find_next(time).ok().map(|next| next.timestamp())
    }

    /// Returns the newest due time until `now`, if there is one after `settled`.
    pub(crate) fn due(&self, settled: Timestamp, now: Timestamp) -> Option<Due> {
        let times = successors(self.next(settled), |time| self.next(*time));
        let come = times.take_while(|time| *time <= now);
        let due = |missed, time| Due { time, missed };
        (0..).zip(come).last().map(|(missed, time)| due(missed, time))
    }
}

impl FromStr for CronSchedule {
    type Err = cronexpr::Error;

    /// Parses an expression, which must come due within four years: `0 0 31 2 * UTC` never does.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let crontab: Crontab = text.parse()?;
        crontab.find_next(Timestamp::now())?;
        Ok(Self(crontab))
    }
}

#[cfg(test)]
mod tests;
