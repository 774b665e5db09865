//! NFLOG: rules that log, as messages of the kernel. `linux/netfilter/nfnetlink_log.h`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};

use super::super::kernel::LabError;
use super::super::kernel::netlink::{Message, Netlink, attributes, messages};
use super::{Hook, Transport};

/// `NFNL_SUBSYS_ULOG << 8`, and its messages.
const PACKET: u16 = 4 << 8;
const CONFIG: u16 = PACKET | 1;
/// The group that the rules of a plan log to.
const GROUP: u16 = 7;

/// The reports of one namespace.
pub(in super::super) struct Reports {
    netlink: Netlink,
}

/// One report, as far as it is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) gate: usize,
    pub(super) hook: Hook,
    pub(super) packet: Header,
}

/// The header of a packet that a probe could have sent or provoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) ttl: u8,
    pub(super) kind: Kind,
}

/// What is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// TCP or UDP, with ports. `opens`: a packet by which a connection begins, or a datagram. `resets`: one that ends it.
    Ports { transport: Transport, source: u16, destination: u16, opens: bool, resets: bool },
    /// An echo request or reply, with its identifier.
    Echo { identifier: u16, reply: bool },
}

impl Reports {
    /// Listens in the namespace of this thread.
    pub(in super::super) fn open() -> Result<Self, LabError> {
        const BIND: u8 = 1;
        const COPY_PACKET: u8 = 2;
        let netlink = Netlink::netfilter()?;
        // Enough for a burst; what does not fit is noticed.
        let enough = 4 << 20;
        if setsockopt(&netlink.socket, sockopt::RcvBufForce, &enough).is_err() {
            let _ = setsockopt(&netlink.socket, sockopt::RcvBuf, &enough);
        }
        let mut message = Message::new(CONFIG, 0);
        message.put(&[0, 0]).put(&GROUP.to_be_bytes());
        message.attribute(1, &[BIND]);
        // The first 128 bytes of each packet.
        message.attribute(2, &[0, 0, 0, 128, COPY_PACKET, 0]);
        // Each report at once: neither after a time nor in heaps.
        message.attribute(4, &1_u32.to_be_bytes());
        message.attribute(5, &1_u32.to_be_bytes());
        netlink.request("listening to rules that log", message)?;
        Ok(Self { netlink })
    }

    /// Makes connection tracking of this namespace forget everything, so that no probe meets what an earlier one left.
    pub(super) fn forget(&self) -> Result<(), LabError> {
        /// `NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE`; without a tuple, all of them.
        const DELETE: u16 = 1 << 8 | 2;
        let mut message = Message::new(DELETE, 0);
        message.put(&[0; 4]);
        self.netlink.request("forgetting connections", message)
    }

    /// Everything that was reported since.
    pub(super) fn read(&self) -> Result<Vec<Report>, LabError> {
        let mut reports = Vec::new();
        let mut bytes = [0_u8; 16384];
        loop {
            match recv(self.netlink.socket.as_raw_fd(), &mut bytes, MsgFlags::MSG_DONTWAIT) {
                Ok(length) => {
                    let received = messages(bytes.get(..length).unwrap_or_default());
                    let packets = received.into_iter().filter(|(kind, _)| *kind == PACKET);
                    reports.extend(packets.filter_map(|(_, body)| parse(body)));
                }
                Err(Errno::EAGAIN) => return Ok(reports),
                Err(Errno::EINTR) => {}
                Err(Errno::ENOBUFS) => {
                    return Err(LabError::new("reports of the kernel were lost: too many packets at once"));
                }
                Err(error) => return Err(LabError::call("reading reports", error)),
            }
        }
    }
}

impl AsFd for Reports {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.netlink.socket.as_fd()
    }
}

/// A report; `None` if it is of nothing that a probe sends.
pub(super) fn parse(body: &[u8]) -> Option<Report> {
    let (mut gate, mut hook, mut packet) = (None, None, None);
    // After the four bytes of `nfgenmsg`.
    for (kind, data) in attributes(body.get(4..)?) {
        match kind {
            1 => hook = data.get(2).copied().and_then(hook_of),
            9 => packet = header(data),
            10 => {
                let text = std::str::from_utf8(data).ok()?;
                gate = text.split(' ').next()?.parse().ok();
            }
            _ => {}
        }
    }
    Some(Report { gate: gate?, hook: hook?, packet: packet? })
}

const fn hook_of(number: u8) -> Option<Hook> {
    Some(match number {
        0 => Hook::Prerouting,
        1 => Hook::Input,
        2 => Hook::Forward,
        3 => Hook::Output,
        4 => Hook::Postrouting,
        _ => return None,
    })
}

fn header(packet: &[u8]) -> Option<Header> {
    match packet.first()? >> 4 {
        4 => {
            let start = usize::from(packet.first()? & 0xf) * 4;
            let source = Ipv4Addr::from(<[u8; 4]>::try_from(packet.get(12..16)?).ok()?);
            let destination = Ipv4Addr::from(<[u8; 4]>::try_from(packet.get(16..20)?).ok()?);
            let kind = kind(*packet.get(9)?, packet.get(start..)?)?;
            Some(Header {
                source: source.into(),
                destination: destination.into(),
                ttl: *packet.get(8)?,
                kind,
            })
        }
        6 => {
            let source = Ipv6Addr::from(<[u8; 16]>::try_from(packet.get(8..24)?).ok()?);
            let destination = Ipv6Addr::from(<[u8; 16]>::try_from(packet.get(24..40)?).ok()?);
            let kind = kind(*packet.get(6)?, packet.get(40..)?)?;
            Some(Header {
                source: source.into(),
                destination: destination.into(),
                ttl: *packet.get(7)?,
                kind,
            })
        }
        _ => None,
    }
}

fn kind(protocol: u8, body: &[u8]) -> Option<Kind> {
    let word = |at: usize| Some(u16::from_be_bytes(body.get(at..at + 2)?.try_into().ok()?));
    let echo = |reply| Some(Kind::Echo { identifier: word(4)?, reply });
    match (protocol, *body.first()?) {
        (6, _) => {
            const SYN: u8 = 0x2;
            const RST: u8 = 0x4;
            let flags = *body.get(13)?;
            let (opens, resets) = (flags & SYN != 0, flags & RST != 0);
            Some(Kind::Ports {
                transport: Transport::Tcp,
                source: word(0)?,
                destination: word(2)?,
                opens,
                resets,
            })
        }
        (17, _) => {
            let transport = Transport::Udp;
            Some(Kind::Ports {
                transport,
                source: word(0)?,
                destination: word(2)?,
                opens: true,
                resets: false,
            })
        }
        (1, 8) | (58, 128) => echo(false),
        (1, 0) | (58, 129) => echo(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of an IPv4 TCP packet with that prefix.
    fn report(prefix: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 63, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        packet.extend([0x9c, 0x40, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x02, 0, 0, 0, 0, 0, 0]);
        let mut message = Message::new(0, 0);
        message.attribute(1, &[8, 0, 2, 0]).attribute(10, prefix).attribute(9, &packet);
        let mut body = vec![0; 4];
        body.extend(message.bytes_after_header());
        body
    }

    #[test]
    fn a_report_names_its_rule_and_its_packet() {
        let found = parse(&report(b"12 nacl/app/data inbound *\0")).unwrap();
        assert_eq!((found.gate, found.hook, found.packet.ttl), (12, Hook::Forward, 63));
        let Kind::Ports { source, destination, opens, resets, .. } = found.packet.kind else {
            panic!("ports")
        };
        assert_eq!((source, destination, opens, resets), (40000, 80, true, false));
        assert_eq!(parse(&report(b"nobody\0")), None, "a prefix without a number is not ours");
    }

    #[test]
    fn what_is_cut_off_anywhere_is_no_report_and_no_panic() {
        let whole = report(b"12 x\0");
        for length in 0..whole.len() - 1 {
            let _ = parse(&whole[..length]);
        }
        for byte in 0..whole.len() {
            for value in [0, 1, 4, 0x7f, 0xff] {
                let mut bent = whole.clone();
                bent[byte] = value;
                let _ = parse(&bent);
                let _ = messages(&bent);
            }
        }
    }
}
