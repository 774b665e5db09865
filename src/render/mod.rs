//! The faces of what the engine found: each turns results into bytes and knows nothing of how they came about.

pub mod diagnostic;
