//! Clients and servers: non-blocking sockets, made inside the namespaces of their hosts.

use std::io::{self, ErrorKind, Read};
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use super::{Probe, Transport};

/// A client that has sent its packet.
pub(super) struct Client {
    socket: Socket,
    transport: Transport,
}

/// A server, and the connections that it keeps open.
pub(super) struct Server {
    socket: Socket,
    transport: Transport,
    connections: Vec<Socket>,
}

fn open(of: IpAddr, transport: Transport) -> io::Result<Socket> {
    let domain = Domain::for_address(SocketAddr::new(of, 0));
    let (kind, protocol) = match transport {
        Transport::Tcp => (Type::STREAM, Protocol::TCP),
        Transport::Udp => (Type::DGRAM, Protocol::UDP),
        // A "ping socket": the kernel fills in the identifier, which is the port, and the checksum.
        Transport::Icmp if of.is_ipv4() => (Type::DGRAM, Protocol::ICMPV4),
        Transport::Icmp => (Type::DGRAM, Protocol::ICMPV6),
    };
    let socket = Socket::new(domain, kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    if transport == Transport::Tcp {
        // Closing ends the connection at once: nothing waits in its old state.
        socket.set_linger(Some(Duration::ZERO))?;
        socket.set_reuse_address(true)?;
    }
    Ok(socket)
}

impl Client {
    /// Binds, and sends.
    pub(super) fn start(probe: &Probe) -> io::Result<Self> {
        let socket = open(probe.source, probe.transport)?;
        socket.bind(&SocketAddr::new(probe.source, probe.source_port).into())?;
        let to = SocketAddr::new(probe.destination, probe.destination_port).into();
        let sent = match probe.transport {
            Transport::Tcp => socket.connect(&to),
            Transport::Udp => socket.send_to(b"?", &to).map(|_| ()),
            Transport::Icmp => {
                let kind = if probe.source.is_ipv4() { 8 } else { 128 };
                socket.send_to(&[kind, 0, 0, 0, 0, 0, 0, 1], &to).map(|_| ())
            }
        };
        match sent {
            Err(error) if !on_its_way(&error) => Err(error),
            _ => Ok(Self { socket, transport: probe.transport }),
        }
    }

    /// Whether the answer of that server has come.
    pub(super) fn answered(&mut self, server: IpAddr) -> io::Result<bool> {
        let mut bytes = [0; 64];
        if self.transport == Transport::Tcp {
            return match self.socket.read(&mut bytes) {
                Ok(length) => Ok(length > 0),
                Err(error) if not_yet(&error) => Ok(false),
                Err(error) => Err(error),
            };
        }
        let mut bytes = bytes.map(MaybeUninit::new);
        loop {
            match self.socket.recv_from(&mut bytes) {
                Ok((_, from)) if from.as_socket().is_some_and(|from| from.ip() == server) => return Ok(true),
                Ok(_) => {}
                Err(error) if not_yet(&error) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }
}

/// A connection that is being opened; or a packet that a rule for outbound packets dropped, whose report says which.
fn on_its_way(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw);
    matches!(code, Some(Errno::EINPROGRESS | Errno::EPERM))
}

fn not_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted | ErrorKind::NotConnected)
}

impl Server {
    pub(super) fn start(transport: Transport, at: IpAddr, port: u16) -> io::Result<Self> {
        let socket = open(at, transport)?;
        socket.bind(&SocketAddr::new(at, port).into())?;
        if transport == Transport::Tcp {
            socket.listen(4096)?;
        }
        Ok(Self { socket, transport, connections: Vec::new() })
    }

    /// Answers all who wait. A failure is the client's to notice.
    pub(super) fn serve(&mut self) {
        match self.transport {
            Transport::Tcp => {
                while let Ok((connection, _)) = self.socket.accept() {
                    let _ = connection.set_linger(Some(Duration::ZERO));
                    let _ = connection.send(b"!");
                    self.connections.push(connection);
                }
            }
            Transport::Udp => {
                let mut bytes = [MaybeUninit::new(0); 16];
                while let Ok((_, from)) = self.socket.recv_from(&mut bytes) {
                    let _ = self.socket.send_to(b"!", &from);
                }
            }
            // The kernel answers echo requests itself.
            Transport::Icmp => {}
        }
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsFd for Server {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
