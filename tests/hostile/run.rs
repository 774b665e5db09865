//! Runs the program where it can't take much.

use std::path::Path;
use std::process::Command;

/// What the program may have: address space, in KiB. Running out of it aborts, which is no exit code that we accept.
const MOST_MEMORY: u64 = 1 << 20;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    /// What it wrote on standard error and then on standard output.
    pub(crate) text: String,
}

/// Runs the program with these words in a directory.
pub(crate) fn vpcreach(directory: &Path, words: &str) -> Ended {
    let program = env!("CARGO_BIN_EXE_vpcreach");
    let limit =
        if cfg!(target_os = "linux") { format!("ulimit -v {MOST_MEMORY} && ") } else { String::new() };
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{limit}exec \"$0\" \"$@\""), program]).args(words.split(' '));
    command.current_dir(directory);
    for variable in ["VPCREACH_FILE", "COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stderr, output.stdout].concat()).expect("UTF-8");
    let status = output.status;
    let code = status.code().unwrap_or_else(|| panic!("`vpcreach {words}` ended by {status}\n{text}"));
    Ended { code, text }
}
