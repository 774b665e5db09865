//! The command itself.
