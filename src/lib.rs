//! Can A reach B on port P?
pub mod source;
pub mod topology;
