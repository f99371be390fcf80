//! Permissions of one caller against one model, computed once (`roles-privileges.md` 4).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use claviger_model::{AttrRef, ClassId, FunctionId, FunctionName, FunctionScope, Model};

use crate::decide::Decider;
use crate::roles::{PrivilegeSet, ResourceType, Roles, WEB_ADMIN};

/// What is done to a resource (`roles-privileges.md` 3). `promote` is no action of a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names are those of roles-privileges.md 3")]
pub enum Action {
    Create,
    Read,
    Update,
    Drop,
    Execute,
    Describe,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 6] = [Self::Create, Self::Read, Self::Update, Self::Drop, Self::Execute, Self::Describe];

    /// The name in the roles file and in the error texts of section 6.1 (where `drop` is called "remove").
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Drop => "drop",
            Self::Execute => "execute",
            Self::Describe => "describe",
        }
    }

    /// By the name in the roles file; `delete` is accepted for `drop`, as consoles call it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name).or((name == "delete").then_some(Self::Drop))
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// Where a function lives (`roles-privileges.md` 2), by name. Functions of a dataclass, its entities and its selections share one name space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope<'a> {
    /// `ds.stats`.
    Datastore,
    /// `Book.lendTo`.
    Dataclass(&'a str),
    /// `Mailer.ping`.
    Singleton(&'a str),
}

impl<'a> Scope<'a> {
    /// Where a function of the model is.
    pub fn of(function: &'a FunctionName, model: &'a Model) -> Self {
        match &function.scope {
            FunctionScope::Datastore => Self::Datastore,
            FunctionScope::Dataclass(class) => Self::Dataclass(&model.dataclass(*class).name),
            FunctionScope::Singleton(name) => Self::Singleton(name),
        }
    }

    /// What an entry of the roles file about its functions has as `type`.
    pub(crate) fn resource_type(self) -> ResourceType {
        match self {
            Self::Datastore | Self::Dataclass(_) => ResourceType::Method,
            Self::Singleton(_) => ResourceType::SingletonMethod,
        }
    }

    /// What stands before the dot.
    pub(crate) fn name(self) -> &'a str {
        match self {
            Self::Datastore => "ds",
            Self::Dataclass(name) | Self::Singleton(name) => name,
        }
    }

    /// What an entry about a function has as `applyTo`.
    pub(crate) fn path(self, function: &str) -> String {
        format!("{}.{function}", self.name())
    }
}

/// A set of small numbers.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    fn set(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    fn get(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }
}

/// The resolved permissions of one role (or of an Administration key) against one model.
///
/// Exposure is not asked here: a dataclass or attribute that is not exposed does not exist for a request, whatever the permissions.
#[derive(Clone, Debug)]
pub struct Grants {
    pub(crate) id: u64,
    /// The model they were computed for ([`Model::number`]).
    model: u64,
    /// None: an Administration key, which passes every test (section 5).
    holder: Option<Holder>,
    /// Per action, by [`ClassId`].
    dataclasses: [Bits; 6],
    /// Per action, by the attribute's number in the model.
    attributes: [Bits; 6],
    own_lists: [Bits; 6],
    /// To execute, by [`FunctionId`].
    functions: Bits,
    /// To be listed in the catalog, by [`FunctionId`].
    described: Bits,
    /// See [`Self::guarded`].
    guarded: Box<[String]>,
    /// Number of each dataclass's first attribute.
    offsets: Arc<[usize]>,
}

/// Whose permissions they are, kept for functions: their names are not part of the model.
#[derive(Clone, Debug)]
struct Holder {
    roles: Roles,
    held: PrivilegeSet,
}

/// Numbers are never reused in a process, so that a cache keyed by them cannot mix up two computations.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Grants {
    /// Permissions of a role. No role, or one that is not declared (a key whose role was removed): those of a guest.
    pub fn for_role(roles: &Roles, role: Option<&str>, model: &Model) -> Self {
        Self::compute(Holder { roles: roles.clone(), held: roles.session(role) }, model)
    }

    /// Permissions of an Administration key: everything (`roles-privileges.md` 5, `api-keys.md` O-7).
    pub fn administration(model: &Model) -> Self {
        let mut grants = Self::empty(None, model);
        for bits in grants.dataclasses.iter_mut().chain(&mut grants.attributes).chain([&mut grants.functions, &mut grants.described]) {
            bits.0.fill(u64::MAX);
        }
        grants
    }

    fn empty(holder: Option<Holder>, model: &Model) -> Self {
        let mut count = 0;
        let mut offsets = Vec::with_capacity(model.dataclasses().len());
        for class in model.dataclasses() {
            offsets.push(count);
            count += class.attributes.len();
        }
        let bits = |len: usize| std::array::from_fn(|_| Bits::new(len));
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            model: model.number(),
            holder,
            dataclasses: bits(model.dataclasses().len()),
            attributes: bits(count),
            own_lists: bits(count),
            functions: Bits::new(model.functions().count()),
            described: Bits::new(model.functions().count()),
            guarded: Box::default(),
            offsets: offsets.into(),
        }
    }

    fn compute(holder: Holder, model: &Model) -> Self {
        let mut grants = Self::empty(None, model);
        let decider = Decider::new(&holder.roles, &holder.held);
        for class in model.dataclasses() {
            for action in Action::ALL {
                if decider.dataclass(&class.name, action).allowed {
                    grants.dataclasses[action.index()].set(usize::from(class.id.0));
                }
            }
            for attribute in &class.attributes {
                let number = grants.offsets[usize::from(class.id.0)] + usize::from(attribute.id.0);
                for action in Action::ALL {
                    if decider.attribute_of(class, attribute, action).allowed {
                        grants.attributes[action.index()].set(number);
                    }
                    if decider.has_list(class, attribute, action) {
                        grants.own_lists[action.index()].set(number);
                    }
                }
            }
        }
        for (id, function) in model.functions().names() {
            let scope = Scope::of(function, model);
            if decider.function(scope, &function.name, Action::Execute).allowed {
                grants.functions.set(id.index());
            }
            if decider.function(scope, &function.name, Action::Describe).allowed {
                grants.described.set(id.index());
            }
        }
        let is_guarded = |(id, function): &(FunctionId, &FunctionName)| {
            !grants.executes(*id) || holder.roles.promotes(Scope::of(function, model), &function.name).is_some()
        };
        grants.guarded = model.functions().all_exposed().filter(is_guarded).map(|(_, function)| function.path(model)).collect();
        grants.holder = Some(holder);
        grants
    }

    /// `function(...)` of 4.3 for a function of the model.
    pub fn executes(&self, function: FunctionId) -> bool {
        self.functions.get(function.index())
    }

    /// Unique in the process for each computed value: usable as a cache key.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// True when they were computed for this model: with another one their answers mean nothing.
    pub fn is_for(&self, model: &Model) -> bool {
        self.model == model.number()
    }

    /// True for the permissions of an Administration key, which alone may ask `$info` (4.4).
    pub fn is_administration(&self) -> bool {
        self.holder.is_none()
    }

    /// `dataclass(C, action)` of `roles-privileges.md` 4.3.
    pub fn dataclass(&self, class: ClassId, action: Action) -> bool {
        self.dataclasses[action.index()].get(usize::from(class.0))
    }

    /// `attribute(C, a, action)` of 4.3: includes the test of the dataclass. A relation and its foreign key attributes are one value in two
    /// guises: a list on either guards both, for reading as for changing.
    pub fn attribute(&self, attribute: AttrRef, action: Action) -> bool {
        self.number(attribute).is_some_and(|number| self.attributes[action.index()].get(number))
    }

    /// True when the attribute (or the relation or foreign key attribute of the same value) has a list of its own for the action (rules A-5,
    /// Never for an Administration key.
    pub fn has_own_list(&self, attribute: AttrRef, action: Action) -> bool {
        self.number(attribute).is_some_and(|number| self.own_lists[action.index()].get(number))
    }

    /// True when the catalog lists the dataclass: no `describe` list, or one that is satisfied (6.5).
    pub fn describes(&self, class: ClassId) -> bool {
        self.dataclass(class, Action::Describe)
    }

    /// True when the catalog lists the attribute (6.5).
    pub fn describes_attribute(&self, attribute: AttrRef) -> bool {
        self.attribute(attribute, Action::Describe)
    }

    /// True when the catalog lists the function (6.5).
    pub fn describes_function(&self, function: FunctionId) -> bool {
        self.described.get(function.index())
    }

    /// Exposed functions that this caller may not call, and those that lend him something: `Book.lendTo`. To call one from inside another is to ask.
    pub fn guarded(&self) -> &[String] {
        &self.guarded
    }

    /// `function(...)` of 4.3: may the function be called.
    pub fn function(&self, scope: Scope<'_>, name: &str) -> bool {
        let Some(holder) = &self.holder else { return true };
        Decider::new(&holder.roles, &holder.held).function(scope, name, Action::Execute).allowed
    }

    /// True when the function lends privileges while it runs (section 7).
    pub fn is_promoted(&self, scope: Scope<'_>, name: &str) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.roles.promotes(scope, name).is_some())
    }

    /// The same permissions and those of one more privilege, with what it includes (PR-10); `None` when it is not declared, or is held
    /// already.
    pub fn promoted(&self, privilege: &str, model: &Model) -> Option<Self> {
        let holder = self.holder.as_ref()?;
        let id = holder.roles.privilege(privilege).filter(|id| !holder.held.contains(*id))?;
        let mut held = holder.held.clone();
        held.unite(&holder.roles.closure([id]));
        // `WebAdmin` is never lent.
        if !held.contains(id) {
            return None;
        }
        Some(Self::compute(Holder { roles: holder.roles.clone(), held }, model))
    }

    /// Permissions of somebody with these privileges and roles, names that are not declared ignored (`setPrivileges`), and with `guest`. An
    /// Administration key's are not changed.
    pub fn replaced<'n>(
        &self,
        privileges: impl IntoIterator<Item = &'n str>,
        roles: impl IntoIterator<Item = &'n str>,
        model: &Model,
    ) -> Self {
        let Some(holder) = &self.holder else { return self.clone() };
        let mut held = holder.roles.session(None);
        held.unite(&holder.roles.closure(privileges.into_iter().filter_map(|name| holder.roles.privilege(name))));
        for role in roles {
            held.unite(&holder.roles.session(Some(role)));
        }
        Self::compute(Holder { roles: holder.roles.clone(), held }, model)
    }

    /// Effective permissions while a function runs for this caller: these, and what the function's `promote` lists lend, with what
    /// they include (section 7, PR-1 to PR-7). Says nothing about whether the function may be called.
    pub fn inside(&self, scope: Scope<'_>, name: &str, model: &Model) -> Self {
        let Some(holder) = &self.holder else { return self.clone() };
        let Some(list) = holder.roles.promotes(scope, name) else { return self.clone() };
        let mut held = holder.held.clone();
        held.unite(&holder.roles.closure(list.privileges.iter()));
        Self::compute(Holder { roles: holder.roles.clone(), held }, model)
    }

    /// True when the caller holds the privilege, whatever the case of its name (PR-9). An Administration key holds `WebAdmin` (O-7).
    pub fn has_privilege(&self, name: &str) -> bool {
        match &self.holder {
            None => name.eq_ignore_ascii_case(WEB_ADMIN),
            Some(holder) => holder.roles.privilege(name).is_some_and(|id| holder.held.contains(id)),
        }
    }

    /// Names of the privileges held, as declared.
    pub fn privileges(&self) -> Vec<String> {
        match &self.holder {
            None => vec![WEB_ADMIN.to_owned()],
            Some(holder) => holder.roles.privilege_names(&holder.held),
        }
    }

    fn number(&self, at: AttrRef) -> Option<usize> {
        Some(self.offsets.get(usize::from(at.class.0))? + usize::from(at.attr.0))
    }
}
