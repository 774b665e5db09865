//! The reader of the topology language: what it takes, what it says, what it survives.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

#[path = "reader/support.rs"]
mod support;

#[path = "reader/accepts.rs"]
mod accepts;
#[path = "reader/hostile.rs"]
mod hostile;
#[path = "reader/oracle.rs"]
mod oracle;
#[path = "reader/places.rs"]
mod places;
#[path = "reader/rejects.rs"]
mod rejects;
#[path = "reader/render.rs"]
mod render;
#[path = "reader/schema.rs"]
mod schema;
