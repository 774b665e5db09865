//! Shell transcripts in the pages: each command is run again, and must print what the page shows.
//!
//! A transcript is a block tagged `console`. Its lines that start with `$ vpcreach` are commands; what follows is
//! their output. Commands run in `topologies/`.

use std::fs;
use std::io;
use std::process::Command;

use super::blocks;
use super::derived::blessing;

const PROMPT: &str = "$ vpcreach";

/// Runs every transcript of `docs/` and the README; returns what came out differently.
pub(crate) fn repeat_all() -> io::Result<Vec<String>> {
    let mut pages = blocks::files("docs", "md")?;
    pages.push("README.md".to_owned());
    let mut different = Vec::new();
    for page in pages {
        let path = blocks::root().join(&page);
        let shown = fs::read_to_string(&path)?;
        let actual = repeat(&shown)?;
        if shown == actual {
            continue;
        }
        if blessing() {
            fs::write(path, actual)?;
        } else {
            different.push(first_difference(&page, &shown, &actual));
        }
    }
    Ok(different)
}

/// The page with the output that its commands have now.
fn repeat(page: &str) -> io::Result<String> {
    let mut text = String::new();
    let (mut fenced, mut console, mut ran) = (false, false, false);
    for line in page.lines() {
        if let Some(tag) = line.strip_prefix("```") {
            fenced = !fenced;
            console = fenced && tag.trim() == "console";
            ran = false;
        } else if console && line.starts_with(PROMPT) {
            text.push_str(line);
            text.push('\n');
            match run(line.get(PROMPT.len()..).unwrap_or_default())? {
                Some(output) => text.push_str(&output),
                None => {
                    println!("SKIPPED, this machine can't build a lab: {line}");
                    ran = false;
                    continue;
                }
            }
            ran = true;
            continue;
        } else if console && ran {
            continue;
        }
        text.push_str(line);
        text.push('\n');
    }
    Ok(text)
}

/// What a command prints on standard output and then on standard error; `None` if it needs a lab, and this machine
/// can't build one.
fn run(arguments: &str) -> io::Result<Option<String>> {
    const NO_LAB: i32 = 4;
    let output = Command::new(env!("CARGO_BIN_EXE_vpcreach"))
        .args(words(arguments))
        .current_dir(blocks::root().join("topologies"))
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env_remove("VPCREACH_FILE")
        .output()?;
    if output.status.code() == Some(NO_LAB) {
        return Ok(None);
    }
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(Some(text))
}

/// Splits at blanks that are not in quotes.
fn words(arguments: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in arguments.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().into_iter().for_each(|word| word.push(character)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn first_difference(page: &str, shown: &str, actual: &str) -> String {
    let same = shown.lines().zip(actual.lines()).take_while(|(shown, actual)| shown == actual).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(end)").to_owned();
    format!("{page}:{}\n  page:  {}\n  today: {}", same + 1, line(shown), line(actual))
}

#[test]
fn words_keep_quotes_together() {
    assert_eq!(words(" reach web 'db:5432' -f \"a b.yaml\""), ["reach", "web", "db:5432", "-f", "a b.yaml"]);
}
