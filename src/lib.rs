//! Can A reach B on port P?
pub mod topology;
