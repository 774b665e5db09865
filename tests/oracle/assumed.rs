//! Addresses that the user did not say: the first free host of the subnet, counting from its
//! network address plus ten, in file order.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

use vpcreach::topology::{Connectivity, Topology};

/// The addresses that were assumed, by VPC and owner.
#[derive(Debug, Default)]
pub struct Addresses {
    pub interfaces: HashMap<(String, String, String), Ipv4Addr>,
    pub nat_gateways: HashMap<(String, String), Ipv4Addr>,
    /// Elastic IPs that AWS would pick; any address that nobody else uses will do.
    pub elastic: HashMap<(String, String), Ipv4Addr>,
}

impl Addresses {
    pub fn of(topology: &Topology) -> Self {
        let mut addresses = Self::default();
        let mut elastic = u32::from(Ipv4Addr::new(198, 18, 0, 1));
        for vpc in &topology.vpcs {
            let mut taken = said(&vpc.value);
            for instance in &vpc.value.instances {
                for interface in &instance.value.interfaces {
                    let name = (vpc.name().into(), instance.name().into(), interface.name().into());
                    if interface.value.ips.is_empty()
                        && let Some(address) =
                            first_free(&vpc.value, &interface.value.subnet.value, &mut taken)
                    {
                        addresses.interfaces.insert(name, address);
                    }
                    let owner = format!("{}/{}", instance.name(), interface.name());
                    addresses.elastic.insert((vpc.name().into(), owner), Ipv4Addr::from(elastic));
                    elastic += 1;
                }
            }
            for gateway in &vpc.value.nat_gateways {
                let name = (vpc.name().to_owned(), gateway.name().to_owned());
                if gateway.value.private_ip.is_none()
                    && let Some(address) = first_free(&vpc.value, &gateway.value.subnet.value, &mut taken)
                {
                    addresses.nat_gateways.insert(name.clone(), address);
                }
                if gateway.value.connectivity.value == Connectivity::Public {
                    addresses.elastic.insert(name, Ipv4Addr::from(elastic));
                    elastic += 1;
                }
            }
        }
        addresses
    }
}

/// Every address that was said in a VPC: those are never assumed.
fn said(vpc: &vpcreach::topology::Vpc) -> HashSet<Ipv4Addr> {
    let interfaces = vpc.instances.iter().flat_map(|instance| &instance.value.interfaces);
    let ips = interfaces.flat_map(|interface| interface.value.ips.iter().map(|ip| ip.value));
    let gateways = vpc.nat_gateways.iter().filter_map(|gateway| gateway.value.private_ip);
    ips.chain(gateways.map(|ip| ip.value)).collect()
}

fn first_free(
    vpc: &vpcreach::topology::Vpc,
    subnet: &str,
    taken: &mut HashSet<Ipv4Addr>,
) -> Option<Ipv4Addr> {
    let cidr = vpc.subnets.get(subnet)?.cidr?.value.trunc();
    let first = u32::from(cidr.network());
    let last = u32::from(cidr.broadcast());
    // VP-8: the first four and the last are reserved.
    let from_ten = first + 10..last;
    let wrapped = first + 4..last.min(first + 10);
    let address = from_ten.chain(wrapped).map(Ipv4Addr::from).find(|address| !taken.contains(address))?;
    taken.insert(address);
    Some(address)
}
