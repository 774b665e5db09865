//! The three inputs: `terraform show -json` of a plan, of a state, and the raw state of version 4.
//!
//! Only the shape around the resources is typed. What a resource says stays raw text until somebody wants
//! it: most of a plan is about things that are no part of a network.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::address::Key;

/// Everything that one of the three may have at its top.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Document<'a> {
    pub(super) format_version: Option<String>,
    /// Raw state only.
    pub(super) version: Option<u64>,
    /// Raw state before version 4.
    #[serde(borrow)]
    pub(super) modules: Option<&'a RawValue>,
    /// A state, by `terraform show -json`.
    #[serde(borrow)]
    pub(super) values: Option<Values<'a>>,
    /// Raw state.
    #[serde(borrow)]
    pub(super) resources: Option<Vec<RawResource<'a>>>,
    #[serde(borrow)]
    pub(super) planned_values: Option<Values<'a>>,
    #[serde(borrow)]
    pub(super) prior_state: Option<Prior<'a>>,
    #[serde(borrow)]
    pub(super) resource_changes: Option<Vec<Change<'a>>>,
    pub(super) configuration: Option<Configuration>,
    pub(super) variables: Option<BTreeMap<String, Variable>>,
    /// Set by `-target` and by deferred changes: the plan is a part of what was asked for.
    pub(super) complete: Option<bool>,
    pub(super) errored: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Prior<'a> {
    #[serde(borrow)]
    pub(super) values: Option<Values<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Values<'a> {
    #[serde(borrow)]
    pub(super) root_module: Option<Module<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Module<'a> {
    #[serde(borrow)]
    pub(super) address: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) resources: Option<Vec<Shown<'a>>>,
    #[serde(borrow)]
    pub(super) child_modules: Option<Vec<Module<'a>>>,
}

/// A resource instance as `terraform show -json` shows it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown<'a> {
    #[serde(borrow)]
    pub(super) address: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    pub(super) index: Option<Key>,
    #[serde(borrow)]
    pub(super) values: Option<&'a RawValue>,
    pub(super) deposed_key: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Change<'a> {
    #[serde(borrow)]
    pub(super) address: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) module_address: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    pub(super) index: Option<Key>,
    pub(super) deposed: Option<String>,
    #[serde(borrow)]
    pub(super) change: Option<Difference<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Difference<'a> {
    pub(super) actions: Vec<String>,
    #[serde(borrow)]
    pub(super) before: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) after: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) after_unknown: Option<&'a RawValue>,
}

/// A resource of a raw state, with its instances.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawResource<'a> {
    #[serde(borrow)]
    pub(super) module: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) instances: Vec<RawInstance<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawInstance<'a> {
    pub(super) index_key: Option<Key>,
    pub(super) deposed: Option<String>,
    #[serde(borrow)]
    pub(super) attributes: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Variable {
    pub(super) value: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Configuration {
    pub(super) root_module: ConfigModule,
}

/// A module as it was written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ConfigModule {
    pub(super) resources: Vec<ConfigResource>,
    pub(super) module_calls: BTreeMap<String, ModuleCall>,
    pub(super) outputs: BTreeMap<String, Output>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ConfigResource {
    pub(super) mode: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) name: String,
    /// Which configuration of the provider makes it: `aws`, `aws.peer`, in older files `MODULE:aws`.
    pub(super) provider_config_key: String,
    /// By attribute: an expression, or blocks of expressions.
    pub(super) expressions: Value,
    pub(super) for_each_expression: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ModuleCall {
    pub(super) expressions: Value,
    pub(super) for_each_expression: Value,
    pub(super) module: ConfigModule,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Output {
    pub(super) expression: Value,
}
