//! How a document looks: short things in one line between braces, long ones line by line.

use std::fmt::Write as _;

use crate::topology::visible;

/// Lines longer than this are broken up.
const WIDTH: usize = 110;

/// A value to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text of others: quoted where YAML could take it for something else.
    Text(String),
    /// `true`, a number: as it is.
    Word(String),
    /// A list.
    List(Vec<Value>),
    /// A map that is written in one line if it fits.
    Record(Vec<Item>),
    /// A map with a line for each key.
    Section(Vec<Item>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    key: String,
    value: Value,
    note: Option<String>,
}

impl Value {
    pub(super) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    pub(super) fn word(word: impl ToString) -> Self {
        Self::Word(word.to_string())
    }

    /// One value as it is, several as a list.
    pub(super) fn one_or_many(mut values: Vec<Self>) -> Self {
        match (values.len(), values.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                values.extend(last);
                Self::List(values)
            }
        }
    }

    pub(super) fn texts<T: ToString>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }
}

/// A map while it is being made.
#[derive(Clone, Debug, Default)]
pub(super) struct Map(pub(super) Vec<Item>);

impl Map {
    pub(super) fn put(&mut self, key: impl Into<String>, value: Value) -> &mut Self {
        self.0.push(Item { key: key.into(), value, note: None });
        self
    }

    pub(super) fn put_noted(&mut self, key: impl Into<String>, value: Value, note: Option<String>) {
        self.0.push(Item { key: key.into(), value, note });
    }

    pub(super) fn maybe(&mut self, key: &str, value: Option<Value>) -> &mut Self {
        if let Some(value) = value {
            self.put(key, value);
        }
        self
    }

    /// A flag where it is not what it is if nothing is said.
    pub(super) fn flag(&mut self, key: &str, value: bool, usual: bool) -> &mut Self {
        if value == usual { self } else { self.put(key, Value::word(value)) }
    }

    /// A section, unless there is nothing in it.
    pub(super) fn section(&mut self, key: &str, section: Self) -> &mut Self {
        if section.0.is_empty() { self } else { self.put(key, Value::Section(section.0)) }
    }

    pub(super) fn record(self) -> Value {
        Value::Record(self.0)
    }
}

/// The document, with a blank line between the things of the first two levels that are long.
pub(super) fn document(items: &[Item]) -> String {
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        write_item(&mut out, item, 0);
    }
    out
}

fn write_item(out: &mut String, item: &Item, depth: usize) {
    indent(out, depth);
    let key = scalar(&item.key);
    let note = item.note.as_ref().map(|note| format!("  # {note}")).unwrap_or_default();
    let used = 2 * depth + key.chars().count() + 2;
    let _ = match one_line(&item.value).filter(|line| used + line.chars().count() <= WIDTH) {
        Some(line) => writeln!(out, "{key}: {line}{note}"),
        None => writeln!(out, "{key}:{note}"),
    };
    if one_line(&item.value).is_none_or(|line| used + line.chars().count() > WIDTH) {
        write_block(out, &item.value, depth + 1);
    }
}

fn write_block(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Text(_) | Value::Word(_) => {
            indent(out, depth);
            let _ = writeln!(out, "{}", one_line(value).unwrap_or_default());
        }
        Value::List(values) => {
            for value in values {
                write_list_item(out, value, depth);
            }
        }
        Value::Record(items) | Value::Section(items) => {
            for item in items {
                write_item(out, item, depth);
            }
        }
    }
}

fn write_list_item(out: &mut String, value: &Value, depth: usize) {
    indent(out, depth);
    let fits = |line: &String| 2 * depth + 2 + line.chars().count() <= WIDTH;
    match (one_line(value).filter(fits), value) {
        (Some(line), _) => {
            let _ = writeln!(out, "- {line}");
        }
        // The first key stands behind the dash.
        (None, Value::Record(items) | Value::Section(items)) => {
            let mut inner = String::new();
            for item in items {
                write_item(&mut inner, item, depth + 1);
            }
            let _ = write!(out, "- {}", inner.trim_start_matches(' '));
        }
        (None, _) => {
            let _ = writeln!(out, "- {}", in_braces(value));
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// In one line; none for what reads better in several.
fn one_line(value: &Value) -> Option<String> {
    is_short(value).then(|| in_braces(value))
}

fn is_short(value: &Value) -> bool {
    match value {
        Value::Text(_) | Value::Word(_) => true,
        Value::List(values) => values.iter().all(|value| matches!(value, Value::Text(_) | Value::Word(_))),
        Value::Record(items) => items.iter().all(|item| item.note.is_none() && is_short(&item.value)),
        Value::Section(items) => items.is_empty(),
    }
}

fn in_braces(value: &Value) -> String {
    match value {
        Value::Text(text) => scalar(text),
        Value::Word(word) => word.clone(),
        Value::List(values) => {
            format!("[{}]", values.iter().map(in_braces).collect::<Vec<_>>().join(", "))
        }
        Value::Record(items) | Value::Section(items) => {
            let entry = |item: &Item| format!("{}: {}", scalar(&item.key), in_braces(&item.value));
            format!("{{{}}}", items.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text, in quotes where a YAML parser could take it for something else.
fn scalar(text: &str) -> String {
    // The reader folds lines, and refuses what nobody can see.
    let folded = text.contains(['\n', '\t']).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let text = &*visible(folded.as_deref().unwrap_or(text));
    if is_plain(text) {
        return text.to_owned();
    }
    // JSON's escapes are YAML's, too.
    serde_json::Value::from(text).to_string()
}

/// Words that one version of YAML or another takes for a boolean or for nothing.
const WORDS: [&str; 11] = ["true", "false", "yes", "no", "on", "off", "null", "none", "y", "n", "nan"];

fn is_plain(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || "_./@+-()".contains(c);
    let Some(first) = text.chars().next() else { return false };
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return false;
    }
    if first.is_ascii_digit() {
        // A number is read as it is written; what only looks like one is not.
        let whole = text.parse::<u64>().is_ok_and(|number| number.to_string() == text);
        let hex = text.starts_with("0x") || text.starts_with("0o") || text.starts_with("0b");
        return text.chars().all(|c| c.is_ascii_alphanumeric() || "./_-".contains(c))
            && (whole || text.replace('_', "").parse::<f64>().is_err() && !hex);
    }
    // `sg:web`, `DNS (UDP)`: a colon inside a word and a blank between words mean nothing to YAML.
    first.is_alphabetic()
        && text.parse::<f64>().is_err()
        && text.split(' ').all(|word| {
            !word.is_empty() && word.split(':').all(|part| !part.is_empty() && part.chars().all(inner))
        })
        && text.parse::<std::net::Ipv6Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_would_misread_is_quoted() {
        for plain in
            ["web", "10.0.0.0/16", "443", "1024-65535", "sg:web", "DNS (UDP)", "MYSQL/Aurora", "a.b-c_d"]
        {
            assert_eq!(scalar(plain), plain);
        }
        for quoted in [
            "::/0",
            "2001:db8::/32",
            "*",
            "? why",
            "yes",
            "No",
            "012",
            "1e3",
            "1.5",
            "",
            "a: b",
            "a #b",
            "-1",
        ] {
            assert_eq!(scalar(quoted), format!("\"{quoted}\""));
        }
        assert_eq!(scalar("a\"b"), r#""a\"b""#);
    }

    #[test]
    fn long_records_are_broken_up() {
        let mut map = Map::default();
        map.put("cidr", Value::text("10.0.0.0/24")).put("az", Value::text("a"));
        let mut top = Map::default();
        top.put("short", map.clone().record());
        map.put("long", Value::texts(["x".repeat(50), "y".repeat(50)]));
        top.put("long", map.record());
        let expected = "short: {cidr: 10.0.0.0/24, az: a}\n\nlong:\n  cidr: 10.0.0.0/24\n  az: a\n  long:\n";
        assert!(document(&top.0).starts_with(expected), "{}", document(&top.0));
    }
}
