//! The disk: which files a path stands for, within limits.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::recognise::{Recognised, recognise};
use super::{SourceError, cloudformation};
use crate::topology::{Diagnostic, Place, visible};

/// Most files that a directory may hold; a capture of one region has about a hundred.
pub const MAX_FILES: usize = 20_000;
/// Most bytes of one file.
pub const MAX_FILE_BYTES: u64 = 256 << 20;
/// Most bytes of a whole capture.
pub const MAX_TOTAL_BYTES: u64 = 1 << 30;
/// Deepest folder that is looked into: `accounts/<id>/<region>/` is three.
pub const MAX_DEPTH: usize = 8;

/// How the collector names what AWS refused to answer.
pub(super) const REFUSED_CALL: &str = ".error";

/// What a directory holds.
pub(super) struct Found {
    /// Files that may be AWS answers: shown name and bytes, sorted by name.
    pub(super) captures: Vec<(String, Vec<u8>)>,
    /// YAML files, which a directory of captures is not expected to have.
    pub(super) yaml: Vec<String>,
    /// How many other files there are.
    pub(super) others: usize,
}

/// The name to show for a path: as it was given, with `/` whatever the system.
pub(super) fn shown(path: &Path) -> String {
    let name = path.display().to_string();
    let name =
        if std::path::MAIN_SEPARATOR == '/' { name } else { name.replace(std::path::MAIN_SEPARATOR, "/") };
    visible(&name).into_owned()
}

/// Reads one file.
pub(super) fn read_one(path: &Path) -> Result<Vec<u8>, SourceError> {
    refuse_devices(path)?;
    let mut bytes = Vec::new();
    // A pipe or a device does not know its size: what counts is what comes.
    let read = fs::File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(format!("{} is larger than {} MiB", shown(path), MAX_FILE_BYTES >> 20)));
    }
    Ok(bytes)
}

/// Reading a pipe that nobody writes to, or a device, would never end. One that is named by its place among the open files
/// (`<(command)` in a shell, `/dev/stdin`) was opened by whoever names it.
fn refuse_devices(path: &Path) -> Result<(), SourceError> {
    let opened = path.starts_with("/dev") || path.starts_with("/proc");
    let Some(kind) = fs::metadata(path).ok().map(|found| found.file_type()).filter(|_| !opened) else {
        return Ok(());
    };
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    let message = format!("{} is a pipe, a device or a socket, not a file", shown(path));
    Err(SourceError::new(
        Diagnostic::error("SRC014", message, Place::Implicit)
            .help("what a command writes can be read from standard input: COMMAND | vpcreach … -f -"),
    ))
}

/// Reads the files of a directory and of the folders in it.
pub(super) fn walk(root: &Path) -> Result<Found, SourceError> {
    let mut found = Found { captures: Vec::new(), yaml: Vec::new(), others: 0 };
    let mut wanted = Vec::new();
    list(root, 0, &mut wanted, &mut found)?;
    wanted.sort();
    let mut total = 0;
    for path in wanted {
        let bytes = read_one(&path)?;
        total += bytes.len() as u64;
        if total > MAX_TOTAL_BYTES {
            let limit = MAX_TOTAL_BYTES >> 20;
            return Err(too_large(format!("{} holds more than {limit} MiB", shown(root))));
        }
        found.captures.push((shown(&path), bytes));
    }
    found.yaml.sort();
    Ok(found)
}

fn list(
    folder: &Path,
    depth: usize,
    wanted: &mut Vec<PathBuf>,
    found: &mut Found,
) -> Result<(), SourceError> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
        // Hidden folders (.git, .terraform) hold no captures. A link to a folder could be a loop.
        if kind.is_dir() && !name.starts_with('.') && depth < MAX_DEPTH {
            list(&path, depth + 1, wanted, found)?;
        } else if kind.is_file() || (kind.is_symlink() && path.is_file()) {
            sort_out(path, &name, wanted, found);
        }
        if wanted.len() + found.yaml.len() + found.others > MAX_FILES {
            return Err(too_large(format!("{} holds more than {MAX_FILES} files", shown(folder))));
        }
    }
    Ok(())
}

fn sort_out(path: PathBuf, name: &str, wanted: &mut Vec<PathBuf>, found: &mut Found) {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("json" | "error") => wanted.push(path),
        Some("yaml" | "yml") => found.yaml.push(shown(&path)),
        _ => found.others += 1,
    }
}

/// The CloudFormation templates of a directory, in either syntax.
pub(super) fn templates(root: &Path, found: &Found) -> Result<Vec<(String, Vec<u8>)>, SourceError> {
    let is_template = |name: &str, bytes: &[u8]| recognise(name, bytes) == Recognised::CloudFormation;
    let mut templates: Vec<(String, Vec<u8>)> =
        found.captures.iter().filter(|(name, bytes)| is_template(name, bytes)).cloned().collect();
    let mut total: u64 = found.captures.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    for name in &found.yaml {
        let bytes = read_one(Path::new(name))?;
        total += bytes.len() as u64;
        if total > MAX_TOTAL_BYTES {
            let limit = MAX_TOTAL_BYTES >> 20;
            return Err(too_large(format!("{} holds more than {limit} MiB", shown(root))));
        }
        if is_template(name, &bytes) {
            templates.push((name.clone(), bytes));
        }
    }
    templates.sort();
    Ok(templates)
}

/// Most templates that one template may nest, all levels together.
const MAX_NESTED: usize = 200;

/// Adds the templates that a template nests, where files of their names lie beside it.
pub(super) fn add_nested(path: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), SourceError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let mut next = 0;
    while let Some((_, bytes)) = files.get(next) {
        next += 1;
        for name in cloudformation::nested_files(bytes) {
            let beside = folder.join(&name);
            let shown = shown(&beside);
            let known = files.iter().any(|(known, _)| *known == shown);
            if !known && files.len() <= MAX_NESTED && beside.is_file() {
                let bytes = read_one(&beside)?;
                if recognise(&shown, &bytes) == Recognised::CloudFormation {
                    files.push((shown, bytes));
                }
            }
        }
    }
    Ok(())
}

/// Says why a directory is not a capture.
pub(super) fn nothing_found(root: &Path, found: &Found, refusal: Option<Diagnostic>) -> Diagnostic {
    let name = shown(root);
    // A stray package.json must not hide the topologies beside it; a Terraform plan says more.
    let telling = |refusal: &Diagnostic| found.yaml.is_empty() || refusal.code >= "SRC010";
    if let Some(refusal) = refusal.filter(telling) {
        return refusal;
    }
    if !found.yaml.is_empty() {
        let files: Vec<&str> = found.yaml.iter().take(5).map(String::as_str).collect();
        let more = found.yaml.len() - files.len();
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        let message = format!("{name} is a directory of YAML files, not of saved AWS answers");
        return Diagnostic::error("SRC004", message, Place::Implicit)
            .help(format!("name one of them: {}{rest}", files.join(", ")));
    }
    let message = if found.captures.is_empty() && found.others == 0 {
        format!("{name} is empty")
    } else {
        format!("{name} holds no saved AWS answer")
    };
    Diagnostic::error("SRC003", message, Place::Implicit).help(
        "save the answers first, for example: aws ec2 describe-vpcs > DIR/vpcs.json; \
         files are recognised by their contents and must end in .json",
    )
}

/// Says that YAML files beside a capture are not part of it.
pub(super) fn yaml_left_alone(found: &Found) -> Option<Diagnostic> {
    let first = found.yaml.first()?;
    let message = format!("YAML files beside the saved AWS answers were left alone, for example {first}");
    Some(Diagnostic::note("SRC009", message, Place::Implicit))
}

fn unreadable(path: &Path, error: &io::Error) -> SourceError {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        // The number of the error says nothing more.
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_ascii_lowercase()
        }
    };
    let message = format!("{} can't be read: {why}", shown(path));
    SourceError::new(
        Diagnostic::error("SRC001", message, Place::Implicit)
            .help("expected: a topology file, a Terraform plan or state, AWS answers or CloudFormation templates, or a directory of either"),
    )
}

fn too_large(message: String) -> SourceError {
    SourceError::new(
        Diagnostic::error("SRC002", message, Place::Implicit)
            .help("is this the right path? A capture of a large account is a few dozen MiB"),
    )
}
