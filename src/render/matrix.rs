//! A matrix as a grid of text, and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::fleet::{Matrix, MatrixCell as Cell};
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
