//! `vpcreach lab shell`.

use super::super::args::Global;
use super::super::exit::Exit;
use super::super::streams::Streams;
use super::super::{Failure, load, nearest};
use super::args::Shell;
use crate::lab::Plan;
use crate::lab::plan::NamespaceId;
use crate::verify::Verifier;

pub(super) fn run(args: &Shell, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let (topology, network) = load::both(global, streams)?;
    let verifier = Verifier::new(&topology, &network, false);
    let namespace = find(&verifier.plan, &args.endpoint)?;
    let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned());
    let command = if args.command.is_empty() { vec![shell] } else { args.command.clone() };
    let lab = match super::build(&verifier.plan, streams)? {
        Ok(lab) => lab,
        Err(exit) => return Ok(exit),
    };
    match lab.command(namespace, &command) {
        Ok(0) => Ok(Exit::Success),
        Ok(_) => Ok(Exit::Negative),
        Err(error) => super::complain(&error, streams),
    }
}

/// The host of that name: `web`, `web/eth1`, `app/web`, `app/web/eth1`, or `internet`.
fn find(plan: &Plan, wanted: &str) -> Result<NamespaceId, Failure> {
    if wanted == "internet" {
        return Ok(plan.internet);
    }
    let is = |host: &&crate::lab::plan::Host| {
        let name = &host.name;
        let short = [name.instance.clone(), format!("{}/{}", name.instance, name.interface)];
        let long = short.clone().map(|short| format!("{}/{short}", name.vpc));
        short.iter().chain(&long).any(|name| name == wanted) || name.interface == wanted
    };
    if let Some(host) = plan.hosts.iter().find(is) {
        return Ok(host.namespace);
    }
    let names = plan.hosts.iter().map(|host| host.name.instance.clone());
    let near = nearest(wanted, names.chain(["internet".to_owned()]));
    let help = near.map_or_else(
        || "name an instance, an interface as `instance/interface`, or `internet`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Err(Failure::usage(format!("there is no host `{wanted}` in the lab"), Some(help)))
}
