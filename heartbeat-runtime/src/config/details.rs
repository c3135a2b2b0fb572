//! `HEARTBEAT_DETAILS`: the policy of who may see the details.

use super::env_vars::EnvVars;
use crate::error::Error;

/// The policy of who may see the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DetailsPolicy {
    Always,
    Never,
    /// Trusted clients: those of internal endpoints and unix sockets, and local ones of a worker on
    /// a terminal.
    Trusted,
}

impl DetailsPolicy {
    pub(super) fn from_env(variables: &EnvVars) -> Result<Self, Error> {
        match variables.get("HEARTBEAT_DETAILS")?.as_deref() {
            None => Ok(Self::Trusted),
            Some("always") => Ok(Self::Always),
            Some("never") => Ok(Self::Never),
            Some(other) => {
                Err(format!("HEARTBEAT_DETAILS is `{other}`: write always or never").into())
            }
        }
    }
}
