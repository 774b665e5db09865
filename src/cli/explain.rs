//! `vpcreach explain`: the pages of the documentation on codes and terms, offline.

use std::fmt::Write as _;

use crate::network::Code;

use super::args::Explain;
use super::exit::Exit;
use super::streams::Streams;
use super::{Failure, nearest};

/// A page of the documentation.
struct Page {
    topic: &'static str,
    text: &'static str,
}

macro_rules! pages {
    ($folder:literal: $($topic:literal),* $(,)?) => {
        &[$(Page {
            topic: $topic,
            text: include_str!(concat!("../../docs/", $folder, "/", $topic, ".md")),
        },)*]
    };
}

/// One page per code.
const CODES: &[Page] = pages!("codes":);

/// One page per term.
const TERMS: &[Page] = pages!("terms":);

pub(super) fn run(args: &Explain, streams: &mut Streams) -> Result<Exit, Failure> {
    let Some(topic) = &args.topic else {
        streams.document(&list())?;
        return Ok(Exit::Success);
    };
    let text = page(topic).map(str::to_owned).or_else(|| Code::parse(topic).map(summary));
    match text {
        Some(text) => {
            streams.document(&text)?;
            Ok(Exit::Success)
        }
        None => {
            let near = nearest(topic, topics());
            let help = near.map_or_else(
                || "`vpcreach explain` lists the codes and terms".to_owned(),
                |near| format!("did you mean `vpcreach explain {near}`?"),
            );
            Err(Failure::usage(format!("there is no page on `{topic}`"), Some(help)))
        }
    }
}

fn page(topic: &str) -> Option<&'static str> {
    let is_it = |page: &&Page| page.topic.eq_ignore_ascii_case(topic);
    CODES.iter().chain(TERMS).find(is_it).map(|page| page.text)
}

fn topics() -> impl Iterator<Item = String> {
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let pages = CODES.iter().chain(TERMS).map(|page| page.topic);
    codes.chain(pages).map(str::to_owned)
}

/// What is known of a code without its page.
fn summary(code: Code) -> String {
    let aws = code.aws_code().map_or_else(String::new, |aws| format!("        AWS: {aws}"));
    format!("{code}  {}{aws}\n", code.title())
}

/// Every code with one line on it, and the terms.
fn list() -> String {
    let mut text = String::new();
    for code in Code::ALL {
        let _ = writeln!(text, "{code:<8} {}", code.title());
    }
    for page in CODES.iter().filter(|page| Code::parse(page.topic).is_none()) {
        let _ = writeln!(text, "{:<8} {}", page.topic, title(page.text));
    }
    if !TERMS.is_empty() {
        let terms: Vec<&str> = TERMS.iter().map(|page| page.topic).collect();
        let _ = writeln!(text, "\nterms: {}", terms.join(", "));
    }
    text
}

/// The heading of a page, without the code that it may begin with.
fn title(text: &str) -> &str {
    let heading = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
    heading.split_once([':', '—']).map_or(heading, |(_, title)| title).trim()
}
