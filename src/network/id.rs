//! Typed indices: a subnet's number can't be used as a route table's.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl Index for $name {
            fn from_usize(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
            fn to_usize(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

/// A number that stands for one thing of a kind.
pub trait Index: Copy {
    /// The id at that position.
    fn from_usize(index: usize) -> Self;
    /// The position of the id.
    fn to_usize(self) -> usize;
}

ids! {
    /// A VPC.
    VpcId,
    /// A subnet.
    SubnetId,
    /// A route table.
    RouteTableId,
    /// A network ACL.
    NetworkAclId,
    /// A security group.
    SecurityGroupId,
    /// An instance, or another owner of interfaces.
    InstanceId,
    /// A network interface.
    InterfaceId,
    /// An internet gateway.
    InternetGatewayId,
    /// An egress-only internet gateway.
    EgressOnlyInternetGatewayId,
    /// A NAT gateway.
    NatGatewayId,
    /// A peering connection.
    PeeringId,
    /// A transit gateway.
    TransitGatewayId,
    /// An attachment of a transit gateway.
    AttachmentId,
    /// A gateway endpoint.
    GatewayEndpointId,
    /// A named network.
    NamedNetworkId,
    /// A virtual private gateway.
    VpnGatewayId,
    /// A VPN connection or Direct Connect line, with its end in AWS.
    LineId,
    /// A network of one's own, behind lines.
    SiteId,
    /// Something read but not modelled.
    UnmodelledId,
}

/// Things of one kind, found by their id.
#[derive(Clone, Debug)]
pub struct Arena<I, T> {
    items: Vec<T>,
    index: std::marker::PhantomData<I>,
}

impl<I, T> Default for Arena<I, T> {
    fn default() -> Self {
        Self { items: Vec::new(), index: std::marker::PhantomData }
    }
}

impl<I: Index, T> Arena<I, T> {
    /// Adds a thing.
    pub fn push(&mut self, item: T) -> I {
        let id = I::from_usize(self.items.len());
        self.items.push(item);
        id
    }

    /// All things with their ids, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &T)> {
        self.items.iter().enumerate().map(|(index, item)| (I::from_usize(index), item))
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::from_usize)
    }

    /// How many things.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "ids are only made by `push` of the same arena, which never shrinks"
)]
impl<I: Index, T> std::ops::Index<I> for Arena<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        &self.items[id.to_usize()]
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "ids are only made by `push` of the same arena, which never shrinks"
)]
impl<I: Index, T> std::ops::IndexMut<I> for Arena<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.to_usize()]
    }
}
