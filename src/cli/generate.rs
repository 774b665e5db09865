//! `vpcreach generate`.

use crate::generate::{Generator, MOST_ENIS, Options, Shape, VPC_ENIS};

use super::Failure;
use super::args::{Generate, GenerateFormat, GenerateShape};
use super::exit::Exit;
use super::streams::Streams;

pub(super) fn run(args: &Generate, streams: &mut Streams) -> Result<Exit, Failure> {
    let limits = [("--enis", args.enis, MOST_ENIS), ("--vpc-enis", args.vpc_enis, VPC_ENIS)];
    for (flag, value, most) in limits {
        if value == 0 || value > most {
            let message = format!("{flag} {value} is out of range");
            return Err(Failure::usage(message, Some(format!("it takes 1 to {most}"))));
        }
    }
    let shape = match args.shape {
        GenerateShape::Realistic => Shape::Realistic,
        GenerateShape::Hostile => Shape::Hostile,
    };
    let options = Options { enis: args.enis, shape, seed: args.seed, vpc_enis: args.vpc_enis };
    let generator = Generator::new(options);
    if generator.enis() < args.enis {
        let message = format!("there is no room for {} interfaces in VPCs of {}", args.enis, args.vpc_enis);
        return Err(Failure::usage(message, Some("take larger VPCs: --vpc-enis 2000".to_owned())));
    }
    streams.stream(|mut out| match args.format {
        GenerateFormat::Yaml => generator.write_yaml(&mut out),
        GenerateFormat::Aws => generator.write_aws(&mut out),
    })?;
    Ok(Exit::Success)
}
