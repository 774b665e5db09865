//! What a thing would be called, if nothing else were called so.

use std::net::IpAddr;

/// Prefixes of AWS ids.
const ID_PREFIXES: [&str; 22] = [
    "vpc",
    "subnet",
    "rtb",
    "acl",
    "sg",
    "sgr",
    "eni",
    "i",
    "nat",
    "igw",
    "eigw",
    "pcx",
    "tgw",
    "tgw-attach",
    "tgw-rtb",
    "vgw",
    "vpn",
    "cgw",
    "vpce",
    "vpce-svc",
    "pl",
    "eipalloc",
];
/// Names that may not be longer.
const LONGEST: usize = 100;
/// Names that mean something else in some place.
const RESERVED: [&str; 9] =
    ["internet", "anywhere", "self", "local", "blackhole", "igw", "eigw", "true", "false"];

/// The name: the first alias that people chose, or what is readable of the name that the source gave.
pub(super) fn candidate(name: &str, aliases: &[String]) -> String {
    let chosen = match address(name) {
        // What is called `web[0]` in its configuration needs no longer name; a `Name` tag says more.
        Some(parts) => aliases.iter().find(|alias| is_told(alias, name)).cloned().unwrap_or(parts),
        None if is_aws_id(name) => {
            aliases.iter().find(|alias| !is_aws_id(alias)).map_or_else(|| name.to_owned(), Clone::clone)
        }
        None => name.to_owned(),
    };
    let name = sanitised(&chosen, &['.', '_', '@', '+']);
    let addressed = name.parse::<IpAddr>().is_ok();
    if addressed || RESERVED.contains(&name.as_str()) { format!("{name}-1") } else { name }
}

/// A name that nothing has, as the language can write it.
pub(super) fn reference(name: &str) -> String {
    let parts: Vec<String> = name.split('/').map(|part| sanitised(part, &['.', '_', '@', '+'])).collect();
    parts.join("/")
}

/// `web[0]` of `module.app.aws_instance.web[0]` with its modules: `app-web-0`. None for what is no address.
fn address(name: &str) -> Option<String> {
    let mut words = split(name).into_iter().peekable();
    let mut parts: Vec<String> = Vec::new();
    while words.peek().is_some_and(|word| word == "module") {
        words.next();
        parts.push(words.next()?);
    }
    if words.peek().is_some_and(|word| word == "data") {
        words.next();
    }
    let kind = words.next()?;
    if !kind.starts_with("aws_") {
        return None;
    }
    let rest: Vec<String> = words.collect();
    if rest.is_empty() {
        return None;
    }
    // What a module makes one of is called `this`, and says nothing beside the name of the module.
    let says_nothing = |word: &String| !parts.is_empty() && (word == "this" || word == "this[0]");
    let rest: Vec<String> = rest.into_iter().filter(|word| !says_nothing(word)).collect();
    parts.extend(rest);
    Some(parts.join("-").replace(['[', '"'], "-"))
}

/// At dots outside of brackets.
fn split(address: &str) -> Vec<String> {
    let (mut words, mut depth) = (vec![String::new()], 0_usize);
    for character in address.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if character == '.' && depth == 0 {
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            word.push(character);
        }
    }
    words
}

/// Whether an alias is more than an end of the address or an id.
fn is_told(alias: &str, address: &str) -> bool {
    !is_aws_id(alias) && !address.ends_with(alias)
}

/// `subnet-0a1b2c3d`.
fn is_aws_id(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(prefix, number)| {
        ID_PREFIXES.contains(&prefix)
            && (8..=17).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The text with `-` for whatever a name can't hold.
fn sanitised(text: &str, allowed: &[char]) -> String {
    let mut name = String::with_capacity(text.len());
    for character in text.chars().take(LONGEST) {
        if character.is_alphanumeric() || allowed.contains(&character) {
            name.push(character);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches('-');
    if name.is_empty() { "unnamed".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliased(name: &str, alias: &str) -> String {
        candidate(name, &[alias.to_owned()])
    }

    #[test]
    fn ids_give_way_to_what_people_chose() {
        assert_eq!(aliased("subnet-0123456789abcdef0", "Public A"), "Public-A");
        assert_eq!(candidate("subnet-0123456789abcdef0", &[]), "subnet-0123456789abcdef0");
        assert_eq!(candidate("sg-web", &["other".to_owned()]), "sg-web");
        assert_eq!(aliased("i-0123456789abcdef0", "internet"), "internet-1");
        assert_eq!(aliased("i-0123456789abcdef0", "10.0.0.1"), "10.0.0.1-1");
        assert_eq!(aliased("i-0123456789abcdef0", "???"), "unnamed");
    }

    #[test]
    fn addresses_lose_what_is_the_same_in_all() {
        assert_eq!(candidate("aws_instance.web[0]", &[]), "web-0");
        assert_eq!(candidate("module.app[\"eu.west\"].aws_subnet.private[1]", &[]), "app-eu.west-private-1");
        assert_eq!(candidate("module.vpc.aws_vpc.this[0]", &[]), "vpc");
        assert_eq!(candidate("aws_vpc.this", &[]), "this");
        assert_eq!(aliased("aws_vpc.this", "shop"), "shop");
        assert_eq!(aliased("aws_instance.web[0]", "web[0]"), "web-0");
        assert_eq!(candidate("Logical.Id", &[]), "Logical.Id");
    }
}
