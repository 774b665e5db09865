//! Elastic IPs, and what they are associated with.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::builder::Builder;
use super::gateway::address;
use super::inventory::Fate;
use super::link::{Link, Target};
use super::{remarks, wanted};

/// A public address of an instance or interface.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Elastic {
    /// The private address that it stands for; the primary one, if that was not said.
    pub(super) private: Option<Ipv4Addr>,
    /// The address, if it is known already.
    pub(super) public: Option<Ipv4Addr>,
}

/// Elastic IPs by what they are associated with.
#[derive(Debug, Default)]
pub(super) struct ElasticIps {
    pub(super) of: BTreeMap<usize, Vec<Elastic>>,
    /// What may have an Elastic IP: known only after apply.
    pub(super) open: BTreeSet<usize>,
}

pub(super) fn build(builder: &mut Builder<'_>) -> ElasticIps {
    let mut all = ElasticIps::default();
    for (at, one) in builder.once(&["aws_eip"]) {
        builder.settle(at, Fate::Read);
        let found = Elastic {
            private: address(one, "associate_with_private_ip").or(address(one, "private_ip")),
            public: address(one, "public_ip"),
        };
        all.associate(builder, at, ["network_interface", "instance"], found);
    }
    for (at, one) in builder.of(&["aws_eip_association"]) {
        builder.settle(at, Fate::Read);
        let public = address(one, "public_ip").or_else(|| {
            match builder.link(at, "allocation_id", &wanted::ELASTIC_IP) {
                Link::To(Target::Here(eip)) => address(builder.resource(eip.resource)?, "public_ip"),
                _ => None,
            }
        });
        let found = Elastic { private: address(one, "private_ip_address"), public };
        all.associate(builder, at, ["network_interface_id", "instance_id"], found);
    }
    all
}

impl ElasticIps {
    fn associate(&mut self, builder: &mut Builder<'_>, at: usize, names: [&str; 2], found: Elastic) {
        let mut open = None;
        for (name, wanted) in names.into_iter().zip([&wanted::INTERFACE, &wanted::INSTANCE]) {
            match builder.link(at, name, wanted) {
                Link::To(Target::Here(candidate)) => return self.add(candidate.resource, found),
                // The interface of an instance, or of something else.
                Link::To(Target::Elsewhere(_)) | Link::None => {}
                Link::Open { among } => open = open.or(Some(among)),
            }
        }
        let Some(among) = open else { return };
        let why = builder.why("what it is associated with", &among);
        builder.unresolved(at, &remarks::ATTACHMENT_OPEN, why);
        if among.is_empty() {
            let all = builder.of(&["aws_instance", "aws_spot_instance_request", "aws_network_interface"]);
            self.open.extend(all.into_iter().map(|(at, _)| at));
        }
        self.open.extend(among.into_iter().map(|candidate| candidate.resource));
    }

    fn add(&mut self, at: usize, found: Elastic) {
        let known = self.of.entry(at).or_default();
        let same = |one: &&mut Elastic| one.public == found.public && one.private == found.private;
        // The address and its association say the same thing.
        if found.public.is_none() || known.iter_mut().find(same).is_none() {
            known.push(found);
        }
    }
}
