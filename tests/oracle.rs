//! The packet simulator, its own tests, and its comparison with an engine.
#![allow(unreachable_pub)]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "oracle/mod.rs"]
mod oracle;
