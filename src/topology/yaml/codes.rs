//! The codes of the problems that the reader finds: one table, one line each.

/// Declares every code as a constant and as a row of [`ALL`], so that neither can be forgotten.
macro_rules! codes {
    ($($name:ident = $code:literal, $summary:literal;)*) => {
        $(#[doc = $summary] pub const $name: &str = $code;)*

        /// Every code with its one-line explanation, in the order of the codes.
        pub const ALL: &[(&str, &str)] = &[$(($code, $summary)),*];
    };
}

codes! {
    NOT_TEXT = "TOP001", "The file is not UTF-8 text.";
    LIMIT = "TOP002", "The file is larger, deeper or more entangled than the reader accepts.";
    SYNTAX = "TOP003", "The file is not well-formed YAML.";
    UNKNOWN_KEY = "TOP004", "A key that does not exist at that place.";
    DUPLICATE_KEY = "TOP005", "The same key twice in one map, or twice under different names.";
    MISSING_KEY = "TOP006", "A mandatory key is missing.";
    WRONG_SHAPE = "TOP007", "A list, a map or a single value where another of the three is needed.";
    CONFLICT = "TOP008", "Two keys that exclude each other.";
    YAML_FEATURE = "TOP009", "A feature of YAML that the language does not use: tags, several documents, keys that are lists or maps.";
    NOT_A_TOPOLOGY = "TOP010", "The file is empty, or it is something else than a topology.";
    NAME = "TOP011", "A name with characters that names can't have, or a reserved one.";
    CIDR = "TOP012", "Not a CIDR block.";
    HOST_BITS = "TOP013", "A CIDR block with host bits set: AWS masks them (VP-2).";
    ADDRESS = "TOP014", "Not an IP address of that family.";
    PORTS = "TOP015", "Not a port or a range of ports.";
    PROTOCOL = "TOP016", "Not a protocol name or number.";
    WORD = "TOP017", "Not one of the words that are possible there.";
    BOOLEAN = "TOP018", "Not `true` or `false`.";
    NUMBER = "TOP019", "Not a whole number in the range that is possible there.";
    PRESET = "TOP020", "The `type` of a rule contradicts its protocol or ports.";
    PORTS_IGNORED = "TOP021", "Ports beside a protocol that has none: AWS ignores them, and the rule opens everything (SG-5, NA-7).";
    PEER = "TOP022", "Not a source or destination.";
    ONE_PEER = "TOP023", "A rule has exactly one source or destination (SG-4).";
    ACL_PEER = "TOP024", "A network ACL rule can't refer to a security group or prefix list (NA-8).";
    RULE_NUMBER = "TOP025", "Not a rule number: 1 to 32766 (NA-2).";
    RESERVED_DESTINATION = "TOP026", "No route can be made for AWS's own link-local ranges (RT-12).";
    ROUTE_TARGET = "TOP027", "Something that a route can't lead to (RT-14).";
    PUBLIC_ADDRESS = "TOP028", "A function never has a public address (EN-6).";
    TEST = "TOP029", "A test that lacks what it is about.";
    ICMP = "TOP030", "ICMP type and code do not fit the protocol (SG-5).";
    VERSION = "TOP031", "A version of the language that this program does not know.";
    SELF_PEERING = "TOP032", "A VPC can't be peered with itself.";
    UNKNOWN_TABLE = "TOP033", "A virtual private gateway propagates into a route table that does not exist.";
    TWO_ASSOCIATIONS = "TOP034", "An attachment of a transit gateway is associated with two route tables (TG-3).";
    PEERING_PROPAGATION = "TOP035", "A peering between transit gateways propagates nothing (TG-8).";
    MORE = "TOP099", "More problems were found than are shown.";
}
