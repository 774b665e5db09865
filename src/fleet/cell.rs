//! What gets from one class to another, each answer kept once.

use rustc_hash::FxHashMap;

use crate::flow::{Packet, protocol};

use super::pool::{self, Pool, SetId};

/// What gets from one class to another and back. Only the requests that are listed and whose reply finds its way do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    /// Services that a request may be for.
    pub requests: SetId,
    /// Client ports (or echo replies) that a reply may be for; not asked of ICMP that nobody answers.
    pub replies: SetId,
}

/// One part of a [`Cell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// What certainly gets there and back.
    pub certain: Product,
    /// What may, as far as anybody can say. The difference is undetermined.
    pub possible: Product,
}

/// The number of a [`Cell`]; 0 is that of the empty one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(u32);

impl CellId {
    /// The cell of ends between which nothing gets through.
    pub const EMPTY: Self = Self(0);
}

/// The exact answer to every question from one class to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// Disjoint parts, usually one.
    Parts(Vec<Part>),
    /// The way has translations or forwarding instances on it: single questions are asked for it.
    Asked,
}

impl Product {
    /// Whether a packet gets there and back.
    pub fn passes(&self, pool: &Pool, packet: Packet) -> bool {
        let number = packet.protocol;
        let request = pool::point(number, packet.destination_port);
        if !pool.get(self.requests).contains(request) {
            return false;
        }
        let reply = match number {
            number if protocol::is_icmp(number) => {
                if request != pool::echo_request_point(number) {
                    return true;
                }
                pool::echo_reply_point(number)
            }
            number => pool::point(number, packet.source_port),
        };
        pool.get(self.replies).contains(reply)
    }
}

/// Cells by number.
#[derive(Debug)]
pub(super) struct Cells {
    cells: Vec<Cell>,
    /// The common case, a single part, without an allocation to look it up.
    single: FxHashMap<Part, CellId>,
    others: FxHashMap<Cell, CellId>,
}

impl Default for Cells {
    fn default() -> Self {
        Self {
            cells: vec![Cell::Parts(Vec::new())],
            single: FxHashMap::default(),
            others: FxHashMap::default(),
        }
    }
}

impl Cells {
    pub(super) fn get(&self, id: CellId) -> Option<&Cell> {
        self.cells.get(id.0 as usize)
    }

    fn push(&mut self, cell: Cell) -> CellId {
        let id = CellId(u32::try_from(self.cells.len()).unwrap_or(u32::MAX));
        self.cells.push(cell);
        id
    }

    pub(super) fn of_part(&mut self, part: Part) -> CellId {
        if part.possible.requests == SetId::NONE {
            return CellId::EMPTY;
        }
        if let Some(id) = self.single.get(&part) {
            return *id;
        }
        let id = self.push(Cell::Parts(vec![part]));
        self.single.insert(part, id);
        id
    }

    pub(super) fn of_parts(&mut self, mut parts: Vec<Part>) -> CellId {
        parts.retain(|part| part.possible.requests != SetId::NONE);
        match parts.as_slice() {
            [] => CellId::EMPTY,
            [part] => self.of_part(*part),
            _ => self.other(Cell::Parts(parts)),
        }
    }

    pub(super) fn asked(&mut self) -> CellId {
        self.other(Cell::Asked)
    }

    fn other(&mut self, cell: Cell) -> CellId {
        if let Some(id) = self.others.get(&cell) {
            return *id;
        }
        let id = self.push(cell.clone());
        self.others.insert(cell, id);
        id
    }
}
