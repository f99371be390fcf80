//! What of an entity is sent: only attributes that the caller may read ever get into a [`Projection`].

use std::sync::Arc;

use claviger_model::value::write_json_string;
use claviger_model::{AttrRef, ClassId};

/// The attributes of one dataclass to send, in order.
#[derive(Debug)]
pub struct Projection {
    pub(crate) id: u64,
    pub(crate) class: ClassId,
    pub(crate) fields: Vec<Field>,
    pub(crate) invalid: bool,
    pub(crate) cut: bool,
    pub(crate) linked: bool,
    /// Dataclasses with a `restrict` whose entities it looks at besides those that it is of.
    pub(crate) restricted: Box<[ClassId]>,
}

/// One attribute to send.
#[derive(Debug)]
pub struct Field {
    name: Box<str>,
    member: Box<str>,
    attribute: AttrRef,
    output: Output,
}

/// How an attribute is sent.
#[derive(Clone, Debug)]
pub enum Output {
    /// Storage or calculated attribute of the row itself: one cell.
    Scalar,
    /// Alias of a scalar over N -> 1 relations: the relations to walk, then the storage or calculated attribute.
    Path(Vec<AttrRef>),
    /// Alias of a scalar through a 1 -> N relation: the distinct values that are not null, as a JSON array.
    List(Vec<AttrRef>),
    /// Image or blob: deferred, or null.
    Media,
    /// N -> 1, deferred: the relations to walk (one for a plain relation, more for an alias); the last is the one deferred.
    DeferredOne(Vec<AttrRef>),
    /// 1 -> N, deferred.
    DeferredMany,
    /// Computed by the operator's code, of the row itself or of one at the end of N -> 1 relations: these, then the computed attribute; and what
    /// the code is given of that row. The store sends it as an expanded N -> 1 relation ([`Self::ExpandedOne`]).
    Computed(Vec<AttrRef>, Arc<Projection>),
    /// N -> 1, expanded with this projection.
    ExpandedOne(Vec<AttrRef>, Arc<Projection>),
    /// 1 -> N, expanded with this projection; at most the target's default page is sent.
    ExpandedMany(Vec<AttrRef>, Arc<Projection>),
}

impl Projection {
    /// Unique in the process and stable while cached: two projections with one ID are the same one. Usable as a cache key for
    /// statements.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The dataclass.
    pub fn class(&self) -> ClassId {
        self.class
    }

    /// The attributes to send.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// An attribute was asked for by name that may not be read: each entity carries `"__INVALID": 1` (`roles-privileges.md` 6.3).
    pub fn is_invalid(&self) -> bool {
        self.invalid
    }

    /// The entity was cut down with `$attributes` (not `*`, not a path list): date-only values then have their second form (`rest-dialect.md` 5.4).
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Some field is sent as a link below the entity's own.
    pub fn is_linked(&self) -> bool {
        self.linked
    }
}

impl Field {
    pub(crate) fn new(name: &str, attribute: AttrRef, output: Output) -> Self {
        let mut member = Vec::with_capacity(name.len() + 3);
        write_json_string(&mut member, name);
        member.push(b':');
        Self { name: name.into(), member: String::from_utf8_lossy(&member).into(), attribute, output }
    }

    /// Member name in the entity object (a dotted name for looker columns).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name as it stands in JSON, with its colon: `"name":`. Written once here instead of once per row.
    pub fn member(&self) -> &str {
        &self.member
    }

    /// The attribute of the projection's dataclass (the alias itself, for an alias).
    pub fn attribute(&self) -> AttrRef {
        self.attribute
    }

    /// How it is sent.
    pub fn output(&self) -> &Output {
        &self.output
    }
}
