//! Many questions at once.
//!
//! [`Fleet`] answers every question about every pair of interfaces by class: the way between two sites is walked once, by
//! the walk of the single question ([`outlines`](crate::reach::outlines)), and its filters are asked per class. A
//! [`Cell`] is exact. What an outline can't describe falls back to single questions, and is counted.

mod alike;
mod cell;
mod class;
mod core;
mod filters;
mod kind;
mod lists;
mod matrix;
mod near;
mod opening;
mod pivot;
mod pool;
mod recent;
mod rows;
mod survey;
mod vectors;
mod way;

pub use cell::{Cell, CellId, Part, Product};
pub use class::Class;
pub use core::{Fleet, Statistics};
pub use matrix::{Cell as MatrixCell, Change, Matrix, Options, Snapshot, matrix, services_named_by_rules};
pub use opening::{Opening, openings};
pub use pivot::{Pivot, Step as PivotStep, pivot};
pub use pool::{Pool, ServiceSet, SetId};
pub use rows::Rows;
pub use survey::{Finding, Open, Survey, survey};
