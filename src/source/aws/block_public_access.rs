//! `describe-vpc-block-public-access-options` and `describe-vpc-block-public-access-exclusions` (IG-10).

use serde::Deserialize;

use super::builder::Builder;
use crate::topology::{self, BlockMode, Diagnostic, Exclusion, FileId, Place, Spanned, Unmodelled};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Setting {
    internet_gateway_block_mode: String,
    state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Excluded {
    internet_gateway_exclusion_mode: String,
    resource_arn: String,
    state: Option<String>,
}

const KIND: &str = "VPC Block Public Access";

/// How a setting that is not known for sure is told.
type Doubt = &'static str;

impl Setting {
    fn mode(&self) -> Result<BlockMode, Doubt> {
        if self.state.as_deref() == Some("update-in-progress") {
            return Err("it is being changed");
        }
        match self.internet_gateway_block_mode.as_str() {
            "" | "off" => Ok(BlockMode::Off),
            "block-bidirectional" => Ok(BlockMode::Bidirectional),
            "block-ingress" => Ok(BlockMode::Ingress),
            _ => Err("its mode is not known here"),
        }
    }
}

impl Excluded {
    /// What it excludes, while it is in force; none of one that is gone.
    fn read(&self) -> Result<Option<(&str, Exclusion)>, Doubt> {
        let id = self.resource_arn.rsplit('/').next().unwrap_or_default();
        match self.state.as_deref() {
            Some("delete-complete" | "create-failed") => return Ok(None),
            None | Some("create-complete" | "update-complete" | "delete-failed") => {}
            Some(_) => return Err("an exclusion is being changed"),
        }
        match self.internet_gateway_exclusion_mode.as_str() {
            "allow-bidirectional" => Ok(Some((id, Exclusion::Bidirectional))),
            "allow-egress" => Ok(Some((id, Exclusion::Egress))),
            _ => Err("an exclusion is of a kind that is not known here"),
        }
    }
}

/// Puts the setting into every VPC of its account and region. Where it is not known, nothing is taken for granted.
pub(super) fn build(builder: &mut Builder<'_>) -> Option<Diagnostic> {
    let pages = builder.pages;
    let mut told = None;
    for page in pages {
        let Some(setting) = &page.block_public_access else { continue };
        let place = builder.place(FileId(page.file), KIND);
        let same =
            |other: &Option<String>, own: &Option<String>| other.is_none() || own.is_none() || other == own;
        let excluded: Option<Vec<&Excluded>> = {
            let lists = pages.iter().filter(|other| same(&other.scope.region, &page.scope.region));
            let lists: Vec<_> = lists.filter_map(|other| other.block_exclusions.as_ref()).collect();
            (!lists.is_empty()).then(|| lists.into_iter().flatten().collect())
        };
        let mode = setting.mode();
        if mode == Ok(BlockMode::Off) {
            continue;
        }
        builder.inventory.add_read(KIND, 1);
        let exclusions = match (&mode, excluded) {
            (Err(why), _) => Err(*why),
            (_, None) => Err("its exclusions were not captured"),
            (_, Some(excluded)) => excluded.into_iter().map(Excluded::read).collect::<Result<Vec<_>, _>>(),
        };
        for entry in &mut builder.topology.vpcs.0 {
            let region = entry.value.region.as_ref().map(|region| region.value.clone());
            if !same(&region, &page.scope.region) {
                continue;
            }
            match (&mode, &exclusions) {
                (Ok(mode), Ok(exclusions)) => guard(entry, *mode, exclusions.iter().flatten(), place),
                (_, Err(why)) | (Err(why), _) => builder.topology.unmodelled.push(Unmodelled {
                    kind: KIND.to_owned(),
                    vpc: Some(entry.name().to_owned()),
                    name: Spanned::new("block-public-access".to_owned(), place),
                    why: Some((*why).to_owned()),
                    ..Unmodelled::default()
                }),
            }
        }
        if let Err(why) = exclusions {
            builder.inventory.add_not_modelled(KIND, 1);
            let message = format!("{KIND} is on, and {why}: what passes internet gateways is not known");
            told = Some(
                Diagnostic::warning("AWS021", message, place)
                    .help("save the answer of: aws ec2 describe-vpc-block-public-access-exclusions"),
            );
        }
    }
    told
}

fn guard<'e>(
    entry: &mut topology::Entry<topology::Vpc>,
    mode: BlockMode,
    exclusions: impl Iterator<Item = &'e (&'e str, Exclusion)>,
    place: Place,
) {
    let mut guard = topology::BlockPublicAccess {
        mode: Spanned::new(mode, place),
        place,
        ..topology::BlockPublicAccess::default()
    };
    for (id, exclusion) in exclusions {
        if *id == entry.name() {
            guard.exclusion = Some(Spanned::new(*exclusion, place));
        } else if entry.value.subnets.get(id).is_some() {
            guard.exclusions.push((Spanned::new((*id).to_owned(), place), *exclusion));
        }
    }
    entry.value.block_public_access = Some(guard);
}
