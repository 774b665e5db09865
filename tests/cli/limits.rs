//! The program where it can neither take long nor take much.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any input takes on a slow and busy machine without optimisation.
const LONGEST: Duration = Duration::from_secs(240);
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
pub(crate) fn vpcreach(directory: &Path, words: &[&str]) -> Ended {
    let program = env!("CARGO_BIN_EXE_vpcreach");
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -v {MOST_MEMORY} && exec \"$0\" \"$@\""), program]);
        shell
    } else {
        Command::new(program)
    };
    command.args(words).current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in ["VPCREACH_FILE", "COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (out, err) = (thread::spawn(move || all_of(out)), thread::spawn(move || all_of(err)));
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > LONGEST {
            child.kill().unwrap();
            panic!("`vpcreach {words:?}` takes longer than {LONGEST:?}");
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = err.join().unwrap() + &out.join().unwrap();
    let code = status.code().unwrap_or_else(|| panic!("`vpcreach {words:?}` ended by {status}\n{text}"));
    Ended { code, text }
}

fn all_of(mut stream: impl Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
