//! The command line: from words to a question, from an answer to bytes and an exit code.

mod args;
mod collect;
mod exit;
mod explain;
mod generate;
mod import;
#[cfg(feature = "lab")]
mod lab;
mod load;
mod matrix;
mod reach;
mod shorthand;
mod streams;
mod survey;
mod test;
mod tools;
mod validate;

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use args::{Command, CommandLine, Family, Global};
pub use exit::Exit;
use shorthand::Meaning;
use streams::Streams;

use crate::topology::{FamilyFilter, visible};

/// Why a command could not do its work.
enum Failure {
    /// The user's request makes no sense: what, and what to do.
    Usage { message: String, help: Option<String> },
    /// The reasons were reported already.
    Reported,
    /// Reading or writing failed.
    Io(io::Error),
}

impl Failure {
    const fn usage(message: String, help: Option<String>) -> Self {
        Self::Usage { message, help }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<crate::reach::QuestionError> for Failure {
    fn from(error: crate::reach::QuestionError) -> Self {
        Self::Usage { message: error.message, help: error.help }
    }
}

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.len() < 2 {
        // Asked for nothing: not an error to shout about, but not a success either.
        let _ = anstream::stderr().write_all(CommandLine::command().render_help().to_string().as_bytes());
        return Exit::Usage;
    }
    let arguments = match shorthand::expand(arguments) {
        Meaning::Arguments(arguments) => arguments,
        Meaning::Later(name, purpose) => {
            return complain(
                &format!("`vpcreach {name}` comes with a later release: it will {purpose}"),
                Some("`vpcreach --help` lists what is there"),
            );
        }
        Meaning::Unknown(name, near) => {
            let help = near.map_or_else(
                || {
                    "`vpcreach --help` lists the commands; a question needs two ends: `vpcreach web db:5432`"
                        .to_owned()
                },
                |near| format!("did you mean `vpcreach {near}`?"),
            );
            return complain(&format!("there is no command `{name}`"), Some(&help));
        }
    };
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => {
            // Help and version are results, not errors. A reader that is gone needs no message.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Success,
                _ => Exit::Usage,
            };
        }
    };
    let mut streams = Streams::new(&line.global);
    match dispatch(&line.command, &line.global, &mut streams) {
        Ok(exit) => exit,
        Err(Failure::Reported) => Exit::Usage,
        Err(Failure::Usage { message, help }) => {
            let _ = streams.diagnostic(&complaint(&streams.error_word(), &message, help.as_deref()));
            Exit::Usage
        }
        Err(Failure::Io(error)) => {
            let _ = streams.diagnostic(&format!("{}: {error}\n", streams.error_word()));
            Exit::Usage
        }
    }
}

fn dispatch(command: &Command, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    match command {
        Command::Reach(args) => reach::run(args, global, streams),
        Command::WhoCanReach(args) => survey::who_can_reach(args, global, streams),
        Command::ReachableFrom(args) => survey::reachable_from(args, global, streams),
        Command::Exposure(args) => survey::exposure(args, global, streams),
        Command::Pivot(args) => survey::pivot(args, global, streams),
        Command::Matrix(args) => matrix::run(args, global, streams),
        Command::Test(args) => test::run(args, global, streams),
        Command::Validate(args) => validate::run(args, global, streams),
        #[cfg(feature = "lab")]
        Command::Lab(args) => lab::run(args, global, streams),
        Command::Explain(args) => explain::run(args, streams),
        Command::Import(args) => import::run(args, global, streams),
        Command::Collect(args) => collect::run(args, streams),
        Command::Generate(args) => generate::run(args, streams),
        Command::Schema(args) => tools::schema(args, streams),
        Command::Completions(args) => tools::completions(args, streams),
        Command::Version => tools::version(streams),
    }
}

/// Reports what is wrong before there are any options.
fn complain(message: &str, help: Option<&str>) -> Exit {
    let mut err = anstream::stderr().lock();
    let _ = err.write_all(complaint("error", message, help).as_bytes());
    Exit::Usage
}

/// A message that may repeat words of the command line, and what to do.
fn complaint(word: &str, message: &str, help: Option<&str>) -> String {
    let help = help.map_or_else(String::new, |help| format!("help: {}\n", visible(help)));
    format!("{word}: {}\n{help}", visible(message))
}

impl From<Family> for Option<FamilyFilter> {
    fn from(family: Family) -> Self {
        match (family.ipv4, family.ipv6) {
            (true, _) => Some(FamilyFilter::Ipv4),
            (_, true) => Some(FamilyFilter::Ipv6),
            _ => None,
        }
    }
}

/// `1 warning`, `2 warnings`.
fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The known word that is most like a wrong one, if one is near enough.
fn nearest(wrong: &str, known: impl Iterator<Item = String>) -> Option<String> {
    const NEAR: f64 = 0.8;
    let wrong = wrong.to_ascii_lowercase();
    known
        .map(|known| (strsim::jaro_winkler(&wrong, &known.to_ascii_lowercase()), known))
        .filter(|(score, _)| *score >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
        .map(|(_, known)| known)
}
