//! `AWS::EC2::VPCBlockPublicAccessOptions` and `AWS::EC2::VPCBlockPublicAccessExclusion` (IG-10).
//!
//! An account and region have one setting, for every VPC in them; templates of several regions do not say which VPCs are
//! under it.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::Lowering;
use super::bag::Field;
use crate::topology::{BlockMode, BlockPublicAccess, Exclusion, Spanned, Unmodelled, quote};

const OPTIONS: &str = "AWS::EC2::VPCBlockPublicAccessOptions";
const EXCLUSION: &str = "AWS::EC2::VPCBlockPublicAccessExclusion";

/// What an exclusion is for, by the positions of a VPC and a subnet in it.
type Exempt = (usize, Option<usize>, Spanned<Exclusion>);

impl Lowering<'_> {
    /// Puts the setting into every VPC; where it is not known, nothing is taken for granted.
    pub(super) fn block_public_access(&mut self) {
        let exempt = self.exclusions();
        let options = self.existing(OPTIONS);
        for &(id, ref doubt) in &options {
            let mode = match self.block_mode(id) {
                Ok(BlockMode::Off) => {
                    self.fate(id, Fate::Read);
                    continue;
                }
                mode => mode,
            };
            let unsure = doubt.as_ref().or(exempt.as_ref().err()).cloned();
            let mode = match unsure.map_or(mode, Err) {
                Ok(_) if options.len() > 1 || self.regions() > 1 => {
                    Err("templates of several regions do not say which VPCs are under it".into())
                }
                mode => mode,
            };
            self.guard_all(id, mode, exempt.as_deref().unwrap_or_default());
        }
    }

    fn block_mode(&mut self, id: ResourceId) -> Result<BlockMode, Rc<str>> {
        let bag = self.bag(id, &["InternetGatewayBlockMode"]);
        match bag.text(&self.evaluator, "InternetGatewayBlockMode") {
            Field::Known(mode) => match mode.value.as_str() {
                "off" => Ok(BlockMode::Off),
                "block-bidirectional" => Ok(BlockMode::Bidirectional),
                "block-ingress" => Ok(BlockMode::Ingress),
                other => Err(format!("{} is no mode that is known here", quote(other)).into()),
            },
            Field::Unknown(why, _) => Err(why),
            Field::Absent => Err("its mode is not said".into()),
        }
    }

    fn regions(&self) -> usize {
        let all = self.topology.vpcs.0.iter().filter_map(|entry| entry.value.region.as_ref());
        all.map(|region| &region.value).collect::<BTreeSet<_>>().len()
    }

    fn guard_all(&mut self, id: ResourceId, mode: Result<BlockMode, Rc<str>>, exempt: &[Exempt]) {
        self.fate(id, if mode.is_ok() { Fate::Read } else { Fate::NotModelled });
        let place = self.place(id);
        let owned: BTreeSet<usize> = self.vpcs.values().copied().collect();
        for index in 0..self.topology.vpcs.len() {
            // Others may have excluded a VPC that the templates do not make.
            let elsewhere =
                || Rc::<str>::from("the templates do not make the VPC, nor all of its exclusions");
            let mode = if owned.contains(&index) { mode.clone() } else { mode.clone().and(Err(elsewhere())) };
            let mode = match mode {
                Ok(mode) => mode,
                Err(why) => {
                    let vpc = Some(self.vpc_name(index));
                    self.add_unmodelled(Unmodelled {
                        kind: "VPC Block Public Access".to_owned(),
                        name: self.named(id),
                        why: Some(why.as_ref().to_owned()),
                        vpc,
                        ..Unmodelled::default()
                    });
                    continue;
                }
            };
            let mut guard =
                BlockPublicAccess { mode: Spanned::new(mode, place), place, ..BlockPublicAccess::default() };
            for (vpc, subnet, exclusion) in exempt.iter().filter(|(vpc, ..)| *vpc == index) {
                match subnet.and_then(|subnet| self.subnet_entry((*vpc, subnet))) {
                    Some(entry) => {
                        let name = Spanned::new(entry.name().to_owned(), exclusion.place);
                        guard.exclusions.push((name, exclusion.value));
                    }
                    None => guard.exclusion = Some(*exclusion),
                }
            }
            if let Some(vpc) = self.vpc(index) {
                vpc.block_public_access = Some(guard);
            }
        }
    }

    /// Every exclusion; or why they are not known.
    fn exclusions(&mut self) -> Result<Vec<Exempt>, Rc<str>> {
        let mut all = Vec::new();
        let mut why = None;
        for (id, doubt) in self.existing(EXCLUSION) {
            match doubt.map_or_else(|| self.exclusion(id), Err) {
                Ok(exempt) => {
                    self.fate(id, Fate::Read);
                    all.push(exempt);
                }
                Err(doubt) => {
                    self.fate(id, Fate::NotModelled);
                    why = Some(doubt);
                }
            }
        }
        why.map_or(Ok(all), Err)
    }

    fn exclusion(&mut self, id: ResourceId) -> Result<Exempt, Rc<str>> {
        let bag = self.bag(id, &["InternetGatewayExclusionMode", "SubnetId", "VpcId"]);
        let exclusion = match bag.text(&self.evaluator, "InternetGatewayExclusionMode") {
            Field::Known(mode) => match mode.value.as_str() {
                "allow-bidirectional" => Exclusion::Bidirectional,
                "allow-egress" => Exclusion::Egress,
                other => {
                    return Err(format!("{} is no exclusion that is known here", quote(other)).into());
                }
            },
            Field::Unknown(why, _) => return Err(why),
            Field::Absent => return Err("the mode of an exclusion is not said".into()),
        };
        let (vpc, subnet) = if bag.has("SubnetId") {
            let (vpc, subnet) = self.subnet_of(id, "SubnetId")?;
            (vpc, Some(subnet))
        } else {
            (self.vpc_of(id, "VpcId")?, None)
        };
        Ok((vpc, subnet, Spanned::new(exclusion, self.place(id))))
    }
}
