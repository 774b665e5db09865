//! Many questions at once.

mod matrix;

pub use matrix::{Cell, Matrix, Options, matrix, services_named_by_rules};
