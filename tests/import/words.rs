//! What is written how.
