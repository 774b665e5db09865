//! The stable codes of blockers, each with AWS's explanation code where one exists.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $title:literal, $aws:expr;)*) => {
        /// Why packets are dropped, or why nobody can say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The short, stable code, for example `ACL002`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// One line on what it means.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// AWS's explanation code, where one exists.
            pub const fn aws_code(self) -> Option<&'static str> {
                match self { $(Self::$variant => $aws,)* }
            }

            /// The code of that name, in any case.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(name))
            }
        }
    };
}

codes! {
    /// SG-1, SG-3.
    Sg001 = "SG001", "no inbound security group rule matches", Some("ENI_SG_RULES_MISMATCH");
    /// SG-12.
    Sg002 = "SG002", "no outbound security group rule matches", Some("ENI_SG_RULES_MISMATCH");
    /// SG-7.
    Sg003 = "SG003", "a security group reference can't match a public or translated address", Some("ENI_SG_RULES_MISMATCH");
    /// SG-9, SG-11.
    Sg004 = "SG004", "a security group reference is not usable on this path", Some("SG_REFERENCES_NOT_PRESERVED");
    /// NA-1.
    Acl001 = "ACL001", "a network ACL rule denies it", Some("SUBNET_ACL_RESTRICTION");
    /// NA-1, NA-2.
    Acl002 = "ACL002", "no network ACL rule matches (implicit `*` deny)", Some("SUBNET_ACL_RESTRICTION");
    /// NA-10 to NA-12, W-6.
    Acl003 = "ACL003", "replies reach only part of the client's port range", None;
    /// RT-9.
    Rt001 = "RT001", "no route", Some("NO_ROUTE_TO_DESTINATION");
    /// RT-10, RT-11.
    Rt002 = "RT002", "the route is a black hole", Some("BAD_STATE_ROUTE");
    /// RT-9, W-4.
    Rt003 = "RT003", "no route back", Some("NO_ROUTE_TO_DESTINATION");
    /// RT-13, EN-3.
    Rt004 = "RT004", "the route is local, but nothing has this address", Some("NO_POSSIBLE_DESTINATION");
    /// RT-8.
    Rt005 = "RT005", "two equally good routes lead to different targets", None;
    /// AS-1, IG-5, PX-7.
    Rt006 = "RT006", "the reply leaves by another way than the request came", None;
    /// Algorithms, pitfall 7.
    Rt007 = "RT007", "the routes form a loop", None;
    /// IG-1.
    Igw001 = "IGW001", "the source has no public IP address", Some("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS");
    /// IG-1, RT-10.
    Igw002 = "IGW002", "the internet gateway is not attached", Some("BAD_STATE_ATTACHMENT");
    /// IG-2.
    Igw003 = "IGW003", "the destination has no public IP address", Some("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS");
    /// IG-1, IG-2.
    Igw004 = "IGW004", "a private address can't cross an internet gateway", Some("IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS");
    /// IG-10.
    Bpa001 = "BPA001", "VPC Block Public Access blocks it", Some("VPC_BLOCK_PUBLIC_ACCESS_ENABLED");
    /// IG-7.
    Eigw001 = "EIGW001", "an egress-only internet gateway lets no new flow in", None;
    /// NG-1, NG-2.
    Nat001 = "NAT001", "the NAT gateway's own subnet has no way out", Some("NO_ROUTE_TO_DESTINATION");
    /// NG-1.
    Nat002 = "NAT002", "the NAT gateway has no Elastic IP", Some("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS");
    /// NG-6, NG-7.
    Nat003 = "NAT003", "a NAT gateway takes no unsolicited traffic", None;
    /// EN-2, NG-11.
    Nat004 = "NAT004", "source/destination check is on at a forwarding instance", Some("ENI_SOURCE_DEST_CHECK_RESTRICTION");
    /// NG-4.
    Nat005 = "NAT005", "a NAT gateway forwards only TCP, UDP and ICMP", Some("PROTOCOL_RESTRICTION");
    /// NG-9.
    Nat006 = "NAT006", "the NAT gateway is not available", Some("BAD_STATE");
    /// PX-1, RT-11.
    Pcx001 = "PCX001", "the peering connection is not active", Some("BAD_STATE_ROUTE");
    /// PX-3, PX-4.
    Pcx002 = "PCX002", "a peering connection carries no transit", Some("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR");
    /// PX-2.
    Pcx003 = "PCX003", "the address ranges of peered VPCs overlap", None;
    /// TG-3.
    Tgw001 = "TGW001", "the attachment has no transit gateway route table", Some("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION");
    /// TG-3.
    Tgw002 = "TGW002", "no route in the transit gateway route table", Some("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT");
    /// TG-4, TG-5.
    Tgw003 = "TGW003", "the route in the transit gateway route table is a black hole", Some("TGW_RTB_BAD_STATE_ROUTE");
    /// TG-1.
    Tgw004 = "TGW004", "the attachment has no subnet in this zone", Some("TGW_ROUTE_AZ_RESTRICTION");
    /// TG-9, AS-1.
    Tgw005 = "TGW005", "the reply comes to an appliance in another zone", None;
    /// RT-13.
    Tgw006 = "TGW006", "the transit gateway attachment is not available", Some("BAD_STATE_ATTACHMENT");
    /// V6-1.
    Tgw007 = "TGW007", "the transit gateway attachment does not carry IPv6", None;
    /// EP-1.
    Vpe001 = "VPE001", "the gateway endpoint has no route in this table", Some("NO_ROUTE_TO_DESTINATION");
    /// EP-6.
    Vpe002 = "VPE002", "the VPC endpoint is not available", Some("BAD_STATE");
    /// EP-1.
    Vpe003 = "VPE003", "a gateway endpoint takes only TCP, and ICMP echo", Some("VPCE_GATEWAY_PROTOCOL_RESTRICTION");
    /// EP-1, PX-4.
    Vpe004 = "VPE004", "a gateway endpoint serves only its own VPC", None;
    /// EP-5.
    Vpe005 = "VPE005", "a VPC endpoint opens no connections", Some("VPCE_INTRA_VPC_TRAFFIC");
    /// EP-6.
    Vpe006 = "VPE006", "the endpoint service is not in this zone", Some("VPCE_SERVICE_NOT_INSTALLED_IN_AZ");
    /// VG-1.
    Vgw001 = "VGW001", "the virtual private gateway knows no line to it", Some("CANNOT_ROUTE");
    /// RT-13.
    Vgw002 = "VGW002", "the virtual private gateway is not attached", Some("BAD_STATE_ATTACHMENT");
    /// VG-5, PX-4.
    Vgw003 = "VGW003", "a virtual private gateway takes only what its VPC sends", Some("VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS");
    /// VG-5.
    Vgw004 = "VGW004", "a virtual private gateway delivers only into its VPC", Some("VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS");
    /// VG-7.
    Vpn001 = "VPN001", "the VPN connection is down", Some("BAD_STATE_VPN");
    /// VG-6.
    Vpn002 = "VPN002", "the VPN connection does not carry this address family", None;
    /// VG-3.
    Vpn003 = "VPN003", "the network on premises knows no way there", None;
    /// VG-9.
    Dx001 = "DX001", "the Direct Connect line is down", Some("BAD_STATE");
    /// LB-12.
    Lb001 = "LB001", "no listener of the load balancer takes it", Some("ELBV2_LISTENERS_MISMATCH");
    /// LB-12.
    Lb002 = "LB002", "the target group has no targets", Some("ELBV2_LISTENER_HAS_NO_TG");
    /// LB-11.
    Lb003 = "LB003", "the load balancer has no target in the zones that the node sends to", Some("ELBV2_NO_TARGETS_IN_AZ");
    /// EN-2, SG-17.
    Eni001 = "ENI001", "source/destination check drops a foreign address", Some("ENI_SOURCE_DEST_CHECK_RESTRICTION");
    /// EN-3.
    Eni002 = "ENI002", "the interface is detached, or its instance does not run", Some("BAD_STATE");
    /// V6-1.
    Eni003 = "ENI003", "the interface has no address of this family", Some("UNASSOCIATED_COMPONENT");
    /// EN-5.
    Eni004 = "ENI004", "the interface denies all internet gateway traffic", Some("ENI_ADDRESS_RESTRICTION");
    /// DN-1.
    Dns001 = "DNS001", "DNS support is off", None;
    /// DN-2, DN-3, PX-8.
    Dns002 = "DNS002", "this host-local service is not reachable from here", Some("NO_POSSIBLE_DESTINATION");
    /// A component of a later release.
    Und001 = "UND001", "the path uses something that is not modelled yet", None;
    /// Pitfall 15.
    Und002 = "UND002", "the input lacks what would decide", None;
    /// NA-8, RT-8.
    Und003 = "UND003", "the entries of a prefix list are not known", None;
    /// SG-11.
    Und004 = "UND004", "what a forwarding appliance does is not known", None;
    /// TG-2, TG-9.
    Und005 = "UND005", "it depends on which zone a transit gateway uses", None;
    /// TG-7.
    Und006 = "UND006", "whether a transit gateway sends packets back to where they came from is not documented", None;
    /// Templates: a value is known only after deployment, or nobody gave it.
    Und007 = "UND007", "a value that decides is not known", None;
    /// EN-7.
    Und008 = "UND008", "it depends on which address AWS picks", None;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Code {
    /// Whether it says that nobody can say, rather than that packets are dropped.
    pub const fn is_unknown(self) -> bool {
        matches!(
            self,
            Self::Und001
                | Self::Und002
                | Self::Und003
                | Self::Und004
                | Self::Und005
                | Self::Und006
                | Self::Und007
                | Self::Und008
                | Self::Rt005
        )
    }
}
