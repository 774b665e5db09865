//! Many questions at once.
//!
//! [`Fleet`] answers every question about every pair of interfaces by class: the way between two sites is walked once, by
//! the walk of the single question ([`outlines`](crate::reach::outlines)), and its filters are asked per class. A
//! [`Cell`] is exact. What an outline can't describe falls back to single questions, and is counted.

mod class;
mod core;
mod filters;
mod matrix;
mod pool;
mod way;

pub use class::Class;
pub use core::{Cell, CellId, Fleet, Part, Product, Rows, Statistics};
pub use matrix::{Cell as MatrixCell, Matrix, Options, matrix, services_named_by_rules};
pub use pool::{Pool, ServiceSet, SetId};
