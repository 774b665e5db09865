//! Short and natural forms: `vpcreach web db:5432`, `vpcreach can web reach db on 5432`.

use std::ffi::OsString;

use clap::CommandFactory;

use super::args::CommandLine;

/// Commands that are planned but not there yet, with what they will do.
const LATER: [(&str, &str); 14] = [
    ("lint", "find shadowed, unused and over-open rules"),
    ("diff", "compare the connectivity of two topologies"),
    ("fix", "propose the smallest edits, each tried"),
    ("what-if", "apply an edit in memory and ask again"),
    ("learn", "teach by exercises"),
    ("compare", "show the same rules as network ACL and as security group"),
    ("serve", "show topology and traces in a browser"),
    ("show", "show effective rules, routes and defaults"),
    ("export", "draw the topology"),
    ("init", "write a first topology"),
    ("fmt", "rewrite a topology in canonical form"),
    ("man", "print the manual page"),
    ("lsp", "serve editors"),
    ("mcp", "serve assistants"),
];

/// What the arguments mean.
pub(super) enum Meaning {
    /// These arguments, in the long form.
    Arguments(Vec<OsString>),
    /// A command of a later release, and what it will do.
    Later(&'static str, &'static str),
    /// A single word that is no command; the nearest one.
    Unknown(String, Option<String>),
}

/// Turns short forms into long ones. The first of `arguments` is the program's name.
pub(super) fn expand(arguments: Vec<OsString>) -> Meaning {
    let words = positions_of_words(&arguments);
    let word = |at: usize| words.get(at).and_then(|&at| arguments.get(at)).and_then(|word| word.to_str());
    let Some(first) = word(0) else { return Meaning::Arguments(arguments) };
    let commands = commands();
    if commands.iter().any(|command| command == first) {
        return Meaning::Arguments(natural(&arguments, &words).unwrap_or(arguments));
    }
    if let Some(&(name, purpose)) = LATER.iter().find(|(name, _)| *name == first) {
        return Meaning::Later(name, purpose);
    }
    if words.len() < 2 {
        let later = LATER.iter().map(|(name, _)| (*name).to_owned());
        let near = super::nearest(first, commands.into_iter().chain(later));
        return Meaning::Unknown(first.to_owned(), near);
    }
    let mut long = arguments;
    long.insert(1.min(long.len()), OsString::from("reach"));
    Meaning::Arguments(long)
}

/// `can web reach db on 5432` as `can web db:5432`.
fn natural(arguments: &[OsString], words: &[usize]) -> Option<Vec<OsString>> {
    let text: Vec<&str> = words.iter().filter_map(|&at| arguments.get(at)?.to_str()).collect();
    let [command @ ("can" | "reach" | "why" | "trace"), from, "reach", to, "on", port] = text.as_slice()
    else {
        return None;
    };
    let rest = arguments.iter().enumerate().skip(1).filter(|(at, _)| !words.contains(at));
    let mut long: Vec<OsString> = arguments.first().cloned().into_iter().collect();
    long.extend([(*command).into(), (*from).into(), format!("{to}:{port}").into()]);
    long.extend(rest.map(|(_, argument)| argument.clone()));
    Some(long)
}

/// Names of commands and their aliases.
fn commands() -> Vec<String> {
    let command = CommandLine::command();
    command
        .get_subcommands()
        .flat_map(|command| std::iter::once(command.get_name()).chain(command.get_all_aliases()))
        .chain(["help"])
        .map(str::to_owned)
        .collect()
}

/// Where the arguments are that are neither flags nor values of flags.
fn positions_of_words(arguments: &[OsString]) -> Vec<usize> {
    let command = CommandLine::command();
    let mut valued: Vec<String> = Vec::new();
    for command in std::iter::once(&command).chain(command.get_subcommands()) {
        for argument in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
            valued.extend(argument.get_short().map(|short| format!("-{short}")));
            valued.extend(argument.get_long().map(|long| format!("--{long}")));
        }
    }
    let mut words = Vec::new();
    let mut skip = false;
    for (at, argument) in arguments.iter().enumerate().skip(1) {
        let text = argument.to_str().unwrap_or_default();
        if skip {
            skip = false;
        } else if text == "--" {
            words.extend(at + 1..arguments.len());
            break;
        } else if text.starts_with('-') && text.len() > 1 {
            skip = valued.iter().any(|flag| flag == text);
        } else {
            words.push(at);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(line: &str) -> String {
        let arguments = line.split(' ').map(OsString::from).collect();
        match expand(arguments) {
            Meaning::Arguments(long) => {
                long.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
            }
            Meaning::Later(name, _) => format!("later: {name}"),
            Meaning::Unknown(name, near) => format!("unknown: {name}, near: {near:?}"),
        }
    }

    #[test]
    fn two_words_mean_reach() {
        assert_eq!(expanded("vpcreach web db:5432"), "vpcreach reach web db:5432");
        assert_eq!(expanded("vpcreach -f a.yaml web db:5432 -v"), "vpcreach reach -f a.yaml web db:5432 -v");
        assert_eq!(expanded("vpcreach -p udp web dns:53"), "vpcreach reach -p udp web dns:53");
    }

    #[test]
    fn commands_stay_as_they_are() {
        for line in ["vpcreach test", "vpcreach -f a.yaml why web db:1", "vpcreach --version", "vpcreach"] {
            assert_eq!(expanded(line), line);
        }
    }

    #[test]
    fn questions_in_words() {
        assert_eq!(expanded("vpcreach can web reach db on 5432"), "vpcreach can web db:5432");
        assert_eq!(expanded("vpcreach -v can web reach db on 53/udp"), "vpcreach can web db:53/udp -v");
    }

    #[test]
    fn later_and_unknown_commands() {
        assert_eq!(expanded("vpcreach lint -f x.yaml"), "later: lint");
        assert_eq!(expanded("vpcreach tets"), "unknown: tets, near: Some(\"test\")");
    }
}
