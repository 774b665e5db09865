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
const CODES: &[Page] = pages!("codes": "ACL001", "ACL002", "ACL003", "BPA001", "DNS001", "DNS002", "DX001", "EIGW001", "ENI001", "ENI002", "ENI003", "ENI004", "IGW001", "IGW002", "IGW003", "IGW004", "LB001", "LB002", "LB003", "NAT001", "NAT002", "NAT003", "NAT004", "NAT005", "NAT006", "PCX001", "PCX002", "PCX003", "RT001", "RT002", "RT003", "RT004", "RT005", "RT006", "RT007", "SG001", "SG002", "SG003", "SG004", "TGW001", "TGW002", "TGW003", "TGW004", "TGW005", "TGW006", "TGW007", "UND001", "UND002", "UND003", "UND004", "UND005", "UND006", "UND007", "UND008", "VGW001", "VGW002", "VGW003", "VGW004", "VPE001", "VPE002", "VPE003", "VPE004", "VPE005", "VPE006", "VPN001", "VPN002", "VPN003");

/// One page per term.
const TERMS: &[Page] = pages!("terms": "ephemeral", "implicit", "local", "longest-prefix-match", "partial", "stateful", "stateless", "undetermined");

pub(super) fn run(args: &Explain, streams: &mut Streams) -> Result<Exit, Failure> {
    let look = streams.look;
    let Some(topic) = &args.topic else {
        streams.document(&look.finish(list()))?;
        return Ok(Exit::Success);
    };
    match page(topic) {
        Some(text) => {
            streams.document(&look.page(text))?;
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
    CODES.iter().chain(TERMS).map(|page| page.topic.to_owned())
}

/// Every code with one line on it, and the terms.
fn list() -> String {
    let mut text = String::new();
    for code in Code::ALL {
        let _ = writeln!(text, "{code:<8} {}", code.title());
    }
    let terms: Vec<&str> = TERMS.iter().map(|page| page.topic).collect();
    let _ = writeln!(text, "\nterms: {}", terms.join(", "));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page() {
        for code in Code::ALL {
            let text = page(code.as_str()).unwrap_or_else(|| panic!("{code} has no page"));
            assert!(
                text.starts_with(&format!("# {code}: ")),
                "{code}: {}",
                text.lines().next().unwrap_or_default()
            );
        }
    }

    #[test]
    fn every_page_is_in_the_table() {
        for (folder, pages) in [("codes", CODES), ("terms", TERMS)] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(folder);
            for entry in std::fs::read_dir(path).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let topic = name.trim_end_matches(".md");
                let known = topic == "README" || pages.iter().any(|page| page.topic == topic);
                assert!(known, "docs/{folder}/{name} is not in the table");
            }
        }
    }
}
