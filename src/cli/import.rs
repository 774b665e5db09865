//! `vpcreach import`.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::import;
use crate::topology::visible;

use super::args::{Global, Import};
use super::exit::Exit;
use super::streams::Streams;
use super::{Failure, load};

/// Problems that are listed; the first ones say what kind of source it is.
const MOST_LISTED: usize = 20;

pub(super) fn run(args: &Import, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let global = Global { file: args.source.clone().or_else(|| global.file.clone()), ..global.clone() };
    let target = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    if let Some(path) = target
        && !args.force
        && path.symlink_metadata().is_ok()
    {
        return Err(exists(path));
    }
    let loaded = load::counted(&global, streams)?;
    let options = import::Options { ids: args.ids, keep_names: loaded.is_own };
    let text = match import::import(&loaded.topology, options) {
        Ok(text) => text,
        Err(problems) => {
            let mut message = "the source can't be written as a topology file".to_owned();
            for problem in problems.iter().take(MOST_LISTED) {
                message.push_str("; ");
                message.push_str(&problem.0);
            }
            let help = "ask the source itself: `vpcreach -f SRC …` reads it".to_owned();
            return Err(Failure::usage(message, Some(help)));
        }
    };
    match target {
        None => streams.document(&text)?,
        Some(path) => {
            save(path, &text, args.force).map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => exists(path),
                _ => Failure::usage(format!("`{}` can't be written: {error}", path.display()), None),
            })?;
            let lines = text.lines().count();
            streams.remark(&format!("wrote {lines} lines to {}\n", visible(&path.to_string_lossy())))?;
        }
    }
    Ok(Exit::Success)
}

fn exists(path: &Path) -> Failure {
    let message = format!("`{}` is there already", path.display());
    Failure::usage(message, Some("write over it with `--force`, or name another file".to_owned()))
}

/// All of it or nothing: readers see the old file or the new one, never a part.
fn save(path: &Path, text: &str, force: bool) -> io::Result<()> {
    let mut name = path.file_name().map(ToOwned::to_owned).unwrap_or_default();
    name.push(format!(".{}.tmp", std::process::id()));
    let draft: PathBuf = path.with_file_name(name);
    let written = write_new(&draft, text).and_then(|()| {
        if force {
            std::fs::rename(&draft, path)
        } else {
            // A link does not replace what somebody else has written since.
            std::fs::hard_link(&draft, path).or_else(|error| match error.kind() {
                ErrorKind::AlreadyExists => Err(error),
                // Some file systems have no links.
                _ if path.symlink_metadata().is_ok() => Err(io::Error::from(ErrorKind::AlreadyExists)),
                _ => std::fs::rename(&draft, path),
            })
        }
    });
    let _ = std::fs::remove_file(&draft);
    written
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
