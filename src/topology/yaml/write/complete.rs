//! That everything is written: a new field of the model does not compile here, and leads whoever adds it to the writer.

use crate::topology::*;

const _: fn(Topology) = |Topology {
                             sources: _,
                             defaults: _,
                             completeness: _,
                             prefix_lists: _,
                             networks: _,
                             vpcs: _,
                             peering_connections: _,
                             transit_gateways: _,
                             endpoint_services: _,
                             customer_gateways: _,
                             vpn_connections: _,
                             direct_connect_gateways: _,
                             virtual_interfaces: _,
                             unmodelled: _,
                             tests: _,
                             lint: _,
                         }| {};
const _: fn(PrefixList) = |PrefixList { entries: _, max_entries: _ }| {};
const _: fn(NamedNetwork) = |NamedNetwork { cidrs: _, routes_back: _, on_premises: _ }| {};
const _: fn(Unmodelled) =
    |Unmodelled { kind: _, vpc: _, name: _, addresses: _, subnets: _, security_groups: _, why: _ }| {};
const _: fn(Vpc) = |Vpc {
                        cidrs: _,
                        ipv6_cidrs: _,
                        region: _,
                        account: _,
                        dns_support: _,
                        internet_gateway: _,
                        egress_only_internet_gateway: _,
                        vpn_gateway: _,
                        block_public_access: _,
                        nat_gateways: _,
                        route_tables: _,
                        main_route_table: _,
                        subnets: _,
                        network_acls: _,
                        default_network_acl: _,
                        security_groups: _,
                        default_security_group: _,
                        instances: _,
                        endpoints: _,
                        load_balancers: _,
                        target_groups: _,
                    }| {};
const _: fn(Subnet) = |Subnet {
                           cidr: _,
                           ipv6_cidr: _,
                           az: _,
                           route_table: _,
                           routes: _,
                           network_acl: _,
                           auto_assign_public_ip: _,
                           auto_assign_ipv6: _,
                       }| {};
const _: fn(InternetGateway) = |InternetGateway { name: _, attached: _, route_table: _ }| {};
const _: fn(EgressOnlyInternetGateway) = |EgressOnlyInternetGateway { name: _ }| {};
const _: fn(NatGateway) =
    |NatGateway { subnet: _, connectivity: _, state: _, private_ip: _, public_ip: _, place: _ }| {};
const _: fn(PeeringConnection) = |PeeringConnection {
                                      requester: _,
                                      accepter: _,
                                      status: _,
                                      requester_cidrs: _,
                                      accepter_cidrs: _,
                                      place: _,
                                  }| {};
const _: fn(Instance) = |Instance {
                             kind: _,
                             state: _,
                             group: _,
                             ephemeral_ports: _,
                             policy_routing: _,
                             one_per_subnet: _,
                             interfaces: _,
                             place: _,
                         }| {};
const _: fn(Interface) = |Interface {
                              subnet: _,
                              ips: _,
                              ipv6: _,
                              public_ip: _,
                              public_ips: _,
                              security_groups: _,
                              more_security_groups: _,
                              source_dest_check: _,
                              attached: _,
                              deny_all_igw_traffic: _,
                              place: _,
                          }| {};
const _: fn(PublicAddress) = |PublicAddress { private: _, public: _ }| {};
const _: fn(RouteTable) = |RouteTable { routes: _, propagating: _ }| {};
const _: fn(Route) = |Route { destination: _, target: _, state: _, origin: _, place: _ }| {};
const _: fn(NetworkAcl) = |NetworkAcl { inbound: _, outbound: _ }| {};
const _: fn(AclRule) = |AclRule { number: _, action: _, traffic: _, peer: _, place: _ }| {};
const _: fn(SecurityGroup) = |SecurityGroup { inbound: _, outbound: _, place: _ }| {};
const _: fn(SecurityGroupRule) = |SecurityGroupRule { traffic: _, peer: _, id: _, place: _ }| {};
const _: fn(Traffic) = |Traffic {
                            protocol: _,
                            protocol_place: _,
                            ports: _,
                            ports_place: _,
                            icmp_type: _,
                            icmp_code: _,
                            preset: _,
                        }| {};
const _: fn(BlockPublicAccess) = |BlockPublicAccess { mode: _, exclusion: _, exclusions: _, place: _ }| {};
const _: fn(VpcEndpoint) = |VpcEndpoint { kind: _, service: _, available: _, private_dns: _, place: _ }| {};
const _: fn(EndpointService) =
    |EndpointService { load_balancer: _, zones: _, acceptance_required: _, place: _ }| {};
const _: fn(LoadBalancer) = |LoadBalancer { listeners: _, place: _ }| {};
const _: fn(Listener) = |Listener { port: _, target_group: _, place: _ }| {};
const _: fn(TargetGroup) =
    |TargetGroup { targets: _, port: _, health_check_port: _, cross_zone: _, foreign: _, place: _ }| {};
const _: fn(VpnGateway) = |VpnGateway { name: _, attached: _, route_table: _, more_lines: _ }| {};
const _: fn(CustomerGateway) = |CustomerGateway { public_ip: _, place: _ }| {};
const _: fn(VpnConnection) = |VpnConnection {
                                  gateway: _,
                                  customer_gateway: _,
                                  network: _,
                                  routing: _,
                                  static_routes: _,
                                  advertised: _,
                                  tunnels: _,
                                  ipv6: _,
                                  place: _,
                              }| {};
const _: fn(DirectConnectGateway) = |DirectConnectGateway {
                                         gateways: _,
                                         allowed_prefixes: _,
                                         network: _,
                                         advertised: _,
                                         state: _,
                                         place: _,
                                     }| {};
const _: fn(VirtualInterface) =
    |VirtualInterface { gateway: _, network: _, advertised: _, state: _, place: _ }| {};
const _: fn(TransitGateway) =
    |TransitGateway { security_group_referencing: _, attachments: _, route_tables: _, place: _ }| {};
const _: fn(TransitGatewayAttachment) = |TransitGatewayAttachment {
                                             to: _,
                                             available: _,
                                             appliance_mode: _,
                                             ipv6: _,
                                             security_group_referencing: _,
                                             association_unknown: _,
                                             place: _,
                                         }| {};
const _: fn(TransitGatewayRouteTable) =
    |TransitGatewayRouteTable { associations: _, propagations: _, table: _, routes_missing: _, place: _ }| {};
const _: fn(TestCase) = |TestCase {
                             name: _,
                             from: _,
                             to: _,
                             allow: _,
                             deny: _,
                             only_from: _,
                             expect: _,
                             because: _,
                             client: _,
                             family: _,
                             to_public_ip: _,
                             soft: _,
                             skip: _,
                             place: _,
                         }| {};
const _: fn(LintSettings) = |LintSettings { deny: _, warn: _, allow: _ }| {};
