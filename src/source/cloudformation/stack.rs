//! Templates that are read together, as the stacks that they become.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::document::{Function, Key, Kind, Node};
use crate::topology::{Diagnostic, Place, quote};

/// An index into [`World::stacks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StackId(usize);

/// An index into [`World::resources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ResourceId(usize);

/// A template that was read.
#[derive(Debug)]
pub(super) struct Template {
    /// The name of the file, as it was given.
    pub(super) name: String,
    pub(super) root: Node,
}

/// A resource of a stack.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) stack: StackId,
    pub(super) logical_id: Rc<str>,
    /// `AWS::EC2::VPC`.
    pub(super) kind: Rc<str>,
    pub(super) place: Place,
    pub(super) properties: Option<Node>,
    /// The name of the condition under which it exists.
    pub(super) condition: Option<(Rc<str>, Place)>,
}

/// A parameter of a template.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) place: Place,
    pub(super) kind: Rc<str>,
    pub(super) default: Option<Node>,
    pub(super) allowed: Vec<Rc<str>>,
}

/// A stack: one template with its parameters.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) name: String,
    pub(super) parameters: BTreeMap<Rc<str>, Parameter>,
    pub(super) mappings: Option<Node>,
    /// What SAM's `Globals` say of every function.
    pub(super) functions: Option<Node>,
    pub(super) conditions: HashMap<Rc<str>, Node>,
    pub(super) resources: HashMap<Rc<str>, ResourceId>,
    pub(super) outputs: Vec<(Rc<str>, Node)>,
    /// The resource of another stack that makes this one.
    pub(super) parent: Option<ResourceId>,
}

/// All stacks and their resources.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) stacks: Vec<Stack>,
    pub(super) resources: Vec<Resource>,
    /// The stacks that resources make, where their template was read.
    pub(super) nested: HashMap<ResourceId, StackId>,
}

/// Most stacks that templates may become: a template can be nested many times.
const MAX_STACKS: usize = 500;
/// How deep stacks may nest.
const MAX_NESTING: usize = 8;

/// CloudFormation's limit, in bytes.
const LONGEST_ID: usize = 255;

pub(super) const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

impl World {
    pub(super) fn stack(&self, id: StackId) -> Option<&Stack> {
        self.stacks.get(id.0)
    }

    pub(super) fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(id.0)
    }

    pub(super) fn resource_ids(&self) -> impl Iterator<Item = ResourceId> + use<> {
        (0..self.resources.len()).map(ResourceId)
    }

    pub(super) fn stack_ids(&self) -> impl Iterator<Item = StackId> + use<> {
        (0..self.stacks.len()).map(StackId)
    }

    /// The type of a resource.
    pub(super) fn kind(&self, id: ResourceId) -> &str {
        self.resource(id).map_or("", |resource| &resource.kind)
    }

    /// Puts the templates together: those that no other one nests are stacks of their own.
    pub(super) fn new(templates: &[Template], problems: &mut Vec<Diagnostic>) -> Self {
        let mut world = Self::default();
        let nested: HashSet<String> = templates.iter().flat_map(|one| nested_names(&one.root)).collect();
        let is_root = |template: &&Template| !nested.contains(base_name(&template.name));
        let mut roots: Vec<&Template> = templates.iter().filter(is_root).collect();
        if roots.is_empty() {
            roots = templates.iter().collect();
        }
        for template in roots {
            let name = stem(&template.name).to_owned();
            world.add(template, name, None, problems);
        }
        world.nest(templates, problems);
        world
    }

    /// Follows nested stacks whose templates were read.
    fn nest(&mut self, templates: &[Template], problems: &mut Vec<Diagnostic>) {
        let mut depths: HashMap<StackId, usize> = HashMap::new();
        let mut next = 0;
        while let Some(resource) = self.resources.get(next) {
            let id = ResourceId(next);
            next += 1;
            if &*resource.kind != NESTED_STACK || self.stacks.len() >= MAX_STACKS {
                continue;
            }
            let depth = depths.get(&resource.stack).copied().unwrap_or(0) + 1;
            let wanted = resource.properties.as_ref().and_then(|node| tail(node.get("TemplateURL")?));
            let found = wanted.and_then(|name| templates.iter().find(|one| base_name(&one.name) == name));
            let Some(template) = found.filter(|_| depth <= MAX_NESTING) else { continue };
            let parent = self.stack(resource.stack).map_or("", |stack| &stack.name);
            let name = format!("{parent}-{}", resource.logical_id);
            let stack = self.add(template, name, Some(id), problems);
            depths.insert(stack, depth);
            self.nested.insert(id, stack);
        }
    }

    fn add(
        &mut self,
        template: &Template,
        name: String,
        parent: Option<ResourceId>,
        problems: &mut Vec<Diagnostic>,
    ) -> StackId {
        let id = StackId(self.stacks.len());
        let root = &template.root;
        problems.extend(macros(root));
        let section = |name: &str| root.get(name).map(Node::entries).unwrap_or_default();
        let mut resources = HashMap::new();
        let mut seen: HashSet<&str> = HashSet::new();
        for (key, body) in section("Resources") {
            let Some(kind) = body.get("Type").and_then(Node::text) else {
                problems.push(without_type(key, body));
                continue;
            };
            if key.text.len() > LONGEST_ID || !seen.insert(&key.text) {
                // A key that is there twice is an error already.
                let message = "a logical id is longer than 255 characters, or there twice";
                problems.push(Diagnostic::error("CFN003", message, key.place()));
                continue;
            }
            if let Some(null) = body.get("Properties").and_then(null_in) {
                let message = format!("resource {} has a null value", quote(&key.text));
                let problem = Diagnostic::error("CFN014", message, null);
                problems.push(
                    problem.help("CloudFormation refuses it: `!Ref AWS::NoValue` leaves something out"),
                );
            }
            resources.insert(Rc::clone(&key.text), ResourceId(self.resources.len()));
            self.resources.push(Resource {
                stack: id,
                logical_id: Rc::clone(&key.text),
                kind: kind.into(),
                place: key.place(),
                properties: body.get("Properties").cloned(),
                condition: body.get("Condition").and_then(|node| Some((node.text()?.into(), node.place()))),
            });
        }
        self.stacks.push(Stack {
            name,
            parameters: parameters(section("Parameters")),
            mappings: root.get("Mappings").cloned(),
            functions: root.get("Globals").and_then(|globals| globals.get("Function")).cloned(),
            conditions: section("Conditions")
                .iter()
                .map(|(key, node)| (Rc::clone(&key.text), node.clone()))
                .collect(),
            resources,
            outputs: section("Outputs")
                .iter()
                .map(|(key, node)| (Rc::clone(&key.text), node.clone()))
                .collect(),
            parent,
        });
        id
    }
}

/// What stands where a resource should stand. `Fn::ForEach` makes resources of a kind that its fragment tells.
fn without_type(key: &Key, body: &Node) -> Diagnostic {
    let name = quote(&key.text);
    if !key.text.starts_with("Fn::") {
        let message = format!("{name} has no `Type`: what it would create is not known");
        return Diagnostic::error("CFN003", message, key.place()).help("CloudFormation refuses it too");
    }
    let mut kinds = Vec::new();
    let is_told = kinds_in(body, &mut kinds) && !kinds.is_empty();
    let message = format!("{name} is not followed: what it would create is not known");
    if is_told && !kinds.iter().any(|kind| NETWORK.iter().any(|start| kind.starts_with(start))) {
        return Diagnostic::warning("CFN003", message, key.place());
    }
    Diagnostic::error("CFN003", message, key.place()).help(
        "read what CloudFormation makes of it: aws cloudformation get-template --template-stage Processed",
    )
}

/// How the types of resources start that may decide about packets.
const NETWORK: [&str; 4] =
    ["AWS::EC2::", "AWS::ElasticLoadBalancing", "AWS::NetworkFirewall::", NESTED_STACK];

/// Collects the values of all keys `Type`; false if one of them can't be read.
fn kinds_in(node: &Node, kinds: &mut Vec<Rc<str>>) -> bool {
    match &node.kind {
        Kind::List(items) => items.iter().all(|item| kinds_in(item, kinds)),
        Kind::Map(entries) => entries.iter().all(|(key, value)| match (&*key.text, &value.kind) {
            ("Type", Kind::Text(kind)) if !kind.contains('$') => {
                kinds.push(Rc::clone(kind));
                true
            }
            ("Type", _) => false,
            _ => kinds_in(value, kinds),
        }),
        Kind::Null | Kind::Text(_) => true,
        Kind::Call(Function::Other(_), _) => false,
        Kind::Call(..) => true,
    }
}

/// Where a value is null.
fn null_in(node: &Node) -> Option<Place> {
    match &node.kind {
        Kind::Null => Some(node.place()),
        Kind::Text(_) => None,
        Kind::List(items) => items.iter().find_map(null_in),
        Kind::Map(entries) => entries.iter().find_map(|(_, value)| null_in(value)),
        Kind::Call(_, argument) => null_in(argument),
    }
}

/// Macros of others may change anything in a template when it is deployed. Those of AWS add nothing to the network.
fn macros(root: &Node) -> Option<Diagnostic> {
    let names = root.get("Transform").map(Node::items).unwrap_or_default();
    let foreign = |node: &&Node| node.text().is_none_or(|name| !name.starts_with("AWS::"));
    let node = names.iter().find(foreign)?;
    let name = node.text().or_else(|| node.get("Name").and_then(Node::text)).unwrap_or("?");
    let message = format!("macro {} changes the template on deployment", quote(name));
    Some(
        Diagnostic::warning("CFN013", message, node.place())
            .help("answers are about the template as it is: run the macro first, and read what comes out"),
    )
}

fn parameters(section: &[(super::document::Key, Node)]) -> BTreeMap<Rc<str>, Parameter> {
    let parameter = |(key, body): &(super::document::Key, Node)| {
        let allowed = body.get("AllowedValues").map(Node::items).unwrap_or_default();
        let parameter = Parameter {
            place: key.place(),
            kind: body.get("Type").and_then(Node::text).unwrap_or("String").into(),
            default: body.get("Default").cloned(),
            allowed: allowed.iter().filter_map(|node| node.text().map(Into::into)).collect(),
        };
        (Rc::clone(&key.text), parameter)
    };
    section.iter().map(parameter).collect()
}

/// The file names that the nested stacks of a template name.
fn nested_names(root: &Node) -> Vec<String> {
    let resources = root.get("Resources").map(Node::entries).unwrap_or_default();
    let stacks =
        resources.iter().filter(|(_, body)| body.get("Type").and_then(Node::text) == Some(NESTED_STACK));
    stacks.filter_map(|(_, body)| tail(body.get("Properties")?.get("TemplateURL")?)).collect()
}

/// What stands after the last `/` of a location, however it is put together.
fn tail(node: &Node) -> Option<String> {
    let text = match &node.kind {
        Kind::Text(text) => text,
        Kind::Call(Function::Sub, argument) => match &argument.kind {
            Kind::List(items) => return tail(items.first()?),
            _ => return tail(argument),
        },
        Kind::Call(Function::Join, argument) => return tail(argument.items().get(1)?.items().last()?),
        _ => return None,
    };
    let name = base_name(text);
    let name = name.split('?').next().unwrap_or(name);
    (!name.is_empty() && !name.contains('$')).then(|| name.to_owned())
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The file names, beside a template, of the templates that it nests.
pub(super) fn nested_files(root: &Node) -> Vec<String> {
    nested_names(root)
}

fn stem(path: &str) -> &str {
    let name = base_name(path);
    let name =
        name.strip_suffix(".template.json").or_else(|| name.strip_suffix(".template.yaml")).unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
