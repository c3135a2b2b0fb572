//! Selection of a program's worker role and endpoints, by the names that its arguments give.

mod endpoint;
mod error;
mod role;

pub use endpoint::{EndpointFault, EndpointUse};
pub use error::{Declaration, SelectError, SelectReport};

#[cfg(test)]
mod tests;
