//! The deadlines of a worker, from its program and from variables.

use std::time::Duration;

use heartbeat_definition::parse_duration;

use super::env_vars::EnvVars;
use super::errors::ConfigErrors;
use crate::error::Error;
use crate::log::Elapsed;
use crate::vitals::SHORTEST;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    pub(crate) stall_after: Duration,
    /// `run` must beat from its start, not only from its first beat on.
    pub(crate) armed: bool,
    pub(crate) stop_within: Duration,
    pub(crate) drain: Duration,
    /// The time after which live has failed for too long; none is never.
    pub(crate) recycle_after: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            stall_after: Duration::from_secs(30),
            armed: false,
            stop_within: Duration::from_secs(25),
            drain: Duration::ZERO,
            recycle_after: Duration::ZERO,
        }
    }
}

impl Deadlines {
    /// Returns the share of a stop for `run` and the drain; `on_stop` has the rest.
    pub(crate) fn run_within(&self) -> Duration {
        self.stop_within / 5 * 4
    }

    /// Returns the time that aborted tasks have to end, a quarter of `on_stop`'s share.
    pub(crate) fn abort_within(&self) -> Duration {
        self.stop_within / 20
    }

    /// Returns the time in which a stopping worker stays up.
    pub(crate) fn drain_within(&self) -> Duration {
        self.drain.min(self.run_within())
    }

    /// Applies the variables.
    ///
    /// # Errors
    ///
    /// Variables are not durations, or durations are too short; the error tells all of them.
    pub(super) fn with_env_overrides(self, variables: &EnvVars) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let mut duration =
            |name, otherwise| errors.keep(duration(name, variables)).flatten().unwrap_or(otherwise);
        let stall_after = duration("HEARTBEAT_STALL_AFTER", self.stall_after);
        let stop_within = duration("HEARTBEAT_STOP_WITHIN", self.stop_within);
        let drain = duration("HEARTBEAT_DRAIN", self.drain);
        let recycle_after = duration("HEARTBEAT_RECYCLE_AFTER", self.recycle_after);
        if stall_after < SHORTEST {
            errors.push(format!(
                "run cannot be held to beat within {stall_after:?}: set HEARTBEAT_STALL_AFTER (or \
                 stall_after) to {SHORTEST:?} or more"
            ));
        }
        if stop_within.is_zero() {
            errors.push(
                "a stop takes some time: set HEARTBEAT_STOP_WITHIN (or stop_within) to more than \
                 none",
            );
        }
        let armed = self.armed;
        errors.into_result(Some(Self { stall_after, armed, stop_within, drain, recycle_after }))
    }

    /// Describes a drain that a stop has no time for, and the time that it gets.
    pub(super) fn warning(&self) -> Option<String> {
        let (drain, within, stop) =
            (Elapsed(self.drain), Elapsed(self.run_within()), Elapsed(self.stop_within));
        (self.drain > self.run_within()).then(|| {
            format!(
                "a drain of {drain} is longer than run's share of a stop ({within} of {stop}): \
                 {within} is used; lower HEARTBEAT_DRAIN (or drain), or raise HEARTBEAT_STOP_WITHIN \
                 (or stop_within)"
            )
        })
    }
}

fn duration(name: &str, variables: &EnvVars) -> Result<Option<Duration>, Error> {
    let Some(written) = variables.get(name)? else { return Ok(None) };
    let duration = parse_duration(&written).ok_or_else(|| {
        format!(
            "{name} is `{written}`: write a whole number and its unit, such as 250ms, 30s, 2m or 1h"
        )
    })?;
    Ok(Some(duration))
}

#[cfg(test)]
mod tests {
    use super::{Deadlines, Duration};
    use crate::config::EnvVars;

    #[test]
    fn a_variable_overrides_and_must_be_a_duration() {
        let variables = EnvVars::from([("HEARTBEAT_STOP_WITHIN", "2m")]);
        let deadlines = Deadlines::default().with_env_overrides(&variables).unwrap();
        assert_eq!(deadlines.run_within(), Duration::from_secs(96));
        assert_eq!(deadlines.stall_after, Duration::from_secs(30));

        for (name, value) in [("HEARTBEAT_STALL_AFTER", "9ms"), ("HEARTBEAT_STOP_WITHIN", "0s")] {
            let error = Deadlines::default().with_env_overrides(&EnvVars::from([(name, value)]));
            let error = error.unwrap_err().to_string();
            assert!(error.contains(&format!("set {name} (or ")), "{error}");
        }

        for name in ["HEARTBEAT_DRAIN", "HEARTBEAT_RECYCLE_AFTER"] {
            let error = Deadlines::default().with_env_overrides(&EnvVars::from([(name, "5")]));
            let error = error.unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} is `5`: write ")), "{error}");
        }

        let recycling =
            Deadlines { recycle_after: Duration::from_secs(60), ..Deadlines::default() };
        let never = EnvVars::from([("HEARTBEAT_RECYCLE_AFTER", "0s")]);
        assert!(recycling.with_env_overrides(&never).unwrap().recycle_after.is_zero());

        let variables = EnvVars::from([("HEARTBEAT_DRAIN", "")]);
        let deadlines = Deadlines::default().with_env_overrides(&variables).unwrap();
        assert_eq!(deadlines.drain, Duration::ZERO);
    }

    #[test]
    fn all_wrong_variables_are_told() {
        let variables = EnvVars::from([
            ("HEARTBEAT_STALL_AFTER", "soon"),
            ("HEARTBEAT_STOP_WITHIN", "0s"),
            ("HEARTBEAT_DRAIN", "5"),
        ]);
        let error = Deadlines::default().with_env_overrides(&variables).unwrap_err().to_string();
        let wrong = [
            "HEARTBEAT_STALL_AFTER is `soon`",
            "set HEARTBEAT_STOP_WITHIN",
            "HEARTBEAT_DRAIN is `5`",
        ];
        assert!(wrong.iter().all(|wrong| error.contains(wrong)), "{error}");
    }

    #[test]
    fn warns_of_a_drain_for_which_a_stop_has_no_time() {
        let with_drain = |drain| Deadlines { drain, ..Deadlines::default() };
        assert_eq!(with_drain(Duration::from_secs(20)).warning(), None);
        let warning = with_drain(Duration::from_secs(30)).warning().unwrap();
        assert_eq!(
            warning,
            "a drain of 30 s is longer than run's share of a stop (20 s of 25 s): 20 s is used; \
             lower HEARTBEAT_DRAIN (or drain), or raise HEARTBEAT_STOP_WITHIN (or stop_within)"
        );
    }
}
