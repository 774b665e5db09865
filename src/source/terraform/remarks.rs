//! Flaws of plans and states, told once per kind.

use crate::source::aws::remarks::{Remark, error, note, warning};

const AFTER: &str = "paths that need it are undetermined; after apply, the state says it";

pub(super) static VPC_OPEN: Remark = warning("TF010", "left out: its VPC is not known", AFTER);
pub(super) static SUBNET_OPEN: Remark =
    warning("TF011", "undetermined: too little is known of where it is", AFTER);
pub(super) static RANGE_OPEN: Remark = warning("TF012", "undetermined: its range is not known", AFTER);
pub(super) static LINK_OPEN: Remark = warning("TF013", "belongs to something that is not known", AFTER);
pub(super) static RULE_OPEN: Remark = warning("TF014", "has a rule of which a part is not known", AFTER);
pub(super) static GROUPS_OPEN: Remark = warning("TF015", "may have further security groups", AFTER);
pub(super) static ROUTE_OPEN: Remark = warning("TF016", "has a route of which a part is not known", AFTER);
pub(super) static BAD_CIDR: Remark = error(
    "TF017",
    "names something that is not a CIDR",
    "was the file edited? `terraform show -json` writes it anew",
);
pub(super) static BAD_RULE: Remark = warning(
    "TF018",
    "has a protocol, ports or a number that make no sense: what it would decide is undetermined",
    "",
);
pub(super) static TWIN_RULE: Remark = warning(
    "TF025",
    "has two rules of one number, which say different things: what they would decide is undetermined",
    "AWS takes only one: apply will fail, or the file was edited",
);
pub(super) static SECOND_GATEWAY: Remark =
    warning("TF019", "left out, because its VPC already has one attached (VP-15)", "");
pub(super) static IPV6_STAND_IN: Remark = note(
    "TF020",
    "has an IPv6 range that AWS picks: one of 2001:db8::/32 stands in for it",
    "rules that name the true range are undetermined",
);
pub(super) static NOT_IN_FILE: Remark = warning(
    "TF021",
    "belongs to something that the file does not hold: left out",
    "it is managed elsewhere; save what is deployed with the AWS CLI for the whole picture",
);
pub(super) static NO_VALUES: Remark = warning(
    "TF022",
    "has no values: left out",
    "the state was written by an old Terraform; use `terraform show -json`",
);
pub(super) static PUBLIC_OPEN: Remark = warning("TF023", "may have a public address", AFTER);
pub(super) static ATTACHMENT_OPEN: Remark =
    warning("TF024", "is attached to something that is not known", AFTER);
