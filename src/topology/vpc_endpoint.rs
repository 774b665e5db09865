//! VPC endpoints and endpoint services (EP-1 to EP-7).

use super::place::{Place, Spanned};

/// A VPC endpoint: a private way to a service.
///
/// The routes of a gateway endpoint stand in the route tables, by the prefix list of its service. The interfaces of an
/// interface endpoint are those of the instance of its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// What kind of endpoint it is.
    pub kind: Spanned<EndpointType>,
    /// The service as it was said: `s3`, `com.amazonaws.eu-west-1.s3`, or the name of an endpoint service.
    pub service: Spanned<String>,
    /// Whether it works: its state is `available`, and not pending, rejected or deleted.
    pub available: Spanned<bool>,
    /// Whether the service's own name leads to it inside the VPC (EP-4): no matter for packets.
    pub private_dns: Option<Spanned<bool>>,
    /// Where it was said.
    pub place: Place,
}

/// The kinds of endpoints that are modelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointType {
    /// A route to a prefix list: S3 and DynamoDB (EP-1).
    #[default]
    Gateway,
    /// Interfaces in subnets (EP-3).
    Interface,
}

impl VpcEndpoint {
    /// The service without AWS's prefix: `s3` of `com.amazonaws.eu-west-1.s3`. Its prefix list is called so in a file.
    pub fn short_service(&self) -> &str {
        short_service(&self.service.value)
    }
}

/// The last label of the name of an AWS service; any other name as it is.
pub fn short_service(name: &str) -> &str {
    match name.strip_prefix("com.amazonaws.") {
        // com.amazonaws.REGION.SERVICE; a service may have dots of its own, as ecr.api does.
        Some(rest) => rest.split_once('.').map_or(rest, |(_, service)| service),
        None => name,
    }
}

/// The provider's side of PrivateLink (EP-6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointService {
    /// The network or Gateway Load Balancer behind it, by name.
    pub load_balancer: Spanned<String>,
    /// The zones that it is in; all of them if nothing was said.
    pub zones: Vec<Spanned<String>>,
    /// Whether its endpoints must be accepted; the state of each endpoint says whether it was.
    pub acceptance_required: Option<Spanned<bool>>,
    /// Where it was said.
    pub place: Place,
}
