//! What a file is, by its shape.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::aws;
use crate::topology::{Diagnostic, Place};

/// The formats that users have at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// Our own format, or any other YAML: its reader says more.
    Yaml,
    /// An answer of the AWS CLI.
    Aws,
    /// `terraform show -json PLAN`.
    TerraformPlan,
    /// `terraform show -json`, or a raw `terraform.tfstate`.
    TerraformState,
    /// The binary plan that `terraform plan -out` writes (a zip archive).
    TerraformBinaryPlan,
    /// The log that `terraform plan -json` writes.
    TerraformLog,
    /// Terraform configuration.
    TerraformConfiguration,
    /// A CloudFormation template, in either syntax.
    CloudFormation,
    /// No bytes at all.
    Empty,
    /// Compressed by gzip, bzip2, xz or zstd.
    Compressed,
    /// Not text.
    Binary,
    /// Text in an encoding that is not known here.
    NotUtf8,
    /// JSON, but no format that we know.
    OtherJson,
    /// Starts like JSON and breaks off or is malformed before anything could be recognised.
    BrokenJson,
}

/// How compressed files start.
const COMPRESSED: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];

/// Says what the file of that name and contents is.
pub fn recognise(name: &str, bytes: &[u8]) -> Recognised {
    let text = decoded(bytes);
    let text = text.as_ref();
    if text.starts_with(b"PK\x03\x04") {
        return Recognised::TerraformBinaryPlan;
    }
    if COMPRESSED.iter().any(|magic| text.starts_with(magic)) {
        return Recognised::Compressed;
    }
    let binary = text.contains(&0);
    if binary || std::str::from_utf8(text).is_err() {
        return match has_extension(name, &["yaml", "yml"]) {
            // Its reader says where the first byte is that can't be.
            true => Recognised::Yaml,
            false if binary => Recognised::Binary,
            false => Recognised::NotUtf8,
        };
    }
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Recognised::Empty,
        Some(b'{' | b'[') => recognise_json(name, text),
        Some(_) if has_extension(name, &["tf", "hcl"]) => Recognised::TerraformConfiguration,
        Some(_) if has_extension(name, &["json"]) => recognise_json(name, text),
        Some(_) if is_cloudformation_yaml(text) => Recognised::CloudFormation,
        Some(_) => Recognised::Yaml,
    }
}

/// The text as UTF-8 without its byte order mark. PowerShell's `>` writes UTF-16.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    let units = |pair: fn([u8; 2]) -> u16| -> Vec<u16> {
        let body = bytes.get(2..).unwrap_or_default();
        let pairs = body.chunks_exact(2);
        // Half a character at the end is one that can't be read, not nothing.
        let cut_off = (!pairs.remainder().is_empty()).then_some(0xfffd);
        pairs.filter_map(|two| two.try_into().ok()).map(pair).chain(cut_off).collect()
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(rest),
        [0xFF, 0xFE, ..] => Cow::Owned(String::from_utf16_lossy(&units(u16::from_le_bytes)).into_bytes()),
        [0xFE, 0xFF, ..] => Cow::Owned(String::from_utf16_lossy(&units(u16::from_be_bytes)).into_bytes()),
        _ => Cow::Borrowed(bytes),
    }
}

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, found)| extensions.iter().any(|one| found.eq_ignore_ascii_case(one)))
}

fn is_cloudformation_yaml(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| {
        [b"AWSTemplateFormatVersion".as_slice(), b"Resources:"].iter().any(|key| line.starts_with(key))
    })
}

fn recognise_json(name: &str, text: &[u8]) -> Recognised {
    let mut shape = Shape::default();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let whole = deserializer.deserialize_any(ShapeVisitor(&mut shape)).is_ok()
        || serde_json::from_slice::<IgnoredAny>(text).is_ok();
    let has = |key: &str| shape.keys.iter().any(|found| found == key);
    if has("@level") && has("@message") {
        Recognised::TerraformLog
    } else if has("format_version") && (has("planned_values") || has("resource_changes")) {
        Recognised::TerraformPlan
    } else if has("format_version") && shape.keys.len() <= 3 && !has("planned_values")
        || has("terraform_version")
            && ["values", "resources", "modules", "format_version"].into_iter().any(has)
    {
        Recognised::TerraformState
    } else if has("AWSTemplateFormatVersion") || has("Resources") {
        Recognised::CloudFormation
    } else if has("vpcs") {
        Recognised::Yaml
    } else if shape.keys.iter().any(|key| aws::is_answer(key)) || shape.list_of_resources {
        Recognised::Aws
    } else if whole {
        Recognised::OtherJson
    } else if has_extension(name, &["yaml", "yml"]) {
        Recognised::Yaml
    } else {
        Recognised::BrokenJson
    }
}

/// The top of a JSON document. What was seen before a syntax error counts too.
#[derive(Default)]
struct Shape {
    keys: Vec<String>,
    list_of_resources: bool,
}

struct ShapeVisitor<'a>(&'a mut Shape);

impl<'de> Visitor<'de> for ShapeVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object or array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.0.keys.push(key);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        // `--query Vpcs` leaves the bare list.
        while let Some(element) = seq.next_element::<Element>()? {
            self.0.list_of_resources |= element.0;
        }
        Ok(())
    }
}

/// Whether an element of a bare list is a resource, or a list of them.
struct Element(bool);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(aws::is_resource(&value)))
    }
}

impl Recognised {
    /// Why the file is not read, and what to do.
    pub(super) fn refusal(self, name: &str) -> Diagnostic {
        let (code, what, help) = match self {
            Self::TerraformPlan => ("SRC010", "is a Terraform plan, which stands for itself", ALONE),
            Self::TerraformState => ("SRC010", "is a Terraform state, which stands for itself", ALONE),
            Self::TerraformConfiguration => {
                ("SRC010", "is Terraform configuration, which says less than a plan does", PLAN)
            }
            Self::TerraformBinaryPlan => (
                "SRC012",
                "is a zip archive, most likely the binary plan of `terraform plan -out`",
                "the readable form is: terraform show -json plan.tfplan > plan.json",
            ),
            Self::TerraformLog => ("SRC013", "is the log of `terraform plan -json`, not a plan", PLAN),
            Self::Empty => ("SRC005", "is empty", "did the command that wrote it fail?"),
            Self::Compressed => {
                ("SRC015", "is compressed", "unpack it first, for example: gunzip FILE, or unzstd FILE")
            }
            Self::NotUtf8 => (
                "SRC006",
                "is not UTF-8 text",
                "save it as UTF-8; the AWS CLI writes UTF-8 where the locale says so, for example LC_ALL=C.UTF-8",
            ),
            Self::Binary => (
                "SRC006",
                "is not text",
                "a YAML topology, a CloudFormation template, or JSON from the AWS CLI or from Terraform is expected",
            ),
            Self::BrokenJson => {
                ("SRC007", "is not valid JSON", "is the file cut off, or a message in its place?")
            }
            Self::OtherJson | Self::Yaml | Self::Aws | Self::CloudFormation => (
                "SRC008",
                "is JSON, but not in a format that is read",
                "expected: a Terraform plan or state, a CloudFormation template, or the AWS CLI's own form, for example {\"Vpcs\": […]}; `--output json`, no `--query`",
            ),
        };
        Diagnostic::error(code, format!("{name} {what}"), Place::Implicit).help(help)
    }
}

const ALONE: &str = "name the file itself with `-f`, not its directory";
const PLAN: &str =
    "the plan itself is: terraform plan -out=plan.tfplan && terraform show -json plan.tfplan > plan.json";
