//! Computed attributes: what the operator's code adds to the attributes of a dataclass (`functions.md` 1, `data-model.md` 3.5).

use crate::attribute::{Attribute, Calculated, Computation, Getter, Kind, StorageType};
use crate::model::{AttrId, AttrRef, ClassId, Dataclass, Model};
use crate::names;

/// A getter of an entity class whose type is declared.
#[derive(Clone, Debug)]
pub struct ComputedAttribute {
    /// Of the getter.
    pub name: String,
    /// Declared.
    pub ty: StorageType,
    /// It is for requests, too.
    pub exposed: bool,
    /// There is a setter.
    pub writable: bool,
    /// What else there is.
    pub getter: Getter,
}

impl Model {
    /// Adds a computed attribute, behind all others, so that handles stay what they are. One that the model file declares and nothing has
    /// implemented gets its implementation, and aliases that wait for it become aliases.
    ///
    /// A database is laid out by the model of the file and knows nothing of such attributes.
    pub fn compute(&mut self, class: ClassId, computed: ComputedAttribute) {
        let database = self.name.clone();
        let ComputedAttribute { name, ty, exposed, writable, getter } = computed;
        let dataclass = &mut self.dataclasses[usize::from(class.0)];
        let exposed = exposed && dataclass.exposed;
        let by = Computation::Getter(getter);
        let at = match dataclass.by_name.get(&name).copied() {
            Some(id) => {
                let attribute = &mut dataclass.attributes[usize::from(id.0)];
                let simple_date = matches!(&attribute.kind, Kind::Calculated(declared) if declared.simple_date) && ty == StorageType::Date;
                attribute.kind = Kind::Calculated(Calculated { ty, simple_date, by });
                (attribute.exposed, attribute.read_only) = (exposed, !writable);
                dataclass.at(id)
            }
            None => {
                let id = AttrId(dataclass.attributes.len() as u16);
                let uuid = names::derive_uuid(&[&database, &dataclass.name, &name]);
                let kind = Kind::Calculated(Calculated { ty, simple_date: false, by });
                dataclass.by_name.insert(name.clone(), id);
                dataclass.attributes.push(Attribute { id, name, exposed, uuid, read_only: !writable, implicit: false, kind });
                dataclass.at(id)
            }
        };
        self.settle_waiting(at);
    }

    /// Aliases that wait for this attribute have what they lead to.
    fn settle_waiting(&mut self, at: AttrRef) {
        let is_exposed = |model: &Self, step: &AttrRef| model.attribute(*step).exposed;
        for class in 0..self.dataclasses.len() {
            for index in 0..self.dataclasses[class].attributes.len() {
                let Kind::Calculated(Calculated { by: Computation::Missing(Some(waiting)), .. }) =
                    &self.dataclasses[class].attributes[index].kind
                else {
                    continue;
                };
                if waiting.alias.steps.last() != Some(&at) {
                    continue;
                }
                let exposed = waiting.exposed && waiting.alias.steps.iter().all(|step| is_exposed(self, step));
                let alias = waiting.alias.clone();
                let attribute = &mut self.dataclasses[class].attributes[index];
                attribute.kind = Kind::Alias(alias);
                (attribute.exposed, attribute.read_only) = (exposed, true);
            }
        }
    }
}

impl Dataclass {
    /// An attribute that the model file declares without saying how it is computed.
    pub fn is_declared_only(&self, name: &str) -> bool {
        self.find(name)
            .is_some_and(|attribute| matches!(&attribute.kind, Kind::Calculated(Calculated { by: Computation::Missing(None), .. })))
    }
}
