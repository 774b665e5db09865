//! Links between pages, and the table of contents.

use std::fs;
use std::io;
use std::path::Path;

use super::blocks;

/// Relative links that lead nowhere.
pub(crate) fn broken() -> io::Result<Vec<String>> {
    let mut broken = Vec::new();
    let mut pages = blocks::files("docs", "md")?;
    pages.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned));
    for page in pages {
        let text = fs::read_to_string(blocks::root().join(&page))?;
        let folder = Path::new(&page).parent().unwrap_or(Path::new(""));
        for (number, line) in (1..).zip(text.lines()) {
            for target in targets(line) {
                let file = target.split('#').next().unwrap_or_default();
                let elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
                if !elsewhere && !blocks::root().join(folder).join(file).exists() {
                    broken.push(format!("{page}:{number}: {target}"));
                }
            }
        }
    }
    Ok(broken)
}

/// Pages of the book that its table of contents forgets.
pub(crate) fn not_in_summary() -> io::Result<Vec<String>> {
    let summary = fs::read_to_string(blocks::root().join("docs/SUMMARY.md"))?;
    let named: Vec<&str> = summary.lines().flat_map(targets).collect();
    let pages = blocks::files("docs", "md")?;
    let pages = pages.iter().filter_map(|page| page.strip_prefix("docs/"));
    Ok(pages.filter(|page| *page != "SUMMARY.md" && !named.contains(page)).map(str::to_owned).collect())
}

/// The targets of the inline links of a line.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}
