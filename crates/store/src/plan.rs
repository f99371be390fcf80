//! What an engine wants to know of a plan before it runs it, and what it answers where there is nothing.

use claviger_model::{ClassId, Model};
use claviger_query::{Base, Error, ErrorKind, Outcome, Output, Plan, Projection};

/// The cost of a plan does not grow with the data: one row by key. By another unique value it may, where no index finds it.
pub(crate) fn is_light(plan: &Plan) -> bool {
    match (plan.outcome(), plan.base()) {
        (Outcome::Entity(projection), Base::Key { .. }) => {
            plan.filter().is_none() && !plan.restrictions().hides_entities() && is_single_row(projection)
        }
        _ => false,
    }
}

/// True when one row of one statement holds all that is sent.
fn is_single_row(projection: &Projection) -> bool {
    projection.fields().iter().all(|field| match field.output() {
        Output::List(_) | Output::ExpandedMany(..) => false,
        Output::ExpandedOne(_, projection) | Output::Computed(_, projection) => is_single_row(projection),
        Output::Scalar | Output::Path(_) | Output::Media | Output::DeferredOne(_) | Output::DeferredMany => true,
    })
}

/// 1542, for an absent entity (`rest-dialect.md` 6.2, 6.3).
pub(crate) fn absent(model: &Model, class: ClassId, base: &Base) -> Error {
    let name = &model.dataclass(class).name;
    let message = match base {
        Base::Key { text, .. } | Base::Related { text, .. } => return Error::absent(name, text),
        Base::Unique { name: attribute, text, .. } => {
            format!("No entity of dataclass \"{name}\" has the value \"{text}\" in attribute \"{attribute}\"")
        }
        Base::All | Base::Set(_) | Base::RelatedToAny { .. } => format!("Dataclass \"{name}\" has no entity"),
    };
    Error::new(ErrorKind::NotFound, 1542, message)
}
