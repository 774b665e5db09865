//! What the YAML parser says, in words that help.

use granit_parser::ErrorKind;

use super::super::codes;
use super::super::problems::Fault;

/// The message for an error of the parser at a byte, and the byte to point at.
pub(super) fn explain(kind: &ErrorKind, text: &str, at: usize) -> (Fault, usize) {
    if let Some(found) = conflict(text, at) {
        return found;
    }
    let (message, help): (String, &str) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => {
            ("a tab can't indent".into(), "YAML is indented with spaces: replace the tab")
        }
        ErrorKind::UnclosedFlowCollection { open } | ErrorKind::MismatchedFlowCollectionEnd { open, .. } => {
            (format!("`{open}` is never closed"), "add the closing bracket")
        }
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("the file ends inside a bracket".into(), "add the closing `]` or `}`")
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("expected `,` or `}`".into(), "entries between braces are separated by commas: `{a: 1, b: 2}`")
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("expected `,` or `]`".into(), "items between brackets are separated by commas: `[a, b]`")
        }
        ErrorKind::MisplacedFlowCollectionEnd => {
            ("a closing bracket without an opening one".into(), "remove it, or put the text in quotes")
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            "expected `:` after this key".into(),
            "an entry of a map is `key: value`, with a space after the colon",
        ),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            "a `:` where no key can be".into(),
            "check the indentation; a value that contains `: ` needs quotes",
        ),
        ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry => (
            "the indentation fits nothing above".into(),
            "entries of one map or list start in the same column",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => {
            ("a `-` where no list can start".into(), "put the list on the lines below its key")
        }
        ErrorKind::UnclosedQuotedScalar => ("a quote is never closed".into(), "add the closing quote"),
        ErrorKind::RecursionLimitExceeded => {
            ("lists and maps are nested too deep".into(), "nothing in a topology nests that deep")
        }
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => (
            format!("the control character U+{:04X} can't be there", u32::from(*character)),
            "remove it: nothing in a topology needs one",
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            (format!("a value can't start with `{}`", character.escape_default()), "put the text in quotes")
        }
        ErrorKind::ExpectedDocumentStart => (
            "the first value has ended, and something else follows".into(),
            "a topology is one map: check the indentation and the brackets of the lines above",
        ),
        ErrorKind::UnsupportedYamlMajorVersion => {
            ("this version of YAML does not exist".into(), "remove the line: topologies are YAML 1.2")
        }
        ErrorKind::BomInsideDocument => {
            ("a byte order mark can't be inside the file".into(), "were two files put together? Remove it")
        }
        ErrorKind::MissingTagUri => {
            ("a tag without a name".into(), "a text that starts with `!` needs quotes")
        }
        other => (other.to_string(), "this is not YAML: check the quotes, brackets and colons around it"),
    };
    let code = if matches!(kind, ErrorKind::RecursionLimitExceeded) { codes::LIMIT } else { codes::SYNTAX };
    let fault = Fault::error(code, message);
    let fault = if help.is_empty() { fault } else { fault.help(help) };
    (fault, floor(text, at))
}

/// The markers that version control leaves where it could not merge.
fn conflict(text: &str, at: usize) -> Option<(Fault, usize)> {
    let start = text.get(..floor(text, at))?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?;
    let marker =
        ["<<<<<<< ", "=======\n", "=======\r", ">>>>>>> "].iter().any(|marker| line.starts_with(marker));
    marker.then(|| {
        let fault = Fault::error(codes::SYNTAX, "a merge conflict was left here");
        (fault.help("decide for one side, and remove the lines with the markers"), start)
    })
}

/// The start of the character at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
