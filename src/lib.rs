//! Can A reach B on port P?
pub mod render;
pub mod topology;
