//! `vpcreach matrix`.

use std::path::Path;

use crate::fleet::{self, Options, Snapshot};
use crate::reach::Service;
use crate::render;

use super::args::{Global, Matrix, MatrixFormat};
use super::exit::Exit;
use super::streams::Streams;
use super::{Failure, load};

pub(super) fn run(args: &Matrix, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let parse = |service: &str| Service::parse(Some(service.trim()), None);
    let saved = args.check.as_deref().map(saved).transpose()?;
    let services = match (&args.ports, &saved) {
        (Some(ports), _) => ports.split(',').map(parse).collect::<Result<_, _>>()?,
        (None, Some((services, _))) => {
            services.iter().map(|service| parse(service)).collect::<Result<_, _>>()?
        }
        (None, None) => Vec::new(),
    };
    let network = load::network(global, streams)?;
    let matrix = fleet::matrix(&network, &Options { services, family: args.family.into() })?;
    if let Some((_, before)) = saved {
        let changes = matrix.changes_since(&before);
        streams.result(&render::matrix_changes(&changes, &streams.look))?;
        return Ok(if changes.is_empty() { Exit::Success } else { Exit::Negative });
    }
    let text = match args.format {
        MatrixFormat::Text => render::matrix_text(&matrix, &streams.look),
        MatrixFormat::Json => render::matrix_json(&matrix),
        MatrixFormat::Csv => render::matrix_csv(&matrix),
        MatrixFormat::Markdown => render::matrix_markdown(&matrix),
        MatrixFormat::Html => render::matrix_html(&matrix),
    };
    streams.result(&text)?;
    Ok(Exit::Success)
}

/// A matrix that was written before.
fn saved(path: &Path) -> Result<(Vec<String>, Snapshot), Failure> {
    let name = path.display();
    let help = || Some("write one with `vpcreach matrix -o json > FILE`".to_owned());
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::usage(format!("`{name}` can't be read: {error}"), help()))?;
    render::read_matrix_json(&bytes).map_err(|why| Failure::usage(format!("`{name}`: {why}"), help()))
}
