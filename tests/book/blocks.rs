//! The topologies of the book: tagged blocks of the pages, and the files under `topologies/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What must become of a topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It loads, and its tests hold.
    Topology,
    /// It is refused.
    Invalid,
    /// It loads with a warning, and its tests hold.
    Warning,
}

/// One topology.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The file it is in, from the root of the repository.
    pub(crate) path: String,
    /// The line of its first line.
    pub(crate) line: usize,
    /// What must become of it.
    pub(crate) kind: Kind,
    /// The topology.
    pub(crate) text: String,
}

impl Block {
    /// Where it is, as editors understand it.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }
}

/// Every topology, and what is wrong with the blocks themselves.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) blocks: Vec<Block>,
    pub(crate) problems: Vec<String>,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files with an extension under a directory, from the root, in order.
pub(crate) fn files(directory: &str, extension: &str) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::from(directory)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(root().join(&directory))? {
            let entry = entry?;
            let path = directory.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                // What mdBook builds is no source.
                if path != Path::new("docs/book") {
                    directories.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Every topology of `docs/` and `topologies/`.
pub(crate) fn collect() -> io::Result<Collected> {
    let mut collected = Collected::default();
    for path in files("docs", "md")? {
        let text = fs::read_to_string(root().join(&path))?;
        of_page(&path, &text, &mut collected);
    }
    for path in files("topologies", "yaml")? {
        let text = fs::read_to_string(root().join(&path))?;
        collected.blocks.push(Block { path, line: 1, kind: Kind::Topology, text });
    }
    Ok(collected)
}

/// The topologies of one page. `path` is for messages.
pub(crate) fn of_page(path: &str, page: &str, collected: &mut Collected) {
    let mut open: Option<(&str, usize, String)> = None;
    for (number, line) in (1..).zip(page.lines()) {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(tag)) => open = Some((tag.trim(), number + 1, String::new())),
            (Some((_, _, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (Some(_), Some(_)) => {
                let Some((tag, line, text)) = open.take() else { continue };
                let kind = match tag {
                    "yaml topology" => Kind::Topology,
                    "yaml invalid" => Kind::Invalid,
                    "yaml warning" => Kind::Warning,
                    other => {
                        if other.starts_with("yaml ") {
                            collected.problems.push(format!("{path}:{line}: unknown tag `{other}`"));
                        }
                        continue;
                    }
                };
                collected.blocks.push(Block { path: path.to_owned(), line, kind, text });
            }
            (None, None) => {}
        }
    }
    if let Some((_, line, _)) = open {
        collected.problems.push(format!("{path}:{line}: the block is never closed"));
    }
}
