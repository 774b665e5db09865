//! `vpcreach matrix`.

use crate::fleet::{self, Options};
use crate::reach::Service;
use crate::render;

use super::args::{Global, Matrix, MatrixFormat};
use super::exit::Exit;
use super::streams::Streams;
use super::{Failure, load};

pub(super) fn run(args: &Matrix, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let services = match &args.ports {
        Some(ports) => {
            ports.split(',').map(|port| Service::parse(Some(port.trim()), None)).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    let network = load::network(global, streams)?;
    let matrix = fleet::matrix(&network, &Options { services, family: args.family.into() })?;
    let text = match args.format {
        MatrixFormat::Text => render::matrix_text(&matrix, &streams.look),
        MatrixFormat::Json => render::matrix_json(&matrix),
    };
    streams.result(&text)?;
    Ok(Exit::Success)
}
