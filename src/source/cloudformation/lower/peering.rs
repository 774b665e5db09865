//! `AWS::EC2::VPCPeeringConnection` and `AWS::EC2::PrefixList`.

use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::label;
use super::bag::{Bag, Field};
use super::{Lowering, Reference};
use crate::topology::{Entry, PeeringConnection, PeeringStatus, Place, PrefixList, Spanned, Unmodelled};

const KIND: &str = "AWS::EC2::VPCPeeringConnection";
const LIST_KIND: &str = "AWS::EC2::PrefixList";

impl Lowering<'_> {
    pub(super) fn peerings(&mut self) {
        for (id, doubt) in self.existing(KIND) {
            if let Err((what, why)) = self.peering(id, doubt) {
                self.unresolved(id, what, &why, self.place(id));
                self.add_unmodelled(Unmodelled {
                    kind: "VPC peering connection".to_owned(),
                    name: self.named(id),
                    why: Some(format!("{what} is not known: {why}")),
                    ..Unmodelled::default()
                });
            }
        }
    }

    /// Between two VPCs of the templates, which have one owner: CloudFormation accepts it (PX-1).
    fn peering(&mut self, id: ResourceId, doubt: Option<Rc<str>>) -> Result<(), (&'static str, Rc<str>)> {
        if let Some(why) = doubt {
            return Err(("whether it exists", why));
        }
        let requester = self.vpc_of(id, "VpcId").map_err(|why| ("its VPC", why))?;
        let accepter = self.vpc_of(id, "PeerVpcId").map_err(|why| ("its other VPC", why))?;
        let place = self.place(id);
        let end = |this: &Self, vpc, property| {
            Spanned::new(this.vpc_name(vpc), this.evaluator.property_place(id, property))
        };
        let connection = PeeringConnection {
            requester: end(self, requester, "VpcId"),
            accepter: end(self, accepter, "PeerVpcId"),
            status: Spanned::implicit(PeeringStatus::Active),
            requester_cidrs: Vec::new(),
            accepter_cidrs: Vec::new(),
            place,
        };
        let entry = Entry { name: self.named(id), aliases: self.aliases(id), value: connection };
        self.topology.peering_connections.0.push(entry);
        self.fate(id, Fate::Read);
        Ok(())
    }

    pub(super) fn prefix_lists(&mut self) {
        for (id, doubt) in self.existing(LIST_KIND) {
            let bag = self.bag(id, &["Entries", "MaxEntries", "PrefixListName"]);
            let entries = match doubt {
                Some(why) => Err(why),
                None => self.prefix_list_entries(&bag),
            };
            let max = bag.number(&self.evaluator, "MaxEntries").known();
            let max_entries =
                max.and_then(|max| u32::try_from(max.value).ok().map(|value| Spanned::new(value, max.place)));
            let mut aliases = self.aliases(id);
            aliases.extend(bag.text(&self.evaluator, "PrefixListName").known().map(|name| name.value));
            let list = PrefixList { entries: entries.as_ref().ok().cloned(), max_entries };
            self.topology.prefix_lists.0.push(Entry { name: self.named(id), aliases, value: list });
            match entries {
                Ok(_) => self.fate(id, Fate::Read),
                Err(why) => self.unresolved(id, "an entry", &why, bag.place_of("Entries")),
            }
        }
    }

    fn prefix_list_entries(&self, bag: &Bag) -> Result<Vec<Spanned<ipnet::IpNet>>, Rc<str>> {
        let mut entries = Vec::new();
        for located in bag.items("Entries")? {
            match Bag::of(&located)?.cidr(&self.evaluator, "Cidr") {
                Field::Known(net) => entries.push(net),
                Field::Unknown(why, _) => return Err(why),
                Field::Absent => return Err("an entry has no `Cidr`".into()),
            }
        }
        Ok(entries)
    }

    /// The name of a prefix list; lists by id are of AWS, or of others, and their entries are not known.
    pub(super) fn prefix_list_name(
        &mut self,
        reference: &Reference,
        place: Place,
    ) -> Result<String, Rc<str>> {
        if let Some(list) = self.resource_of(reference, LIST_KIND) {
            return Ok(self.name(list));
        }
        match reference {
            Reference::Literal(id) => {
                let id = &label(id);
                if self.topology.prefix_lists.get(id).is_none() {
                    self.topology.prefix_lists.push(Spanned::new(id.clone(), place), PrefixList::default());
                }
                Ok(id.clone())
            }
            _ => Err(self.why(reference)),
        }
    }
}
