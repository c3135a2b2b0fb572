//! The attribute against real things: the compiler, cargo, clippy, `cargo expand`, an editor.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test, that is how to fail"
)]

mod definitions;
mod dependencies;
mod documentation;
mod editor;
mod expansion;
mod lints;
mod mistakes;
mod rebuilds;
mod scratch;
mod slips;
