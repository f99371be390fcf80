//! `$catalog`: which dataclasses and attributes a caller sees described (`rest-dialect.md` 8, `roles-privileges.md` 6.5).
//! (Written by the lead: the planner calls [`catalog`].)

use claviger_access::{Action, Grants};
use claviger_model::{Dataclass, Kind, Model};

use crate::ask::{Catalog, CatalogClass, Options};
use crate::error::{Error, ErrorKind};

/// The catalog of all dataclasses (`names` is `None`), or of those named, in the order named.
///
/// # Errors
/// 404/1800 for a dataclass that does not exist, is not exposed, or is not described to this caller.
pub fn catalog(model: &Model, grants: &Grants, options: &Options, names: Option<&[&str]>, full: bool) -> Result<Catalog, Error> {
    let dataclasses = match names {
        None => model.dataclasses().iter().filter(|dataclass| is_visible(grants, options, dataclass)).map(|dataclass| listed(model, grants, options, dataclass)).collect(),
        Some(names) => names
            .iter()
            .map(|name| match model.find(name).filter(|dataclass| is_visible(grants, options, dataclass)) {
                Some(dataclass) => Ok(listed(model, grants, options, dataclass)),
                None => Err(Error::new(ErrorKind::NotFound, 1800, format!("The \"{name}\" dataclass cannot be found"))),
            })
            .collect::<Result<_, _>>()?,
    };
    Ok(Catalog { full, dataclasses })
}

fn is_visible(grants: &Grants, options: &Options, dataclass: &Dataclass) -> bool {
    dataclass.exposed && grants.describes(dataclass.id) && (!options.catalog_readable || grants.dataclass(dataclass.id, Action::Read))
}

fn listed(model: &Model, grants: &Grants, options: &Options, dataclass: &Dataclass) -> CatalogClass {
    let attributes = dataclass.attributes.iter().filter(|attribute| {
        let at = dataclass.at(attribute.id);
        // A relation to a dataclass that is left out would lead nowhere.
        let target = match &attribute.kind {
            Kind::RelatedEntity(relation) => Some(relation.target),
            Kind::RelatedEntities(relation) => Some(relation.target),
            Kind::Storage(_) | Kind::Alias(_) | Kind::Calculated(_) => None,
        };
        attribute.exposed
            && grants.describes_attribute(at)
            && (!options.catalog_readable || grants.attribute(at, Action::Read))
            && target.is_none_or(|target| is_visible(grants, options, model.dataclass(target)))
    });
    CatalogClass { class: dataclass.id, attributes: attributes.map(|attribute| attribute.id).collect() }
}
