//! What others wrote: saved AWS answers, Terraform plans and states, CloudFormation templates, read into a
//! [`Topology`](crate::topology::Topology).
//!
//! [`read`] is the only function here that touches the disk. It says what a path is, by the shape of
//! what lies there rather than by its name, and a path that is nothing we know is answered with what
//! to do about it. The parsers themselves ([`aws::read`], [`terraform::read`], [`recognise()`]) take bytes.

pub mod aws;
pub mod cloudformation;
mod files;
mod overlay;
mod recognise;
mod strings;
mod syntax;
pub mod terraform;
mod transit_gateway;
mod twins;

use std::path::Path;

use crate::topology::{Diagnostic, Sources};

pub use files::{MAX_DEPTH, MAX_FILE_BYTES, MAX_FILES, MAX_TOTAL_BYTES};
pub use recognise::{Recognised, recognise};

/// What a path turned out to be.
#[derive(Debug)]
pub enum Loaded {
    /// A topology in our own format, unread: parsing it is the YAML reader's work.
    Yaml {
        /// The name to show, as the user gave it.
        name: String,
        /// The bytes of the file.
        bytes: Vec<u8>,
    },
    /// A capture of AWS answers. Its diagnostics may hold errors.
    Aws(Box<aws::Capture>),
    /// A Terraform plan or state, unread: which world of a plan is meant is the caller's to say.
    Terraform {
        /// The name to show, as the user gave it.
        name: String,
        /// The bytes of the file.
        bytes: Vec<u8>,
    },
    /// CloudFormation templates that belong together, unread: they may need values for parameters.
    CloudFormation {
        /// Names to show, and bytes.
        files: Vec<(String, Vec<u8>)>,
    },
}

/// Why a path could not be read.
#[derive(Debug)]
pub struct SourceError {
    /// The files that the diagnostics point into.
    pub sources: Sources,
    /// What is wrong; at least one, the first one an error.
    pub diagnostics: Vec<Diagnostic>,
}

impl SourceError {
    fn new(diagnostic: Diagnostic) -> Self {
        Self { sources: Sources::default(), diagnostics: vec![diagnostic] }
    }
}

impl std::fmt::Display for SourceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.diagnostics.first().map_or("the source could not be read", |first| &first.message))
    }
}

impl std::error::Error for SourceError {}

/// Reads a YAML topology, a file of AWS answers or a CloudFormation template, or a directory of either of these.
///
/// # Errors
///
/// When there is nothing to read, when it is too large, or when it is something that is not read
/// (yet). Flaws inside a capture are diagnostics of the capture instead.
pub fn read(path: &Path) -> Result<Loaded, SourceError> {
    if path.is_dir() { read_directory(path) } else { read_file(path) }
}

fn read_file(path: &Path) -> Result<Loaded, SourceError> {
    let mut loaded = read_bytes(files::shown(path), files::read_one(path)?)?;
    if let Loaded::CloudFormation { files } = &mut loaded {
        files::add_nested(path, files)?;
    }
    Ok(loaded)
}

/// Reads what is at hand already, for example from standard input. Does no I/O.
///
/// # Errors
///
/// As for [`read`].
pub fn read_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Loaded, SourceError> {
    let name = name.into();
    match recognise(&name, &bytes) {
        Recognised::Yaml => Ok(Loaded::Yaml { name, bytes }),
        Recognised::Aws => Ok(Loaded::Aws(Box::new(aws::read(&[(name, bytes)])))),
        Recognised::TerraformPlan | Recognised::TerraformState => Ok(Loaded::Terraform { name, bytes }),
        Recognised::CloudFormation => Ok(Loaded::CloudFormation { files: vec![(name, bytes)] }),
        Recognised::BrokenJson => Err(broken_json(&name, &bytes)),
        other => Err(SourceError::new(other.refusal(&name))),
    }
}

/// Says where JSON stops to be JSON: a message in its place is seen at once.
fn broken_json(name: &str, bytes: &[u8]) -> SourceError {
    let mut sources = Sources::default();
    let text = recognise::decoded(bytes);
    let diagnostic = match serde_json::from_slice::<serde::de::IgnoredAny>(&text) {
        Err(error) => {
            let error = syntax::Malformed::new(&error);
            let message = format!("{name} is not valid JSON: {}", error.message);
            Diagnostic::error("SRC007", message, error.place(&mut sources, name, &text))
                .help("is the file cut off, or an error message in its place? Make it again")
        }
        Ok(_) => Recognised::BrokenJson.refusal(name),
    };
    SourceError { sources, diagnostics: vec![diagnostic] }
}

fn read_directory(path: &Path) -> Result<Loaded, SourceError> {
    let found = files::walk(path)?;
    let mut capture = false;
    let mut refusal = None;
    for (name, bytes) in &found.captures {
        if name.ends_with(files::REFUSED_CALL) {
            continue;
        }
        match recognise(name, bytes) {
            Recognised::Aws => {
                capture = true;
                break;
            }
            Recognised::Yaml | Recognised::CloudFormation => {}
            other => refusal = refusal.or(Some(other.refusal(name))),
        }
    }
    if capture {
        let mut capture = aws::read(&found.captures);
        capture.diagnostics.extend(files::yaml_left_alone(&found));
        return Ok(Loaded::Aws(Box::new(capture)));
    }
    let templates = files::templates(path, &found)?;
    if !templates.is_empty() {
        return Ok(Loaded::CloudFormation { files: templates });
    }
    Err(SourceError::new(files::nothing_found(path, &found, refusal)))
}
