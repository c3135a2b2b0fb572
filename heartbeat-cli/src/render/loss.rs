//! What a definition says and no deploy file can.

use std::fmt;

use heartbeat_definition::{Position, RoleKind};

use super::service::Service;

/// Something that is not carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    /// The place in the definition.
    pub(crate) position: Position,
    /// The thing, and why it is lost.
    pub(crate) what: String,
    /// The way to have it again.
    pub(crate) help: String,
}

impl Loss {
    pub(crate) fn new(
        position: Position,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { position, what: what.into(), help: help.into() }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.position, self.what, self.help)
    }
}

/// Returns what is lost wherever the service runs.
pub(super) fn common(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    for role in service.definition.roles.iter().filter(|role| role.kind == RoleKind::Web) {
        losses.push(Loss::new(
            role.position,
            format!("web role `{}` is not rendered, as its sites need IIS", role.name),
            "serve them from a worker role, by `role.serve`",
        ));
    }
    losses
}
