//! A matrix as a grid, as a list, as a page, and what changed in it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::fleet::{Change, Matrix, MatrixCell as Cell, Snapshot};
use crate::reach::Verdict;

use super::json::pretty;
use super::look::{Look, Tone};

/// The version of the JSON format.
pub const MATRIX_SCHEMA: &str = "vpcreach/matrix/1";

const CORNER: &str = "from ╲ to";
const LEGEND: &str = "· none   – self   ◐ partial   ? undetermined";
const GAP: usize = 2;
/// Columns are never narrower than this.
const NARROWEST: usize = 9;

/// A matrix as a grid; columns that don't fit side by side are continued below.
pub fn matrix_text(matrix: &Matrix, look: &Look) -> String {
    let texts: Vec<Vec<String>> = matrix
        .cells
        .iter()
        .map(|row| row.iter().map(|cell| cell_text(cell, &matrix.services)).collect())
        .collect();
    let longest =
        |texts: &mut dyn Iterator<Item = &String>| texts.map(|text| look.columns(text)).max().unwrap_or(0);
    let names = longest(&mut matrix.rows.iter()).max(look.columns(CORNER)) + 2 * GAP;
    let widths: Vec<usize> = matrix
        .columns
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let cells = longest(&mut texts.iter().filter_map(|row| row.get(index)));
            cells.max(look.columns(name)).max(NARROWEST) + GAP
        })
        .collect();
    let mut out = String::new();
    for band in bands(&widths, look.width.saturating_sub(names)) {
        if !out.is_empty() {
            out.push('\n');
        }
        let line = |name: &str, cells: &[String]| {
            let mut line = look.pad(name, names);
            for (text, width) in cells.iter().zip(&widths).skip(band.start).take(band.len()) {
                line.push_str(&look.pad(text, *width));
            }
            line.trim_end().to_owned()
        };
        let _ = writeln!(out, "{}", look.paint(Tone::Strong, &line(CORNER, &matrix.columns)));
        for (name, row) in matrix.rows.iter().zip(&texts) {
            let _ = writeln!(out, "{}", line(name, row));
        }
    }
    let _ = writeln!(out, "\nports: {}", look.wrap(&matrix.services.join(" "), 7, 7));
    let _ = writeln!(out, "{}", look.paint(Tone::Quiet, LEGEND));
    look.finish(out)
}

/// The columns that fit side by side, as ranges.
fn bands(widths: &[usize], room: usize) -> Vec<std::ops::Range<usize>> {
    let mut bands = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (index, width) in widths.iter().enumerate() {
        if used + width > room && index > start {
            bands.push(start..index);
            (start, used) = (index, 0);
        }
        used += width;
    }
    bands.push(start..widths.len());
    bands
}

/// `443`, `22,53/udp`, `◐443`, `?`, `·` or `–`.
fn cell_text(cell: &Cell, services: &[String]) -> String {
    let Cell::Verdicts(verdicts) = cell else { return "–".to_owned() };
    if !verdicts.is_empty() && verdicts.iter().all(|verdict| *verdict == Verdict::Undetermined) {
        return "?".to_owned();
    }
    let shown: Vec<String> = services
        .iter()
        .zip(verdicts)
        .filter_map(|(service, verdict)| {
            let service = service.strip_suffix("/tcp").unwrap_or(service);
            match verdict {
                Verdict::Reachable => Some(service.to_owned()),
                Verdict::Partial => Some(format!("◐{service}")),
                Verdict::Undetermined => Some(format!("?{service}")),
                Verdict::Blocked => None,
            }
        })
        .collect();
    if shown.is_empty() { "·".to_owned() } else { shown.join(",") }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    services: &'a [String],
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    from: &'a str,
    cells: Vec<CellDocument<'a>>,
}

#[derive(Serialize)]
struct CellDocument<'a> {
    to: &'a str,
    #[serde(rename = "self")]
    itself: bool,
    verdicts: Vec<ServiceVerdict<'a>>,
}

#[derive(Serialize)]
struct ServiceVerdict<'a> {
    service: &'a str,
    verdict: &'static str,
}

/// A matrix as JSON.
pub fn matrix_json(matrix: &Matrix) -> String {
    let rows = matrix.rows.iter().zip(&matrix.cells).map(|(from, row)| Row {
        from,
        cells: matrix.columns.iter().zip(row).map(|(to, cell)| cell_document(to, cell, matrix)).collect(),
    });
    pretty(&Document { schema: MATRIX_SCHEMA, services: &matrix.services, rows: rows.collect() })
}

fn cell_document<'a>(to: &'a str, cell: &Cell, matrix: &'a Matrix) -> CellDocument<'a> {
    let verdicts: &[Verdict] = match cell {
        Cell::Itself => &[],
        Cell::Verdicts(verdicts) => verdicts,
    };
    let services = matrix.services.iter().zip(verdicts);
    CellDocument {
        to,
        itself: *cell == Cell::Itself,
        verdicts: services
            .map(|(service, verdict)| ServiceVerdict { service, verdict: verdict.as_str() })
            .collect(),
    }
}

/// The verdicts of a matrix that was written as JSON, and its services.
///
/// # Errors
/// If it is not such a document; what is wrong, in one sentence.
pub fn read_matrix_json(bytes: &[u8]) -> Result<(Vec<String>, Snapshot), String> {
    let document: Saved =
        serde_json::from_slice(bytes).map_err(|error| format!("it is not a saved matrix: {error}"))?;
    if document.schema != MATRIX_SCHEMA {
        return Err(format!("its schema is `{}`, not `{MATRIX_SCHEMA}`", document.schema));
    }
    let mut snapshot = Snapshot::new();
    for row in document.rows {
        for cell in row.cells {
            for one in cell.verdicts {
                let verdict = Verdict::parse(&one.verdict)
                    .ok_or_else(|| format!("`{}` is not a verdict", one.verdict))?;
                snapshot.insert((row.from.clone(), cell.to.clone(), one.service), verdict);
            }
        }
    }
    Ok((document.services, snapshot))
}

#[derive(Deserialize)]
struct Saved {
    schema: String,
    services: Vec<String>,
    rows: Vec<SavedRow>,
}

#[derive(Deserialize)]
struct SavedRow {
    from: String,
    cells: Vec<SavedCell>,
}

#[derive(Deserialize)]
struct SavedCell {
    to: String,
    verdicts: Vec<SavedVerdict>,
}

#[derive(Deserialize)]
struct SavedVerdict {
    service: String,
    verdict: String,
}

/// A line for every verdict: source, destination, service, verdict.
pub fn matrix_csv(matrix: &Matrix) -> String {
    let mut out = String::from("from,to,service,verdict\n");
    for (from, row) in matrix.rows.iter().zip(&matrix.cells) {
        for (to, cell) in matrix.columns.iter().zip(row) {
            let Cell::Verdicts(verdicts) = cell else { continue };
            for (service, verdict) in matrix.services.iter().zip(verdicts) {
                let fields = [from, to, service].map(|field| csv_field(field));
                let _ = writeln!(out, "{},{}", fields.join(","), verdict.as_str());
            }
        }
    }
    out
}

/// RFC 4180: quoted where a separator or a quote is in it.
fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A table for pages and pull requests.
pub fn matrix_markdown(matrix: &Matrix) -> String {
    let escape = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ");
    let columns: Vec<String> = matrix.columns.iter().map(|name| escape(name)).collect();
    let mut out = format!("| from ╲ to | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for (from, row) in matrix.rows.iter().zip(&matrix.cells) {
        let cells: Vec<String> = row.iter().map(|cell| cell_text(cell, &matrix.services)).collect();
        let _ = writeln!(out, "| {} | {} |", escape(from), cells.join(" | "));
    }
    let _ = writeln!(out, "\nports: {}; {LEGEND}", matrix.services.join(" "));
    out
}

/// A page of its own, without scripts.
pub fn matrix_html(matrix: &Matrix) -> String {
    const STYLE: &str = "body{font:14px system-ui,sans-serif;margin:2em}table{border-collapse:collapse}\
        th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left}th{background:#f4f4f4}\
        td.reachable{background:#d9f2d9}td.partial{background:#fff2cc}td.undetermined{background:#e6e6e6}";
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Who reaches whom</title>\n<style>{STYLE}</style>\n<table>\n<tr><th>from ╲ to"
    );
    for name in &matrix.columns {
        let _ = write!(out, "<th>{}", html(name));
    }
    out.push('\n');
    for (from, row) in matrix.rows.iter().zip(&matrix.cells) {
        let _ = write!(out, "<tr><th>{}", html(from));
        for cell in row {
            let class = match cell {
                Cell::Itself => "self",
                Cell::Verdicts(verdicts) => strongest(verdicts),
            };
            let _ = write!(out, "<td class=\"{class}\">{}", html(&cell_text(cell, &matrix.services)));
        }
        out.push('\n');
    }
    let services = html(&matrix.services.join(" "));
    let _ = writeln!(out, "</table>\n<p>ports: {services}</p>\n<p>{LEGEND}</p>\n</html>");
    out
}

/// The verdict that a cell is coloured by.
fn strongest(verdicts: &[Verdict]) -> &'static str {
    let all = [Verdict::Reachable, Verdict::Partial, Verdict::Undetermined];
    all.into_iter().find(|verdict| verdicts.contains(verdict)).map_or("blocked", Verdict::as_str)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What is not as it was: `+` for what gets through now, `-` for what no longer does, `~` for the rest.
pub fn matrix_changes(changes: &[Change], look: &Look) -> String {
    let name = |change: &Change| {
        let (from, to, service) = &change.what;
        format!("{from} → {to}:{service}")
    };
    let width = changes.iter().map(|change| look.columns(&name(change))).max().unwrap_or(0);
    let (mut out, mut counts) = (String::new(), [0; 3]);
    for change in changes {
        let open = |verdict: Option<Verdict>| matches!(verdict, Some(Verdict::Reachable | Verdict::Partial));
        let kind = match (open(change.before), open(change.now)) {
            (false, true) => 0,
            (true, false) => 1,
            _ => 2,
        };
        if let Some(count) = counts.get_mut(kind) {
            *count += 1;
        }
        let sign = ["+", "-", "~"].get(kind).copied().unwrap_or("~");
        let word = |verdict: Option<Verdict>| verdict.map_or("not there", Verdict::as_str);
        let line = format!("{} → {}", word(change.before), word(change.now));
        let _ = writeln!(out, "{sign} {}   {line}", look.pad(&name(change), width));
    }
    let [added, removed, changed] = counts;
    let _ = writeln!(out, "{added} added, {removed} removed, {changed} changed");
    look.finish(out)
}
