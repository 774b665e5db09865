//! The six requests that wire a lab: links, addresses, routes, policy rules.

use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use ipnet::IpNet;
use nix::net::if_::if_nametoindex;

use super::super::plan::{Policy, Port, Route, Way};
use super::error::LabError;
use super::netlink::{CREATE, Message, Netlink};

const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const RTM_NEWROUTE: u16 = 24;
const RTM_NEWRULE: u16 = 32;

const IFF_UP: u32 = 0x1;
/// No ARP and no neighbour discovery: a route to a device needs no gateway.
const IFF_NOARP: u32 = 0x80;

const AF_UNSPEC: u8 = 0;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn ifinfomsg(flags: u32, change: u32) -> Vec<u8> {
    let mut bytes = vec![AF_UNSPEC, 0, 0, 0];
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(change.to_ne_bytes());
    bytes
}

fn terminated(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// The number of a device in the namespace of this thread.
fn index(device: &str) -> Result<u32, LabError> {
    if_nametoindex(device).map_err(|error| LabError::call(&format!("device {device}"), error))
}

impl Netlink {
    /// A veth pair, from the namespace of its first end, the second end born in its own.
    pub(super) fn add_link(
        &self,
        number: usize,
        ends: &[Port; 2],
        peer: BorrowedFd<'_>,
    ) -> Result<(), LabError> {
        let [one, other] = ends;
        let [.., high, low] = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
        let mac = [2, 0, 0, 0, high, low];
        let end = |message: &mut Message, port: &Port| {
            message.attribute(3, &terminated(&port.device));
            message.attribute(1, &mac);
            message.attribute(27, &port.group.to_ne_bytes());
        };
        let mut message = Message::new(RTM_NEWLINK, CREATE);
        message.put(&ifinfomsg(IFF_NOARP, IFF_NOARP));
        end(&mut message, one);
        message.nested(18, |info| {
            info.attribute(1, b"veth");
            info.nested(2, |data| {
                data.nested(1, |veth| {
                    veth.put(&ifinfomsg(IFF_NOARP, IFF_NOARP));
                    end(veth, other);
                    veth.attribute(28, &peer.as_raw_fd().to_ne_bytes());
                });
            });
        });
        self.request(&format!("link {} - {}", one.device, other.device), message)
    }

    /// Brings a device up. A veth can't be born that way.
    pub(super) fn up(&self, device: &str) -> Result<(), LabError> {
        let mut message = Message::new(RTM_NEWLINK, 0);
        message.put(&ifinfomsg(IFF_UP, IFF_UP)).attribute(3, &terminated(device));
        self.request(&format!("link {device} up"), message)
    }

    /// An address for itself only: /32 or /128, usable at once.
    pub(super) fn add_address(&self, device: &str, address: IpAddr) -> Result<(), LabError> {
        const NODAD: u8 = 2;
        let length = if address.is_ipv4() { 32 } else { 128 };
        let mut message = Message::new(RTM_NEWADDR, CREATE);
        message.put(&[family(address), length, NODAD, 0]).put(&index(device)?.to_ne_bytes());
        message.attribute(2, &octets(address)).attribute(1, &octets(address));
        self.request(&format!("address {address} dev {device}"), message)
    }

    pub(super) fn add_route(&self, route: &Route) -> Result<(), LabError> {
        const BOOT: u8 = 3;
        const UNICAST: u8 = 1;
        const LOCAL: u8 = 2;
        const THROW: u8 = 9;
        let network = route.destination.network();
        // A route to a device has the scope of the link, one to itself that of the host; IPv6 has no scopes.
        let (kind, scope, device) = match &route.way {
            Way::Device(device) => (UNICAST, 253, Some(device.as_str())),
            Way::Local => (LOCAL, 254, Some("lo")),
            Way::Throw => (THROW, 0, None),
        };
        let scope = if network.is_ipv4() { scope } else { 0 };
        let mut message = Message::new(RTM_NEWROUTE, CREATE);
        message
            .put(&[family(network), route.destination.prefix_len(), 0, 0, 0, BOOT, scope, kind])
            .put(&[0; 4]);
        if route.destination.prefix_len() > 0 {
            message.attribute(1, &octets(network));
        }
        if let Some(device) = device {
            message.attribute(4, &index(device)?.to_ne_bytes());
        }
        message.attribute(15, &route.table.to_ne_bytes());
        if route.metric != 0 {
            message.attribute(6, &route.metric.to_ne_bytes());
        }
        self.request(&format!("route {} table {}", route.destination, route.table), message)
    }

    pub(super) fn add_policy(&self, policy: &Policy) -> Result<(), LabError> {
        const TO_TABLE: u8 = 1;
        for family in [AF_INET, AF_INET6] {
            let to = match policy.to {
                Some(cidr) if self::family(cidr.network()) == family => Some(cidr),
                Some(_) => continue,
                None => None,
            };
            let mut message = Message::new(RTM_NEWRULE, CREATE);
            let length = to.as_ref().map_or(0, IpNet::prefix_len);
            message.put(&[family, length, 0, 0, 0, 0, 0, TO_TABLE]).put(&[0; 4]);
            message.attribute(6, &policy.preference.to_ne_bytes());
            if policy.mark != 0 {
                message.attribute(10, &policy.mark.to_ne_bytes());
            }
            message.attribute(15, &policy.table.to_ne_bytes());
            if let Some(to) = to {
                message.attribute(1, &octets(to.network()));
            }
            self.request(&format!("rule for mark {}", policy.mark), message)?;
        }
        Ok(())
    }
}
