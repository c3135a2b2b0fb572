//! The deadlines of a worker, from its program and from variables.

use std::time::Duration;

use heartbeat_definition::parse_duration;

use super::env_vars::EnvVars;
use crate::error::Error;
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

    pub(super) fn with_env_overrides(self, variables: &EnvVars) -> Result<Self, Error> {
        let duration = |name: &str, otherwise: Duration| match variables.text(name)? {
            None => Ok(otherwise),
            Some(written) => parse_duration(&written).ok_or_else(|| {
                Error::from(format!(
                    "{name} is `{written}`: write a whole number and its unit, such as 250ms, 30s, \
                     2m or 1h"
                ))
            }),
        };
        let stall_after = duration("HEARTBEAT_STALL_AFTER", self.stall_after)?;
        let stop_within = duration("HEARTBEAT_STOP_WITHIN", self.stop_within)?;
        let drain = duration("HEARTBEAT_DRAIN", self.drain)?;
        let recycle_after = duration("HEARTBEAT_RECYCLE_AFTER", self.recycle_after)?;
        if stall_after < SHORTEST {
            return Err(format!(
                "run cannot be held to beat within {stall_after:?}: set HEARTBEAT_STALL_AFTER (or \
                 stall_after) to {SHORTEST:?} or more"
            )
            .into());
        }
        if stop_within.is_zero() {
            let message = "a stop takes some time: set HEARTBEAT_STOP_WITHIN (or stop_within) to \
                           more than none";
            return Err(message.into());
        }
        Ok(Self { stall_after, armed: self.armed, stop_within, drain, recycle_after })
    }
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
    }
}
