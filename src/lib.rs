//! Can A reach B on port P?
pub mod flow;
pub mod network;
pub mod reach;
pub mod source;
pub mod topology;
