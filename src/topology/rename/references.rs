//! What names refer to.

use super::super::{
    AclPeer, Association, Route, RouteDestination, RouteTarget, SecurityGroupPeer, Subnet, Unmodelled,
};
use super::{Directory, VpcNames, candidate, refer};

impl Directory {
    pub(super) fn rename_vpc(&self, name: &mut String) {
        refer(&self.vpcs, name);
    }

    pub(super) fn destination(&self, destination: &mut RouteDestination) {
        if let RouteDestination::PrefixList(name) = destination {
            refer(&self.lists, name);
        }
    }

    pub(super) fn route(&self, route: &mut Route, own: &str, names: &VpcNames) {
        self.destination(&mut route.destination.value);
        if let RouteTarget::Named(name) = &mut route.target.value {
            *name = self.target(name, own, names);
        }
    }

    /// In the order in which the stage that resolves names looks: the VPC's own, what joins VPCs, what is not modelled.
    pub(super) fn target(&self, name: &str, _own: &str, names: &VpcNames) -> String {
        let known = [&names.targets, &self.links, &names.unmodelled, &self.unmodelled];
        if let Some(new) = known.into_iter().find_map(|names| names.get(name)) {
            return new.clone();
        }
        // A part of something that is not modelled.
        let part = name.split_once('/').and_then(|(owner, part)| Some((names.unmodelled.get(owner)?, part)));
        match part {
            Some((owner, part)) => format!("{owner}/{}", candidate::reference(part)),
            None => candidate::reference(name),
        }
    }

    pub(super) fn group_peer(&self, peer: &mut SecurityGroupPeer, own: &str) {
        match peer {
            SecurityGroupPeer::Group(name) => *name = self.group(name, own),
            SecurityGroupPeer::PrefixList(name) => refer(&self.lists, name),
            SecurityGroupPeer::Network(name) => refer(&self.networks, name),
            SecurityGroupPeer::Cidr(_) | SecurityGroupPeer::SelfGroup | SecurityGroupPeer::Unknown(_) => {}
        }
    }

    pub(super) fn acl_peer(&self, peer: &mut AclPeer) {
        if let AclPeer::Network(name) = peer {
            refer(&self.networks, name);
        }
    }

    /// A group of the VPC by its name, one of another VPC as `vpc/name`.
    pub(super) fn group(&self, name: &str, own: &str) -> String {
        let qualified = name.split_once('/').filter(|(vpc, _)| self.in_vpc.contains_key(*vpc));
        let (home, bare) = qualified.unwrap_or((own, name));
        let find = |vpc: &str| self.in_vpc.get(vpc)?.groups.get(bare);
        let found = find(home).map(|new| (home, new)).or_else(|| {
            let elsewhere = self.home_of_group.get(bare)?;
            Some((elsewhere.as_str(), find(elsewhere)?))
        });
        match found {
            Some((vpc, new)) if vpc == own => new.clone(),
            Some((vpc, new)) => format!("{}/{new}", self.vpcs.get(vpc).map_or(vpc, String::as_str)),
            None => candidate::reference(name),
        }
    }

    pub(super) fn thing(&self, item: &mut Unmodelled) {
        let names = item.vpc.as_deref().and_then(|vpc| Some((vpc, self.in_vpc.get(vpc)?)));
        match names {
            Some((own, names)) => {
                let own = own.to_owned();
                refer(&names.unmodelled, &mut item.name.value);
                item.subnets.iter_mut().for_each(|subnet| refer(&names.subnets, subnet));
                for group in &mut item.security_groups {
                    *group = self.group(group, &own);
                }
            }
            None => {
                refer(&self.unmodelled, &mut item.name.value);
                let texts = item.subnets.iter_mut().chain(&mut item.security_groups);
                texts.for_each(|text| *text = candidate::reference(text));
            }
        }
        if let Some(vpc) = &mut item.vpc {
            self.rename_vpc(vpc);
        }
    }
}

impl VpcNames {
    pub(super) fn subnet(&self, subnet: &mut Subnet) {
        let associations = [(&mut subnet.route_table, &self.tables), (&mut subnet.network_acl, &self.acls)];
        for (association, names) in associations {
            if let Association::Named(name) = association {
                refer(names, &mut name.value);
            }
        }
    }
}
