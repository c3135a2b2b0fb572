//! The findings about a file, and the rules that they come from.

mod code;
pub(crate) mod diagnostic;
pub(crate) mod parsed;
pub(crate) mod rules;
pub(crate) mod schema;

pub use code::{Authority, Code};
pub use diagnostic::{File, Finding, Severity};
pub use parsed::Reading;
