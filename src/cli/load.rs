//! Finds the topology, reads it, and compiles it.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::network::Network;
use crate::render::diagnostic;
use crate::source::terraform::{self, Moment};
use crate::source::{self, Loaded, SourceError, cloudformation};
use crate::topology::{Diagnostic, Severity, Sources, Topology, quote, yaml};

use super::args::Global;
use super::streams::Streams;
use super::{Failure, plural};

/// Where a topology is looked for if nobody names it.
const FILE_NAME: &str = "vpcreach.yaml";
const FILE_ENDING: &str = ".vpc.yaml";
/// The name of standard input, on the command line and in messages.
const STDIN: &str = "-";
const STDIN_SHOWN: &str = "<stdin>";

/// A network and what is to be said about its description.
pub(super) struct Compiled {
    pub(super) topology: Topology,
    pub(super) network: Network,
    /// Warnings and notes; with an error there is no network.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether it was read from a topology file of ours.
    pub(super) is_own: bool,
}

/// The network of the topology that the user means. Errors are reported, and warnings counted.
pub(super) fn network(global: &Global, streams: &mut Streams) -> Result<Network, Failure> {
    Ok(both(global, streams)?.1)
}

/// The same with the topology that it was compiled from, for those who make something else of it.
pub(super) fn both(global: &Global, streams: &mut Streams) -> Result<(Topology, Network), Failure> {
    let compiled = counted(global, streams)?;
    Ok((compiled.topology, compiled.network))
}

/// The same with everything that was learnt on the way.
pub(super) fn counted(global: &Global, streams: &mut Streams) -> Result<Compiled, Failure> {
    let compiled = compile(global, streams)?;
    let warnings = count(&compiled.diagnostics, Severity::Warning);
    if warnings > 0 {
        let warnings = plural(warnings, "warning");
        streams.remark(&format!("{warnings} about the topology: `vpcreach validate` shows them\n"))?;
    }
    Ok(compiled)
}

/// The same, with the diagnostics left to the caller.
pub(super) fn compile(global: &Global, streams: &mut Streams) -> Result<Compiled, Failure> {
    let (topology, mut diagnostics, is_own) = read(global, streams)?;
    refuse_errors(&diagnostics, &topology.sources, streams)?;
    let (network, more) = Network::compile(&topology);
    diagnostics.extend(more);
    refuse_errors(&diagnostics, network.sources(), streams)?;
    Ok(Compiled { topology, network, diagnostics, is_own })
}

pub(super) fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
}

fn refuse_errors(
    diagnostics: &[Diagnostic],
    sources: &Sources,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let errors = count(diagnostics, Severity::Error);
    if errors == 0 {
        return Ok(());
    }
    streams.diagnostic(&diagnostic::render(diagnostics, sources, true))?;
    let warnings = match count(diagnostics, Severity::Warning) {
        0 => String::new(),
        warnings => format!(", {}", plural(warnings, "warning")),
    };
    streams.diagnostic(&format!("the topology is not valid: {}{warnings}\n", plural(errors, "error")))?;
    Err(Failure::Reported)
}

fn read(global: &Global, streams: &mut Streams) -> Result<(Topology, Vec<Diagnostic>, bool), Failure> {
    let loaded = match &global.file {
        Some(path) if path.as_os_str() == STDIN => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().take(source::MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > source::MAX_FILE_BYTES {
                let megabytes = source::MAX_FILE_BYTES >> 20;
                return Err(Failure::usage(format!("{STDIN_SHOWN} is larger than {megabytes} MiB"), None));
            }
            source::read_bytes(STDIN_SHOWN, bytes)
        }
        Some(path) => source::read(path),
        None => source::read(&discover()?),
    };
    match loaded {
        Ok(loaded) => {
            refuse_misplaced(global, &loaded)?;
            let is_own = matches!(loaded, Loaded::Yaml { .. });
            let (topology, diagnostics) = match &global.base {
                Some(base) => over(base, loaded, streams)?,
                None => parse(global, loaded)?,
            };
            Ok((topology, diagnostics, is_own))
        }
        Err(SourceError { sources, diagnostics }) => {
            streams.diagnostic(&diagnostic::render(&diagnostics, &sources, true))?;
            Err(Failure::Reported)
        }
    }
}

/// Flags that only some kinds of file understand must not look as if they had been obeyed.
fn refuse_misplaced(global: &Global, loaded: &Loaded) -> Result<(), Failure> {
    let refuse = |message: String, help: &str| Err(Failure::usage(message, Some(help.to_owned())));
    let are_templates = matches!(loaded, Loaded::CloudFormation { .. });
    match (global.params.first(), global.param_files.first(), global.exports.first()) {
        (Some((name, _)), _, _) if !are_templates => refuse(
            format!("there is no parameter {} to give a value to", quote(name)),
            "only CloudFormation templates have parameters",
        ),
        (_, Some(path), _) if !are_templates => refuse(
            format!("there are no parameters to take from {}", quote(&path.to_string_lossy())),
            "only CloudFormation templates have parameters",
        ),
        (_, _, Some((name, _))) if !are_templates => refuse(
            format!("nothing imports {}", quote(name)),
            "only CloudFormation templates import what others export",
        ),
        _ if global.base.is_some() && !matches!(loaded, Loaded::Terraform { .. }) => {
            refuse("there is no plan to lay over a capture".to_owned(), "`--base` is for plans of Terraform")
        }
        _ if global.before && !matches!(loaded, Loaded::Terraform { .. }) => {
            refuse("there is no world before this one".to_owned(), "`--before` is for plans of Terraform")
        }
        _ => Ok(()),
    }
}

fn parse(global: &Global, loaded: Loaded) -> Result<(Topology, Vec<Diagnostic>), Failure> {
    Ok(match loaded {
        Loaded::Yaml { name, bytes } => yaml::read(&name, &bytes),
        Loaded::Aws(capture) => (capture.topology, capture.diagnostics),
        Loaded::Terraform { name, bytes } => {
            let moment = if global.before { Moment::Before } else { Moment::After };
            let plan = terraform::read(&name, &bytes, moment);
            (plan.topology, plan.diagnostics)
        }
        Loaded::CloudFormation { files } => {
            let import = cloudformation::read(&files, &settings(global)?);
            (import.topology, import.diagnostics)
        }
    })
}

/// A plan, laid over a capture.
fn over(base: &Path, loaded: Loaded, streams: &mut Streams) -> Result<(Topology, Vec<Diagnostic>), Failure> {
    let shown = quote(&base.to_string_lossy());
    let capture = match source::read(base) {
        Ok(Loaded::Aws(capture)) => capture,
        Ok(_) => {
            let help = "`--base` takes what the AWS CLI printed, a file or a directory of them; \
                        `vpcreach collect DIR` saves them";
            return Err(Failure::usage(format!("{shown} is no capture"), Some(help.to_owned())));
        }
        Err(SourceError { sources, diagnostics }) => {
            streams.diagnostic(&diagnostic::render(&diagnostics, &sources, true))?;
            return Err(Failure::Reported);
        }
    };
    refuse_errors(&capture.diagnostics, &capture.topology.sources, streams)?;
    let Loaded::Terraform { name, bytes } = loaded else {
        return Err(Failure::usage("there is no plan to lay over a capture".to_owned(), None));
    };
    let plan = terraform::read_over(&name, &bytes, capture.topology);
    // Places of the capture keep their meaning: what the plan adds comes after it.
    let mut diagnostics = capture.diagnostics;
    diagnostics.extend(plan.diagnostics);
    Ok((plan.topology, diagnostics))
}

/// What the command line adds to templates; what it says itself comes before what its files say.
fn settings(global: &Global) -> Result<cloudformation::Settings, Failure> {
    let mut parameters = Vec::new();
    for path in &global.param_files {
        let shown = quote(&path.to_string_lossy());
        let bytes = std::fs::File::open(path).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(source::MAX_FILE_BYTES).read_to_end(&mut bytes).map(|_| bytes)
        });
        let bytes = bytes.map_err(|error| Failure::usage(format!("{shown} can't be read: {error}"), None))?;
        let found = cloudformation::parameter_file(&bytes).map_err(|problem| {
            let help = "a list of {\"ParameterKey\": …, \"ParameterValue\": …}, or a map of names to values";
            Failure::usage(format!("{shown} has no parameters: {problem}"), Some(help.to_owned()))
        })?;
        parameters.extend(found);
    }
    parameters.extend(global.params.iter().cloned());
    Ok(cloudformation::Settings { parameters, exports: global.exports.clone() })
}

/// The nearest topology, from here upwards to the root of the git repository.
fn discover() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()?;
    for (height, directory) in here.ancestors().enumerate() {
        let shown: PathBuf = std::iter::repeat_n("..", height).collect();
        let named = directory.join(FILE_NAME);
        if named.is_file() {
            return Ok(shown.join(FILE_NAME));
        }
        match files_that_end_so(directory).as_slice() {
            [] => {}
            [only] => return Ok(shown.join(only)),
            several => {
                return Err(Failure::usage(
                    format!("there are several topologies here: {}", several.join(", ")),
                    Some("name one with `-f FILE`".to_owned()),
                ));
            }
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    Err(Failure::usage(
        "there is no topology here".to_owned(),
        Some(format!(
            "name one with `-f FILE`, or call it `{FILE_NAME}`: it is looked for here and in the directories above, up to the root of the git repository"
        )),
    ))
}

fn files_that_end_so(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(FILE_ENDING))
        .collect();
    names.sort();
    names
}
