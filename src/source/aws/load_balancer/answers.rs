//! What AWS answers.

use serde::Deserialize;
use serde_json::Value;

/// What a page says about load balancers.
#[derive(Default)]
pub(in super::super) struct Answers {
    /// Whether load balancers were asked for at all.
    pub(in super::super) is_listed: bool,
    pub(in super::super) load_balancers: Vec<LoadBalancer>,
    pub(in super::super) classic: Vec<ClassicBalancer>,
    pub(in super::super) target_groups: Vec<TargetGroup>,
    /// Whether listeners were asked for.
    pub(in super::super) has_listeners: bool,
    pub(in super::super) listeners: Vec<Listener>,
    pub(in super::super) wrapped_listeners: Vec<WrappedListeners>,
    pub(in super::super) rules: Vec<Rule>,
    pub(in super::super) health: Option<Vec<TargetHealth>>,
    pub(in super::super) wrapped_health: Vec<WrappedHealth>,
    pub(in super::super) attributes: Option<Vec<Attribute>>,
    pub(in super::super) wrapped_attributes: Vec<WrappedAttributes>,
    pub(in super::super) classic_cross_zone: Option<bool>,
}

impl Answers {
    /// `LoadBalancerAttributes` is an object for a classic load balancer, and a list where somebody collected the others'.
    pub(in super::super) fn add_attributes(&mut self, value: Option<Value>) {
        match value {
            Some(list @ Value::Array(_)) => {
                self.wrapped_attributes = serde_json::from_value(list).unwrap_or_default();
            }
            Some(one) => {
                let enabled = one.get("CrossZoneLoadBalancing").and_then(|one| one.get("Enabled"));
                self.classic_cross_zone = enabled.and_then(Value::as_bool);
            }
            None => {}
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct LoadBalancer {
    pub(in super::super) load_balancer_arn: String,
    pub(in super::super) load_balancer_name: String,
    #[serde(rename = "DNSName")]
    pub(in super::super) dns_name: String,
    pub(in super::super) scheme: Option<String>,
    pub(in super::super) vpc_id: Option<String>,
    pub(in super::super) state: Option<State>,
    #[serde(rename = "Type")]
    pub(in super::super) kind: Option<String>,
    pub(in super::super) availability_zones: Vec<Zone>,
    pub(in super::super) security_groups: Vec<String>,
    pub(in super::super) ip_address_type: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct State {
    pub(in super::super) code: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct Zone {
    pub(in super::super) subnet_id: String,
    pub(in super::super) load_balancer_addresses: Vec<Address>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(in super::super) struct Address {
    #[serde(rename = "IpAddress")]
    pub(in super::super) public: Option<String>,
    #[serde(rename = "PrivateIPv4Address")]
    pub(in super::super) private: Option<String>,
    #[serde(rename = "IPv6Address")]
    pub(in super::super) ipv6: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct ClassicBalancer {
    pub(in super::super) load_balancer_name: String,
    #[serde(rename = "DNSName")]
    pub(in super::super) dns_name: String,
    pub(in super::super) scheme: Option<String>,
    #[serde(rename = "VPCId", alias = "VpcId")]
    pub(in super::super) vpc_id: Option<String>,
    pub(in super::super) subnets: Vec<String>,
    pub(in super::super) security_groups: Vec<String>,
    pub(in super::super) instances: Vec<ClassicInstance>,
    pub(in super::super) listener_descriptions: Vec<ListenerDescription>,
    pub(in super::super) health_check: Option<HealthCheck>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct ClassicInstance {
    pub(in super::super) instance_id: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct ListenerDescription {
    pub(in super::super) listener: ClassicListener,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct ClassicListener {
    pub(in super::super) load_balancer_port: Option<u16>,
    pub(in super::super) instance_port: Option<u16>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct HealthCheck {
    target: String,
}

impl HealthCheck {
    /// `HTTP:8000/index.html`, `TCP:8000`.
    pub(super) fn port(&self) -> Option<u16> {
        let port = self.target.split_once(':')?.1;
        port.split('/').next()?.parse().ok()
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct Listener {
    pub(in super::super) listener_arn: String,
    pub(in super::super) load_balancer_arn: String,
    pub(in super::super) port: Option<u16>,
    pub(in super::super) protocol: Option<String>,
    pub(in super::super) default_actions: Vec<Action>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct WrappedListeners {
    pub(in super::super) load_balancer_arn: String,
    pub(in super::super) listeners: Vec<Listener>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct Rule {
    pub(in super::super) rule_arn: String,
    pub(in super::super) actions: Vec<Action>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct Action {
    #[serde(rename = "Type")]
    pub(in super::super) kind: String,
    target_group_arn: Option<String>,
    forward_config: Option<ForwardConfig>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct ForwardConfig {
    target_groups: Vec<Weighted>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Weighted {
    target_group_arn: String,
    weight: Option<u32>,
}

impl Action {
    /// The groups it forwards to; one of weight 0 gets nothing.
    pub(super) fn target_groups(&self) -> impl Iterator<Item = &str> {
        let weighted = self.forward_config.iter().flat_map(|config| &config.target_groups);
        let zero = weighted.clone().filter(|one| one.weight == Some(0));
        let zero: Vec<&str> = zero.map(|one| one.target_group_arn.as_str()).collect();
        let all = self.target_group_arn.as_deref().into_iter();
        all.chain(weighted.map(|one| one.target_group_arn.as_str())).filter(move |arn| !zero.contains(arn))
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct TargetGroup {
    pub(in super::super) target_group_arn: String,
    pub(in super::super) target_group_name: String,
    pub(in super::super) protocol: Option<String>,
    pub(in super::super) port: Option<u16>,
    pub(in super::super) vpc_id: Option<String>,
    pub(in super::super) health_check_port: Option<String>,
    pub(in super::super) load_balancer_arns: Vec<String>,
    pub(in super::super) target_type: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct TargetHealth {
    pub(in super::super) target: TargetDescription,
    target_health: Option<HealthState>,
}

impl TargetHealth {
    /// One that is being taken out gets no new connections.
    pub(super) fn takes_connections(&self) -> bool {
        self.target_health.as_ref().is_none_or(|health| health.state != "draining")
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct TargetDescription {
    pub(in super::super) id: String,
    pub(in super::super) port: Option<u16>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct HealthState {
    state: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct WrappedHealth {
    pub(in super::super) target_group_arn: String,
    pub(in super::super) target_health_descriptions: Vec<TargetHealth>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct Attribute {
    pub(in super::super) key: String,
    pub(in super::super) value: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct WrappedAttributes {
    load_balancer_arn: Option<String>,
    target_group_arn: Option<String>,
    pub(in super::super) attributes: Vec<Attribute>,
}

impl WrappedAttributes {
    pub(super) fn is_of(&self, arn: &str) -> bool {
        [&self.load_balancer_arn, &self.target_group_arn].into_iter().flatten().any(|own| own == arn)
    }
}
