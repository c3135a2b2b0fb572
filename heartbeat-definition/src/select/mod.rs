//! Selection of a program's worker role and endpoints, by the names that its arguments give.

mod endpoint;
mod error;
mod report;
mod role;

pub use endpoint::{EndpointFault, EndpointUse};
pub use error::{Declaration, SelectError, UnknownEndpoint};
pub use report::SelectReport;

#[cfg(test)]
mod tests;
