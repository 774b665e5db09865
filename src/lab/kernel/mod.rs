//! A plan, built.
//!
//! Everything happens on threads that come and go: a namespace belongs to a thread, a socket to the namespace that
//! it was made in, and the caller stays where it is. Namespaces have no names; they are file descriptors of this process.

mod error;
pub(super) mod netlink;
pub(super) mod netns;
pub(super) mod nft;
mod rtnetlink;
mod scratch;

use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

pub use error::LabError;
use netlink::Netlink;
pub use scratch::Scratch;

use super::plan::{NamespaceId, Plan};
use super::probe::Reports;

/// A running lab. It ends when it is dropped, or when the process does.
pub struct Lab {
    pub(super) plan: Plan,
    pub(super) namespaces: Vec<OwnedFd>,
    /// What rules report, per namespace.
    pub(super) reports: Vec<Reports>,
}

impl Lab {
    /// Builds a lab. Without root, the process enters a user namespace first, which needs it to have one thread only.
    ///
    /// # Errors
    /// If this machine can't, or the kernel refuses a part of the plan.
    pub fn build(plan: &Plan) -> Result<Self, LabError> {
        netns::enter()?;
        more_files();
        netns::apart(|| build(plan))
    }

    /// Runs a command on a host, with the caller's terminal, and returns its exit status. The command and all that it
    /// starts end with this process, however that ends.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn command(&self, namespace: NamespaceId, command: &[String]) -> Result<i32, LabError> {
        // A process namespace of its own ends with its first process, and that one with its parent. Whoever lost the
        // parent before it could ask for the signal has another one by now, and stops.
        const LEASH: &str = "[ \"$PPID\" = \"$0\" ] || exit 1; \
            exec unshare --pid --fork --mount-proc --kill-child=KILL -- \"$@\"";
        let fd = self.namespaces.get(namespace.0).ok_or_else(|| LabError::new("no such namespace"))?;
        netns::apart(|| {
            netns::go(fd.as_fd())?;
            let mut leash = Command::new("setpriv");
            leash.args(["--pdeathsig", "KILL", "sh", "-c", LEASH, &std::process::id().to_string()]);
            let status = leash.args(command).status();
            let status = status.map_err(|error| LabError::call("starting a command by `setpriv`", error))?;
            Ok(status.code().unwrap_or(1))
        })
    }
}

fn build(plan: &Plan) -> Result<Lab, LabError> {
    let mut namespaces = Vec::with_capacity(plan.namespaces.len());
    let mut reports = Vec::with_capacity(plan.namespaces.len());
    for _ in &plan.namespaces {
        namespaces.push(netns::create()?);
        reports.push(Reports::open()?);
    }
    for (number, link) in plan.links.iter().enumerate() {
        let [one, other] = &link.ends;
        let (Some(near), Some(far)) = (namespaces.get(one.namespace.0), namespaces.get(other.namespace.0))
        else {
            return Err(LabError::new("a link leads nowhere"));
        };
        netns::go(near.as_fd())?;
        Netlink::route()?.add_link(number, &link.ends, far.as_fd())?;
    }
    let numbers: Vec<usize> = (0..plan.namespaces.len()).collect();
    // Most of the time goes to starting nft: two at a time.
    let (one, other) = numbers.split_at(numbers.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| other.iter().try_for_each(|number| furnish(plan, &namespaces, *number)));
        one.iter().try_for_each(|number| furnish(plan, &namespaces, *number))?;
        other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    Ok(Lab { plan: plan.clone(), namespaces, reports })
}

/// Devices up, addresses, policy, routes, rules.
fn furnish(plan: &Plan, namespaces: &[OwnedFd], number: usize) -> Result<(), LabError> {
    let (Some(planned), Some(fd)) = (plan.namespaces.get(number), namespaces.get(number)) else {
        return Ok(());
    };
    let here = || -> Result<(), LabError> {
        netns::go(fd.as_fd())?;
        let netlink = Netlink::route()?;
        netlink.up("lo")?;
        for port in plan.links.iter().flat_map(|link| &link.ends).filter(|port| port.namespace.0 == number) {
            netlink.up(&port.device)?;
        }
        for (device, address) in &planned.addresses {
            netlink.add_address(device, *address)?;
        }
        planned.policies.iter().try_for_each(|policy| netlink.add_policy(policy))?;
        planned.routes.iter().try_for_each(|route| netlink.add_route(route))?;
        if planned.ruleset.is_empty() { Ok(()) } else { nft::load(&planned.name, &planned.ruleset) }
    };
    here().map_err(|error| error.at(&planned.name))
}

/// As many open files as are allowed: a lab has several per namespace and per packet.
fn more_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // If it is refused, a shortage will be reported where it happens.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
