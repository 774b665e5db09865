//! Text of others, made fit to be shown.
//!
//! Names, tags, ids and file names come from whoever could write them, and end on a terminal, in a log or in a review. A
//! character that moves the cursor, colours the screen, starts a line or turns the direction of writing lets a name say what
//! the program did not. Such characters are written out where text enters ([`Sources`](super::Sources), the reader of
//! captures) or, where they have no business at all, refused (the reader of topologies), so that no face has to think of
//! them and every width is that of what is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character does something else than being seen: controls, ends of lines and paragraphs, marks and overrides of
/// direction, and those without any width. Joiners stay: some scripts and pictures are written with them.
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

/// The text with every such character written as `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    written_out(text, is_invisible)
}

/// Characters of quoted words that are shown: as many as AWS's longest names have, those of exports.
const MAX_QUOTED: usize = 255;

/// Words of others between backticks: one line, with nothing hidden, of bounded length.
pub fn quote(text: &str) -> String {
    let end = text.char_indices().nth(MAX_QUOTED).map(|(end, _)| end);
    let shown = visible(end.and_then(|end| text.get(..end)).unwrap_or(text));
    format!("`{shown}{}`", if end.is_some() { "…" } else { "" })
}

/// As [`visible`], but ends of lines and tabs stay: for values that are taken apart before any of them is shown.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    written_out(text, |character| !matches!(character, '\n' | '\t') && is_invisible(character))
}

fn written_out(text: &str, which: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&which) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if which(character) {
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The same with as many bytes as before, so that spans still fit: for lines of a source file, whose problems name the character.
pub fn visible_in_place(text: &str) -> Cow<'_, str> {
    let stays = |character: char| matches!(character, '\n' | '\t') || !is_invisible(character);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let replaced = |character: char| match character.len_utf8() {
        _ if stays(character) => Cow::Owned(character.to_string()),
        // A carriage return is the end of a line on some systems: nothing is to be seen of it.
        1 if character == '\r' => Cow::Borrowed(" "),
        1 => Cow::Borrowed("?"),
        2 => Cow::Borrowed("\u{a4}"),
        _ => Cow::Borrowed("\u{fffd}"),
    };
    Cow::Owned(text.chars().map(replaced).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_stays_and_the_rest_is_written_out() {
        assert!(matches!(visible("café שלום 👩\u{200d}💻"), Cow::Borrowed(_)));
        assert_eq!(visible("a\u{1b}[2J\r\nb\u{9b}"), r"a\u{1b}[2J\u{d}\u{a}b\u{9b}");
        assert_eq!(visible_lines("a\n\tb\r"), "a\n\tb\\u{d}");
        let text = "a\r\n\tb\u{1b}\u{9b}\u{202e}c";
        assert_eq!(visible_in_place(text), "a \n\tb?\u{a4}\u{fffd}c");
        assert_eq!(visible_in_place(text).len(), text.len());
        assert_eq!(visible("ma\u{202e}ni\u{2066}\u{feff}"), r"ma\u{202e}ni\u{2066}\u{feff}");
    }
}
