//! Tests of the attribute with the real compiler, cargo, clippy, `cargo expand` and rust-analyzer.

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
mod fail;
mod lints;
mod rebuilds;
mod rustc;
mod scratch;
