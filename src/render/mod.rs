//! One answer, many faces: text, lines, JSON, JUnit. Only bytes leave here, and the same answer always makes
//! the same ones.
//!
//! **Invariant.** A face decides nothing. Whatever two faces show of an answer comes from the same
//! [`Trace`](crate::reach::Trace): the hops have the same numbers everywhere.

mod cite;
mod considered;
pub mod diagnostic;
mod difference;
mod json;
#[cfg(all(feature = "lab", target_os = "linux"))]
pub mod lab;
mod line;
mod look;
mod matrix;
mod numbering;
mod openings;
mod packet;
mod survey;
pub mod tests;
mod text;

pub use cite::files;
pub use json::{SCHEMA, answer as json, schema as json_schema};
pub use line::lines;
pub use look::{DEFAULT_WIDTH, Look};
pub use matrix::{
    MATRIX_SCHEMA, matrix_changes, matrix_csv, matrix_html, matrix_json, matrix_markdown, matrix_text,
    read_matrix_json,
};
pub use survey::{PIVOT_SCHEMA, SURVEY_SCHEMA, pivot_json, pivot_text, survey_json, survey_text};
pub use text::{TextOptions, answer as text};
