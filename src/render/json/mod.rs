//! An answer as JSON: `vpcreach/result/1`, described by `docs/reference/result.schema.json`.
//!
//! The structs here are the format; nothing else depends on them. A field that is there always stays there: a new
//! meaning gets a new field, a changed one a new version.

mod build;

use schemars::JsonSchema;
use serde::Serialize;

use crate::network::Network;
use crate::reach::Answer;

/// The version of the format.
pub const SCHEMA: &str = "vpcreach/result/1";

/// An answer as indented JSON, with a newline at its end.
pub fn answer(network: &Network, answer: &Answer) -> String {
    pretty(&build::result(network, answer))
}

/// The JSON Schema (2020-12) of [`answer`].
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<ResultDocument>();
    schema.insert("title".to_owned(), SCHEMA.into());
    schema.to_value()
}

/// An answer as a JSON value, for embedding.
pub(super) fn value(network: &Network, answer: &Answer) -> serde_json::Value {
    serde_json::to_value(build::result(network, answer)).unwrap_or_default()
}

/// Any document of ours as indented JSON. Our structs have string keys only: writing them can't fail.
pub(super) fn pretty(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// The answer of `vpcreach reach -o json`. Sets of packets are texts: ports such as `32768-60999` or `80,443`, addresses
/// such as `10.0.1.10`, `10.0.0.0/16,10.2.0.0/16`, `internet` or `net:office`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Result")]
pub(super) struct ResultDocument {
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    query: Query,
    #[schemars(extend("enum" = ["reachable", "partial", "blocked", "undetermined"]))]
    verdict: &'static str,
    /// The share of the packets that certainly get there and back, 0 to 1.
    fraction: f64,
    /// The path that explains the verdict: the first that fails, else the first.
    legs: Vec<LegDocument>,
    blockers: Vec<BlockerDocument>,
    /// Edits that were tried and work. None are looked for yet.
    fixes: Vec<FixDocument>,
    #[schemars(extend("enum" = ["connected", "timeout", "host-unreachable", "network-unreachable", "intermittent", "unknown"]))]
    symptom: &'static str,
    assumptions: Vec<String>,
    not_modelled: Vec<String>,
    /// All paths, where there is more than one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    traces: Vec<TraceDocument>,
}

/// A set of edits, as JSON Patch; kept for a later release.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
struct FixDocument {
    verified: bool,
}

/// What was asked, as it was understood.
#[derive(Serialize, JsonSchema)]
struct Query {
    from: String,
    to: String,
    service: String,
    /// The protocol, if it is only one.
    protocol: Option<String>,
    /// The port, if it is only one.
    port: Option<u16>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Trace")]
struct TraceDocument {
    source: EndDocument,
    destination: EndDocument,
    /// Whether it is a connection of a load balancer's node to a target, behind the one that was asked about.
    onward: bool,
    /// Whether that connection is a health check.
    health_check: bool,
    #[schemars(extend("enum" = ["reachable", "partial", "blocked", "undetermined"]))]
    verdict: &'static str,
    fraction: f64,
    packet: PacketDocument,
    works: Vec<PacketDocument>,
    legs: Vec<LegDocument>,
    blockers: Vec<BlockerDocument>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "End")]
struct EndDocument {
    kind: &'static str,
    name: Option<String>,
    address: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Leg")]
struct LegDocument {
    #[schemars(extend("enum" = ["request", "reply"]))]
    leg: &'static str,
    hypothetical: bool,
    hops: Vec<HopDocument>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Hop")]
struct HopDocument {
    /// The number of the hop; none where nothing was decided.
    n: Option<usize>,
    component: ComponentDocument,
    direction: Option<&'static str>,
    stateful: bool,
    packet: PacketDocument,
    #[schemars(extend("enum" = ["allow", "deny", "partial", "unknown"]))]
    action: &'static str,
    /// Whether a stateful filter knew the flow and asked no rule.
    tracked: bool,
    code: Option<&'static str>,
    rule: Option<RuleDocument>,
    /// What was decided about each part, where the parts differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decided: Vec<PartDocument>,
    considered: Vec<ConsideredDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rewrite: Option<RewriteDocument>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Component")]
struct ComponentDocument {
    kind: &'static str,
    name: String,
    vpc: Option<String>,
    /// The subnet it is at, for network ACLs and route tables.
    subnet: Option<String>,
}

/// Sets of headers; a set is a text such as `32768-60999` or `80,443`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Packet")]
struct PacketDocument {
    protocol: String,
    src: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sport: Option<String>,
    dst: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dport: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icmp: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rule")]
struct RuleDocument {
    owner: String,
    id: String,
    text: String,
    implicit: bool,
    span: Option<SpanDocument>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Part")]
struct PartDocument {
    #[schemars(extend("enum" = ["allow", "deny", "partial", "unknown"]))]
    action: &'static str,
    code: Option<&'static str>,
    rule: Option<RuleDocument>,
    packet: Vec<PacketDocument>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Considered")]
struct ConsideredDocument {
    owner: String,
    id: String,
    text: String,
    #[serde(rename = "match")]
    matched: bool,
    /// Whether packets were left when it was its turn.
    reached: bool,
    because: Vec<&'static str>,
    implicit: bool,
    span: Option<SpanDocument>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rewrite")]
struct RewriteDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sport: Option<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst: Option<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dport: Option<Change>,
}

#[derive(Serialize, JsonSchema)]
struct Change {
    from: String,
    to: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Blocker")]
struct BlockerDocument {
    code: &'static str,
    #[schemars(extend("enum" = ["request", "reply"]))]
    leg: &'static str,
    /// The number of the hop.
    hop: Option<usize>,
    #[schemars(extend("enum" = ["error", "warning"]))]
    severity: &'static str,
    aws_code: Option<&'static str>,
    message: String,
    component: ComponentDocument,
    direction: Option<&'static str>,
    /// Whether something earlier drops all of it already.
    masked: bool,
    /// Whether everything that arrived is dropped.
    complete: bool,
    packet: Vec<PacketDocument>,
    rule: Option<RuleDocument>,
    nearest: Option<NearestDocument>,
    help: Option<String>,
    span: Option<SpanDocument>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Nearest")]
struct NearestDocument {
    rule: RuleDocument,
    why: String,
    span: Option<SpanDocument>,
}

/// A place in a file (1-based, in characters), or a resource of a capture.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "Span")]
pub(super) struct SpanDocument {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    col: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
}

pub(super) use build::span;
