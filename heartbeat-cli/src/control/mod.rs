//! The control socket of a `run`, and the subcommands that use it.

mod client;
pub(crate) mod commands;
pub(crate) mod lock;
pub(crate) mod protocol;
pub(crate) mod server;
pub(crate) mod socket;
mod table;
