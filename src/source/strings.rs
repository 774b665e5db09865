//! Strings of captures and plans as they can be shown: tags, ids and descriptions are whatever somebody typed.

use std::borrow::Cow;
use std::io::Write as _;

use crate::topology::is_invisible;

/// The JSON text with what nobody can see in its strings written out: a tag that holds `\u001b[2J` reads as `\u{1b}[2J`.
///
/// This is done to the text, before it is parsed, because there every string is caught, wherever it ends up.
pub(super) fn visible_strings(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t') && *byte != b'\\';
    if text.iter().all(plain) {
        return text;
    }
    let mut shown = Vec::with_capacity(text.len() + 64);
    for chunk in text.utf8_chunks() {
        part(chunk.valid(), &mut shown);
        shown.extend_from_slice(chunk.invalid());
    }
    Cow::Owned(shown)
}

fn part(text: &str, shown: &mut Vec<u8>) {
    let mut rest = text;
    // Controls as such are no valid JSON but for white space: what they are in is refused anyway.
    while let Some(at) = rest.find(|one: char| one == '\\' || (!one.is_ascii() && is_invisible(one))) {
        let Some((before, special)) = rest.split_at_checked(at) else { break };
        shown.extend_from_slice(before.as_bytes());
        let (meant, length) = first(special);
        let Some((said, after)) = special.split_at_checked(length) else { break };
        match meant.filter(|meant| is_invisible(*meant)) {
            // Writing to memory does not fail.
            Some(meant) => drop(write!(shown, "\\{}", meant.escape_unicode())),
            None => shown.extend_from_slice(said.as_bytes()),
        }
        rest = after;
    }
    shown.extend_from_slice(rest.as_bytes());
}

/// What the first character or escape of a text stands for, if that may be invisible, and how many bytes say so.
fn first(text: &str) -> (Option<char>, usize) {
    let mut characters = text.chars();
    let Some(one) = characters.next() else { return (None, 0) };
    if one != '\\' {
        return (Some(one), one.len_utf8());
    }
    match characters.next() {
        Some('b') => (Some('\u{8}'), 2),
        Some('f') => (Some('\u{c}'), 2),
        Some('n') => (Some('\n'), 2),
        Some('r') => (Some('\r'), 2),
        Some('t') => (Some('\t'), 2),
        Some('u') => match text.get(2..6).filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit())) {
            Some(hex) => (u32::from_str_radix(hex, 16).ok().and_then(char::from_u32), 6),
            None => (None, 2),
        },
        other => (None, 1 + other.map_or(0, char::len_utf8)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        String::from_utf8(visible_strings(Cow::Borrowed(text.as_bytes())).into_owned()).unwrap_or_default()
    }

    #[test]
    fn what_is_seen_stays() {
        for text in [
            r#"{"a": "caf\u00e9 é"}"#,
            r#"["\\u001b", "\\\\n", "\"", "\ud83d\ude00"]"#,
            "{\n\t\r}",
            "\\",
            "\\u00",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn what_is_not_is_written_out() {
        assert_eq!(shown(r#"["\u001b[2J\n\\\u202E"]"#), r#"["\\u{1b}[2J\\u{a}\\\\u{202e}"]"#);
        assert_eq!(shown("[\"a\u{202e}b\u{9b}\"]"), r#"["a\\u{202e}b\\u{9b}"]"#);
    }
}
