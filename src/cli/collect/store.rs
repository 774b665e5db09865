//! The directory of a collection: what is there already, and what is added, a whole file at a time.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The file by which a directory is known to be a collection. It says nothing else.
const MARK: &str = ".vpcreach-collect";

/// A directory of answers.
#[derive(Clone, Debug)]
pub(super) struct Store(PathBuf);

impl Store {
    /// Makes the directory, or goes on with one of an earlier run. None if it holds something else.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        fs::create_dir_all(path)?;
        let mark = path.join(MARK);
        if !mark.exists() {
            if fs::read_dir(path)?.next().is_some() {
                return Ok(None);
            }
            fs::write(&mark, "made by `vpcreach collect`: a further run goes on where this one ended\n")?;
        }
        Ok(Some(Self(path.to_owned())))
    }

    /// A directory inside.
    pub(super) fn within(&self, folders: &[&str]) -> io::Result<Self> {
        let path = folders.iter().fold(self.0.clone(), |path, folder| path.join(file_name(folder)));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// The answer to a call, if there is one.
    pub(super) fn answer(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.0.join(format!("{name}.json"))).ok()
    }

    /// Keeps an answer.
    pub(super) fn keep(&self, name: &str, answer: &[u8]) -> io::Result<()> {
        self.write(&format!("{name}.json"), answer)?;
        remove(&self.0.join(format!("{name}.error")))
    }

    /// Keeps the reason why there is no answer, so that "none" is told from "not allowed". An older answer is not one to
    /// this call.
    pub(super) fn keep_reason(&self, name: &str, reason: &str) -> io::Result<()> {
        self.write(&format!("{name}.error"), format!("{reason}\n").as_bytes())?;
        remove(&self.0.join(format!("{name}.json")))
    }

    /// All of a file or nothing of it.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let draft = self.0.join(format!(".{name}.{}.part", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&draft)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let moved = written.and_then(|()| fs::rename(&draft, self.0.join(name)));
        if moved.is_err() {
            let _ = fs::remove_file(&draft);
        }
        moved
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A text as a part of the name of a file: of an ARN what follows the last `/`.
pub(super) fn file_name(text: &str) -> String {
    let last = text.rsplit('/').next().unwrap_or(text);
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = last.chars().map(plain).take(120).collect();
    if name.trim_matches('.').is_empty() { "_".to_owned() } else { name }
}

/// The ids in an answer: `field` of each element of `list`, or the elements themselves.
pub(super) fn ids(answer: &[u8], list: &str, field: &str) -> Vec<String> {
    let document: Value = serde_json::from_slice(answer).unwrap_or_default();
    let elements = document.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let id = |element: &Value| {
        let found = if field.is_empty() { Some(element) } else { element.get(field) };
        found.and_then(Value::as_str).filter(|id| !id.starts_with('-')).map(str::to_owned)
    };
    elements.iter().filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::{file_name, ids};

    #[test]
    fn names_of_files_lead_nowhere_else() {
        assert_eq!(file_name("arn:aws:x:y:loadbalancer/app/web/50dc6c495c0c9188"), "50dc6c495c0c9188");
        assert_eq!(file_name("../.."), "_");
        assert_eq!(file_name("pl-1 2"), "pl-1_2");
        assert_eq!(file_name(""), "_");
    }

    #[test]
    fn ids_of_an_answer() {
        let answer = br#"{"A": [{"Id": "a-1"}, {"Id": "--no"}, {"Other": 1}], "B": ["b-1", 7]}"#;
        assert_eq!(ids(answer, "A", "Id"), ["a-1"]);
        assert_eq!(ids(answer, "B", ""), ["b-1"]);
        assert!(ids(b"x", "A", "Id").is_empty());
    }
}
