//! What stands at the head of a page beside its members: the explained filter (`rest-dialect.md` 7.5), the new set (11.1), the looker schema (7.4).

use claviger_model::value::write_json_string;
use claviger_model::{Kind, Model, ValueType};
use claviger_query::{Explain, Output, Plan, Projection};
use claviger_store::sets::SetId;

use super::explained;

/// Made from the plan before it runs.
#[derive(Debug)]
pub(super) struct PageHead {
    explain: Option<Explain>,
    filtered: bool,
    /// The set that was stored.
    set: Option<SetId>,
}

impl PageHead {
    pub(super) fn of(plan: &Plan, set: Option<SetId>) -> Self {
        Self { explain: plan.explain().cloned(), filtered: plan.filter().is_some(), set }
    }

    /// The set that was stored by the request.
    pub(super) fn stored(&self) -> Option<SetId> {
        self.set
    }

    /// A filter was applied (`filtersApplied`).
    pub(super) fn is_filtered(&self) -> bool {
        self.filtered
    }

    /// The explained filter as asked for; `found` holds the matches of each condition in pre-order, `count` those of the whole.
    pub(super) fn write_explained(&self, out: &mut Vec<u8>, count: u64, found: &[u64]) {
        if let Some(explain) = &self.explain {
            explained::write(out, explain, count, found);
        }
    }

    /// `"schema":[…]` of the projection's columns.
    pub(super) fn write_looker_schema(out: &mut Vec<u8>, model: &Model, projection: &Projection) {
        out.extend_from_slice(b"\"schema\":[");
        for (index, field) in projection.fields().iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let column = LookerType::of(column_type(model, field.output(), field.attribute()));
            out.extend_from_slice(b"{\"name\":");
            write_json_string(out, field.name());
            out.extend_from_slice(column.json().as_bytes());
        }
        out.push(b']');
    }
}

/// The type of a looker column.
fn column_type(model: &Model, output: &Output, attribute: claviger_model::AttrRef) -> ValueType {
    let at = match output {
        Output::Path(steps) | Output::List(steps) | Output::Computed(steps, _) => steps.last().copied().unwrap_or(attribute),
        _ => attribute,
    };
    match &model.attribute(at).kind {
        Kind::Storage(storage) => storage.value_type(),
        Kind::Calculated(calculated) => calculated.value_type(),
        Kind::Alias(alias) => {
            alias.steps.last().and_then(|at| model.attribute(*at).storage()).map_or(ValueType::Text, claviger_model::Storage::value_type)
        }
        Kind::RelatedEntity(_) | Kind::RelatedEntities(_) => ValueType::Text,
    }
}

#[derive(Clone, Copy)]
enum LookerType {
    Number,
    Text,
    Boolean,
    Date,
}

impl LookerType {
    fn of(ty: ValueType) -> Self {
        match ty {
            ValueType::Int | ValueType::Double | ValueType::Decimal | ValueType::Duration => Self::Number,
            ValueType::Bool => Self::Boolean,
            ValueType::Date | ValueType::Instant => Self::Date,
            ValueType::Text | ValueType::Uuid | ValueType::Object | ValueType::Image | ValueType::Blob => Self::Text,
        }
    }

    fn json(self) -> &'static str {
        match self {
            Self::Number => {
                r#","dataType":"NUMBER","semantics":{"conceptType":"METRIC","semanticGroup":"NUMERIC","semanticType":"NUMBER"}}"#
            }
            Self::Text => r#","dataType":"STRING","semantics":{"conceptType":"DIMENSION","semanticGroup":"TEXT","semanticType":"TEXT"}}"#,
            Self::Boolean => {
                r#","dataType":"BOOLEAN","semantics":{"conceptType":"DIMENSION","semanticGroup":"BOOLEAN","semanticType":"BOOLEAN"}}"#
            }
            Self::Date => {
                r#","dataType":"STRING","semantics":{"conceptType":"DIMENSION","semanticGroup":"DATETIME","semanticType":"YEAR_MONTH_DAY"}}"#
            }
        }
    }
}
