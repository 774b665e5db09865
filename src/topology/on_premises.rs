//! What leads out of AWS to networks of one's own: virtual private gateways, VPN connections, Direct Connect.

use std::net::IpAddr;

use ipnet::IpNet;

use super::place::{Place, Spanned};

/// A virtual private gateway: the VPC's end of VPN connections and Direct Connect (VG-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpnGateway {
    /// Its name as a route target; `vgw` unless said otherwise.
    pub name: Spanned<String>,
    /// Whether it is attached to the VPC.
    pub attached: Spanned<bool>,
    /// A gateway (edge) route table, by name (RT-16); not modelled yet.
    pub route_table: Option<Spanned<String>>,
    /// Why nobody knows everything that leads to it, if nobody does: `describe-vpn-connections` is missing.
    pub more_lines: Option<String>,
}

/// A customer gateway: the far end of a VPN connection. It is no route target (RT-14).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerGateway {
    /// Its address on the internet.
    pub public_ip: Option<Spanned<IpAddr>>,
    /// Where it was said.
    pub place: Place,
}

/// A Site-to-Site VPN connection: two tunnels between a gateway and a customer gateway (VG-7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpnConnection {
    /// The virtual private gateway (`vgw`, or `vpc/vgw`) or the transit gateway; none if nobody said.
    pub gateway: Option<Spanned<String>>,
    /// The customer gateway.
    pub customer_gateway: Option<Spanned<String>>,
    /// The network behind it, by name.
    pub network: Option<Spanned<String>>,
    /// How each side learns what is behind the other.
    pub routing: Spanned<VpnRouting>,
    /// With static routing: the prefixes behind it. None if they are not known.
    pub static_routes: Option<Vec<Spanned<IpNet>>>,
    /// With BGP: what the far side announces. None if nobody said: the ranges of its network, if that is known.
    pub advertised: Option<Vec<Spanned<IpNet>>>,
    /// The tunnels; both up if none is listed.
    pub tunnels: Vec<Spanned<LineState>>,
    /// Whether it carries IPv6 inside (transit gateways only, VG-6); else IPv4.
    pub ipv6: Spanned<bool>,
    /// Where it was said.
    pub place: Place,
}

/// How the ends of a VPN connection learn prefixes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VpnRouting {
    /// By BGP: each end announces what it has.
    #[default]
    Bgp,
    /// Somebody wrote them down, on both ends.
    Static,
}

/// Whether a tunnel, or a Direct Connect line, carries packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineState {
    /// It does.
    #[default]
    Up,
    /// It does not.
    Down,
    /// Nobody knows.
    Unknown,
}

/// A Direct Connect gateway: joins private virtual interfaces with virtual private gateways or transit gateways (VG-9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectConnectGateway {
    /// The gateways that are associated with it.
    pub gateways: Vec<Spanned<String>>,
    /// What is announced to the network. None if nobody said: the ranges of the VPC.
    pub allowed_prefixes: Option<Vec<Spanned<IpNet>>>,
    /// The network behind its virtual interface, where that is not described by itself.
    pub network: Option<Spanned<String>>,
    /// What that network announces. None if nobody said: its ranges.
    pub advertised: Option<Vec<Spanned<IpNet>>>,
    /// Whether that virtual interface is up.
    pub state: Spanned<LineState>,
    /// Where it was said.
    pub place: Place,
}

/// A private virtual interface of Direct Connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtualInterface {
    /// The virtual private gateway (`vgw`, or `vpc/vgw`) or the Direct Connect gateway.
    pub gateway: Spanned<String>,
    /// The network behind it.
    pub network: Option<Spanned<String>>,
    /// What the network announces. None if nobody said: its ranges, if it is known.
    pub advertised: Option<Vec<Spanned<IpNet>>>,
    /// Whether it is up.
    pub state: Spanned<LineState>,
    /// Where it was said.
    pub place: Place,
}
