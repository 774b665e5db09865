//! One batch: servers up, packets out, and events until every probe is decided.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::super::kernel::{Lab, LabError, netns};
use super::super::plan::{NamespaceId, Plan};
use super::report::{Kind, Report};
use super::sockets::{Client, Server};
use super::{Event, Leg, Observation, Outcome, Probe, Transport};

/// Never reached, but by faults of the lab.
const DEADLINE: Duration = Duration::from_secs(5);
/// Packets at a time.
const BATCH: usize = 400;

/// Takes the next probes that can run together: their client ports tell them apart, behind every translation.
pub(super) fn batch(probes: &[Probe], left: &mut Vec<usize>) -> Vec<usize> {
    let (mut clients, mut servers, mut batch) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    left.retain(|index| {
        let Some(probe) = probes.get(*index) else { return false };
        let (client, server) =
            ((probe.transport, probe.source_port), (probe.transport, probe.destination_port));
        let fits = batch.len() < BATCH
            && !clients.contains(&client)
            && !servers.contains(&client)
            && !clients.contains(&server);
        if fits {
            clients.insert(client);
            servers.insert(server);
            batch.push(*index);
        }
        !fits
    });
    batch
}

/// Sends the probes and waits for what becomes of them.
pub(super) fn run(lab: &Lab, probes: &[Probe]) -> Result<Vec<Observation>, LabError> {
    netns::apart(|| {
        let mut batch = Batch::new(lab, probes)?;
        batch.serve()?;
        batch.send()?;
        batch.wait()?;
        Ok(batch.observations())
    })
}

/// What epoll wakes us for.
enum Source {
    Reports(usize),
    Server(usize),
    Client(usize),
}

struct Batch<'a> {
    lab: &'a Lab,
    probes: &'a [Probe],
    epoll: Epoll,
    sources: Vec<Source>,
    servers: Vec<Server>,
    clients: Vec<Option<Client>>,
    outcomes: Vec<Option<Outcome>>,
    events: Vec<Vec<(usize, Event)>>,
    /// Probes by transport and client port.
    by_client: HashMap<(Transport, u16), usize>,
    heard: usize,
}

impl<'a> Batch<'a> {
    fn new(lab: &'a Lab, probes: &'a [Probe]) -> Result<Self, LabError> {
        let epoll =
            Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(|error| LabError::call("epoll", error))?;
        let by_client = probes
            .iter()
            .enumerate()
            .map(|(index, probe)| ((probe.transport, probe.source_port), index))
            .collect();
        let mut batch = Self {
            lab,
            probes,
            epoll,
            sources: Vec::new(),
            servers: Vec::new(),
            clients: Vec::new(),
            outcomes: vec![None; probes.len()],
            events: vec![Vec::new(); probes.len()],
            by_client,
            heard: 0,
        };
        for (index, reports) in lab.reports.iter().enumerate() {
            // What an earlier batch left is of no interest.
            reports.forget()?;
            reports.read()?;
            watch(&batch.epoll, &mut batch.sources, reports, Source::Reports(index))?;
        }
        Ok(batch)
    }

    /// Starts a server wherever a packet may arrive.
    fn serve(&mut self) -> Result<(), LabError> {
        let mut wanted: BTreeMap<NamespaceId, BTreeSet<(Transport, IpAddr, u16)>> = BTreeMap::new();
        for probe in self.probes.iter().filter(|probe| probe.transport != Transport::Icmp) {
            for (namespace, address) in owners(&self.lab.plan, probe.destination) {
                wanted.entry(namespace).or_default().insert((
                    probe.transport,
                    address,
                    probe.destination_port,
                ));
            }
        }
        for (namespace, servers) in wanted {
            self.enter(namespace)?;
            for (transport, address, port) in servers {
                let server = Server::start(transport, address, port)
                    .map_err(|error| LabError::call(&format!("a server at {address} port {port}"), error))?;
                watch(&self.epoll, &mut self.sources, &server, Source::Server(self.servers.len()))?;
                self.servers.push(server);
            }
        }
        Ok(())
    }

    fn enter(&self, namespace: NamespaceId) -> Result<(), LabError> {
        let fd = self.lab.namespaces.get(namespace.0).ok_or_else(|| LabError::new("no such namespace"))?;
        netns::go(fd.as_fd())
    }

    fn send(&mut self) -> Result<(), LabError> {
        self.clients.resize_with(self.probes.len(), || None);
        let mut order: Vec<usize> = (0..self.probes.len()).collect();
        order.sort_by_key(|index| self.probes.get(*index).map(|probe| probe.client));
        for index in order {
            let Some(probe) = self.probes.get(index) else { continue };
            self.enter(probe.client)?;
            match Client::start(probe) {
                Ok(client) => {
                    watch(&self.epoll, &mut self.sources, &client, Source::Client(index))?;
                    if let Some(slot) = self.clients.get_mut(index) {
                        *slot = Some(client);
                    }
                }
                Err(error) => self.decide(index, Outcome::Refused(error.to_string())),
            }
        }
        Ok(())
    }

    /// The first thing that is known of a probe stays.
    fn decide(&mut self, index: usize, outcome: Outcome) {
        if let Some(slot) = self.outcomes.get_mut(index)
            && slot.is_none()
        {
            *slot = Some(outcome);
        }
    }

    fn wait(&mut self) -> Result<(), LabError> {
        let deadline = Instant::now() + DEADLINE;
        let mut events = vec![EpollEvent::empty(); 256];
        while self.outcomes.iter().any(Option::is_none) && Instant::now() < deadline {
            let woken = match self.epoll.wait(&mut events, EpollTimeout::from(100_u8)) {
                Ok(woken) => woken,
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(LabError::call("waiting", error)),
            };
            for event in events.iter().take(woken) {
                self.woken(usize::try_from(event.data()).unwrap_or(usize::MAX))?;
            }
        }
        // Whatever was reported before the last answer came is there to be read.
        for index in 0..self.lab.reports.len() {
            self.read(index)?;
        }
        Ok(())
    }

    fn woken(&mut self, source: usize) -> Result<(), LabError> {
        match self.sources.get(source) {
            Some(&Source::Reports(index)) => self.read(index)?,
            Some(&Source::Server(index)) => {
                if let Some(server) = self.servers.get_mut(index) {
                    server.serve();
                }
            }
            Some(&Source::Client(index)) => self.hear(index),
            None => {}
        }
        Ok(())
    }

    fn hear(&mut self, index: usize) {
        let (Some(probe), Some(Some(client))) = (self.probes.get(index), self.clients.get_mut(index)) else {
            return;
        };
        match client.answered(probe.destination) {
            Ok(true) => self.decide(index, Outcome::Delivered),
            Ok(false) => return,
            // Refused by somebody who should not have been reached; or an error that says nothing of the network.
            Err(_) => {}
        }
        // A client that has an error would wake us for ever.
        if let Some(Some(client)) = self.clients.get(index) {
            let _ = self.epoll.delete(client.as_fd());
        }
    }

    fn read(&mut self, index: usize) -> Result<(), LabError> {
        let Some(reports) = self.lab.reports.get(index) else { return Ok(()) };
        for report in reports.read()? {
            self.note(NamespaceId(index), &report);
        }
        Ok(())
    }

    fn note(&mut self, namespace: NamespaceId, report: &Report) {
        let Some(gate) = self.lab.plan.gates.get(report.gate) else { return };
        let Some((probe, leg, opens)) = self.whose(report) else { return };
        // Of a connection that goes on, only what is dropped is of interest.
        if gate.passes && !opens {
            return;
        }
        let (source_port, destination_port) = match report.packet.kind {
            Kind::Ports { source, destination, .. } => (source, destination),
            Kind::Echo { identifier, .. } => (identifier, 0),
        };
        let event = Event {
            namespace,
            gate: report.gate,
            leg,
            source: report.packet.source,
            destination: report.packet.destination,
            source_port,
            destination_port,
            ttl: report.packet.ttl,
            hook: report.hook,
        };
        let heard = self.heard;
        self.heard += 1;
        if let Some(events) = self.events.get_mut(probe)
            && !events.iter().any(|(_, known)| *known == event)
        {
            events.push((heard, event));
        }
        if !gate.passes {
            self.decide(probe, Outcome::Dropped { leg, by: report.gate });
        }
    }

    /// The probe that a packet belongs to, its leg, and whether it begins something.
    fn whose(&self, report: &Report) -> Option<(usize, Leg, bool)> {
        match report.packet.kind {
            Kind::Ports { resets: true, .. } => None,
            Kind::Ports { transport, source, destination, opens, .. } => {
                let of = |client: u16, server: u16| {
                    let index = *self.by_client.get(&(transport, client))?;
                    (self.probes.get(index)?.destination_port == server).then_some(index)
                };
                let request = of(source, destination).map(|index| (index, Leg::Request, opens));
                request.or_else(|| of(destination, source).map(|index| (index, Leg::Reply, opens)))
            }
            Kind::Echo { identifier, reply } => {
                let index = *self.by_client.get(&(Transport::Icmp, identifier))?;
                Some((index, if reply { Leg::Reply } else { Leg::Request }, true))
            }
        }
    }

    fn observations(self) -> Vec<Observation> {
        let path = |mut events: Vec<(usize, Event)>| {
            events.sort_by_key(|(heard, event)| (event.leg, u8::MAX - event.ttl, event.hook, *heard));
            events.into_iter().map(|(_, event)| event).collect()
        };
        let outcomes = self.outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Undecided));
        let events = self.events.into_iter().map(path);
        outcomes.zip(events).map(|(outcome, events)| Observation { outcome, events }).collect()
    }
}

fn watch(
    epoll: &Epoll,
    sources: &mut Vec<Source>,
    socket: &impl AsFd,
    source: Source,
) -> Result<(), LabError> {
    let token = u64::try_from(sources.len()).unwrap_or(u64::MAX);
    sources.push(source);
    epoll
        .add(socket.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, token))
        .map_err(|error| LabError::call("watching a socket", error))
}

/// Who could receive a packet to that address, and the address that the host itself knows. A VPC may use numbers that
/// the internet uses as well: which of both is reached, routes decide.
fn owners(plan: &Plan, destination: IpAddr) -> Vec<(NamespaceId, IpAddr)> {
    let inside = plan.hosts.iter().filter(|host| host.addresses.contains(&destination));
    let mut found: Vec<_> = inside.map(|host| (host.namespace, destination)).collect();
    let announced = plan.hosts.iter().flat_map(|host| {
        let own = host.public.iter().filter(|(_, public)| *public == destination);
        own.map(|(private, _)| (host.namespace, *private))
    });
    found.extend(announced);
    if !found.iter().any(|(_, address)| *address != destination) {
        found.push((plan.internet, destination));
    }
    found
}
