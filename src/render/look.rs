//! How text looks: colours, characters, width.

use annotate_snippets::renderer::{AnsiColor, DecorStyle, Effects, Renderer, Style};

use crate::reach::Verdict;

/// How text is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether to write ANSI colours.
    pub color: bool,
    /// Whether to write only ASCII characters of our own; what the user wrote stays as it is.
    pub ascii: bool,
    /// Columns of the terminal. Rows that would be longer are broken.
    pub width: usize,
}

impl Default for Look {
    fn default() -> Self {
        Self { color: false, ascii: false, width: DEFAULT_WIDTH }
    }
}

/// Columns where nobody says how many there are.
pub const DEFAULT_WIDTH: usize = 120;

/// What a piece of text stands for; colour follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Doubt,
    Quiet,
    Strong,
}

impl Tone {
    const fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Doubt => AnsiColor::Yellow.on_default(),
            Self::Quiet => Style::new().effects(Effects::DIMMED),
            Self::Strong => Style::new().effects(Effects::BOLD),
        }
    }
}

/// The mark before a line: colour is never the only sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Passes,
    Drops,
    Splits,
    Unknown,
    Arrives,
}

impl Mark {
    pub(crate) const fn glyph(self) -> &'static str {
        match self {
            Self::Passes => "✓",
            Self::Drops => "✗",
            Self::Splits => "◐",
            Self::Unknown => "?",
            Self::Arrives => "·",
        }
    }

    pub(crate) const fn tone(self) -> Tone {
        match self {
            Self::Passes => Tone::Good,
            Self::Drops => Tone::Bad,
            Self::Splits | Self::Unknown => Tone::Doubt,
            Self::Arrives => Tone::Quiet,
        }
    }
}

impl From<Verdict> for Mark {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Reachable => Self::Passes,
            Verdict::Partial => Self::Splits,
            Verdict::Blocked => Self::Drops,
            Verdict::Undetermined => Self::Unknown,
        }
    }
}

/// Our own characters and what stands for them in plain ASCII.
const PLAIN: [(char, &str); 14] = [
    ('✓', "+"),
    ('✗', "x"),
    ('◐', "~"),
    ('→', "->"),
    ('←', "<-"),
    ('⇒', "=>"),
    ('╲', "\\"),
    ('·', "."),
    ('–', "-"),
    ('─', "-"),
    ('├', "|"),
    ('┤', "|"),
    ('…', "..."),
    ('×', "x"),
];

impl Look {
    /// Text in a colour, if colours are on.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        let style = tone.style();
        if self.color && !text.is_empty() {
            format!("{}{text}{}", style.render(), style.render_reset())
        } else {
            text.to_owned()
        }
    }

    /// The mark of a line.
    pub(crate) fn mark(&self, mark: Mark) -> String {
        self.paint(mark.tone(), mark.glyph())
    }

    /// How many columns a text without colours takes.
    pub(crate) fn columns(&self, text: &str) -> usize {
        let columns = |character: char| match plain(character) {
            Some(plain) if self.ascii => plain.len(),
            _ => 1,
        };
        text.chars().map(columns).sum()
    }

    /// Text filled up with blanks.
    pub(crate) fn pad(&self, text: &str, width: usize) -> String {
        let missing = width.saturating_sub(self.columns(text));
        format!("{text}{}", " ".repeat(missing))
    }

    /// The finished text: plain ASCII where that was asked for.
    pub fn finish(&self, text: String) -> String {
        if !self.ascii {
            return text;
        }
        let mut ascii = String::with_capacity(text.len());
        for character in text.chars() {
            match plain(character) {
                Some(plain) => ascii.push_str(plain),
                None => ascii.push(character),
            }
        }
        ascii
    }

    /// A page of Markdown for the terminal: headings stand out, code is set in.
    pub fn page(&self, markdown: &str) -> String {
        let mut text = String::with_capacity(markdown.len());
        let mut code = false;
        for line in markdown.lines() {
            if line.starts_with("```") {
                code = !code;
                continue;
            }
            let heading = line.trim_start_matches('#');
            let line = match (code, heading.len() < line.len()) {
                (true, _) => format!("    {line}"),
                (false, true) => self.paint(Tone::Strong, heading.trim_start()),
                (false, false) => line.to_owned(),
            };
            text.push_str(line.trim_end());
            text.push('\n');
        }
        self.finish(text)
    }

    /// A renderer of source snippets that looks the same.
    pub(crate) fn snippets(&self) -> Renderer {
        let renderer = if self.color { Renderer::styled() } else { Renderer::plain() };
        let decor = if self.ascii { DecorStyle::Ascii } else { DecorStyle::Unicode };
        renderer.decor_style(decor).term_width(self.width)
    }

    /// Breaks a text at blanks; lines after the first begin with `indent` blanks. The first starts at column `from`.
    pub(crate) fn wrap(&self, text: &str, from: usize, indent: usize) -> String {
        let (mut wrapped, mut column) = (String::new(), from);
        for word in text.split(' ') {
            let width = self.columns(word);
            if !wrapped.is_empty() && column + 1 + width > self.width && width + indent < self.width {
                wrapped.push('\n');
                wrapped.push_str(&" ".repeat(indent));
                column = indent;
            } else if !wrapped.is_empty() {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(word);
            column += width;
        }
        wrapped
    }
}

fn plain(character: char) -> Option<&'static str> {
    PLAIN.iter().find(|(fancy, _)| *fancy == character).map(|(_, plain)| *plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_keeps_what_the_user_wrote() {
        let look = Look { ascii: true, ..Look::default() };
        assert_eq!(look.finish("✓ café → db".to_owned()), "+ café -> db");
        assert_eq!(look.columns("a → b"), 6);
    }

    #[test]
    fn wrap_breaks_at_blanks_only() {
        let look = Look { width: 12, ..Look::default() };
        assert_eq!(look.wrap("one two three four", 0, 2), "one two\n  three four");
        assert_eq!(look.wrap("averyveryverylongword", 0, 2), "averyveryverylongword");
    }
}
