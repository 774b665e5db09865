//! Netlink messages: how they are built, sent, acknowledged, and taken apart.
//!
//! A socket belongs to the namespace in which it was made. Integers are in the order of the machine, except in
//! netfilter messages, which say so. `netlink(7)`, `rtnetlink(7)`.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, send, socket,
};

use super::error::LabError;

/// `NLM_F_REQUEST | NLM_F_ACK`.
const REQUEST: u16 = 0x5;
/// `NLM_F_CREATE | NLM_F_EXCL`.
pub(in super::super) const CREATE: u16 = 0x600;
/// `NLMSG_ERROR`: an acknowledgement, too.
const NLMSG_ERROR: u16 = 2;
const HEADER: usize = 16;

/// A request under construction.
pub(in super::super) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    pub(in super::super) fn new(kind: u16, flags: u16) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend(0_u32.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend((REQUEST | flags).to_ne_bytes());
        bytes.extend([0; 8]);
        Self { bytes }
    }

    /// Bytes of the fixed part.
    pub(in super::super) fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }

    /// An attribute.
    pub(in super::super) fn attribute(&mut self, kind: u16, data: &[u8]) -> &mut Self {
        let length = u16::try_from(data.len() + 4).unwrap_or(u16::MAX);
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(data);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    /// An attribute that holds others.
    pub(in super::super) fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self { bytes: Vec::new() };
        fill(&mut inner);
        self.attribute(kind, &inner.bytes)
    }

    /// What follows the header, for tests.
    #[cfg(test)]
    pub(in super::super) fn bytes_after_header(&self) -> &[u8] {
        self.bytes.get(HEADER..).unwrap_or_default()
    }

    fn finish(&mut self) -> &[u8] {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        if let Some(field) = self.bytes.get_mut(..4) {
            field.copy_from_slice(&length.to_ne_bytes());
        }
        &self.bytes
    }
}

/// A netlink socket.
pub(in super::super) struct Netlink {
    pub(in super::super) socket: OwnedFd,
}

impl Netlink {
    pub(in super::super) fn route() -> Result<Self, LabError> {
        Self::open(SockProtocol::NetlinkRoute, SockFlag::empty())
    }

    /// For netfilter's reports; reading never waits.
    pub(in super::super) fn netfilter() -> Result<Self, LabError> {
        Self::open(SockProtocol::NetlinkNetFilter, SockFlag::SOCK_NONBLOCK)
    }

    fn open(protocol: SockProtocol, flags: SockFlag) -> Result<Self, LabError> {
        let socket = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC | flags, protocol)
            .and_then(|socket| bind(socket.as_raw_fd(), &NetlinkAddr::new(0, 0)).map(|()| socket))
            .map_err(|error| LabError::call("a netlink socket", error))?;
        Ok(Self { socket })
    }

    /// Sends a request and waits for its acknowledgement.
    pub(in super::super) fn request(&self, doing: &str, mut message: Message) -> Result<(), LabError> {
        let fd = self.socket.as_raw_fd();
        send(fd, message.finish(), MsgFlags::empty()).map_err(|error| LabError::call(doing, error))?;
        let mut answer = [0_u8; 8192];
        loop {
            let length = match recv(fd, &mut answer, MsgFlags::empty()) {
                Ok(length) => length,
                Err(Errno::EAGAIN | Errno::EINTR) => continue,
                Err(error) => return Err(LabError::call(doing, error)),
            };
            for (kind, body) in messages(answer.get(..length).unwrap_or_default()) {
                if kind != NLMSG_ERROR {
                    continue;
                }
                return match i32_at(body, 0) {
                    Some(0) => Ok(()),
                    Some(code) => Err(LabError::call(doing, Errno::from_raw(code.saturating_neg()))),
                    None => Err(LabError::new(format!("{doing}: the kernel's answer is cut off"))),
                };
            }
        }
    }
}

/// The messages in what was received: kind and body. What is cut off is left out.
pub(in super::super) fn messages(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while let (Some(length), Some(kind)) = (u32_at(bytes, 0), u16_at(bytes, 4)) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(body) = bytes.get(HEADER..length) else { break };
        found.push((kind, body));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

/// The attributes in the rest of a message.
pub(in super::super) fn attributes(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while let (Some(length), Some(kind)) = (u16_at(bytes, 0), u16_at(bytes, 2)) {
        let length = usize::from(length);
        let Some(data) = bytes.get(4..length) else { break };
        // The upper two bits say that it is nested, or in network order.
        found.push((kind & 0x3fff, data));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
