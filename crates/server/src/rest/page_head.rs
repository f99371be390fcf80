//! What stands at the head of a page beside its members: the explained filter (`rest-dialect.md` 7.5), the new set (11.1), the looker schema (7.4).

use claviger_model::value::write_json_string;
use claviger_model::{Kind, Model, ValueType};
use claviger_query::{Explain, ExplainNode, Output, Plan, Projection};
use claviger_store::sets::SetId;

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

    /// `"__queryPlan":…,"__queryPath":…` as asked for; `found` holds the matches of each condition in pre-order, `count` those of the whole.
    pub(super) fn write_explained(&self, out: &mut Vec<u8>, count: u64, found: &[u64]) {
        let Some(explain) = &self.explain else { return };
        if explain.plan {
            out.extend_from_slice(b"\"__queryPlan\":");
            write_plan(out, &explain.root);
        }
        if explain.path {
            if explain.plan {
                out.push(b',');
            }
            out.extend_from_slice(b"\"__queryPath\":{\"steps\":[");
            write_path(out, &explain.root, Some(count), &mut found.iter().copied());
            out.extend_from_slice(b"]}");
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
        Output::Path(steps) | Output::List(steps) => steps.last().copied().unwrap_or(attribute),
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

fn write_plan(out: &mut Vec<u8>, node: &ExplainNode) {
    out.push(b'{');
    match node {
        ExplainNode::And(parts) => write_plan_list(out, "And", parts),
        ExplainNode::Or(parts) => write_plan_list(out, "Or", parts),
        ExplainNode::Item { text, below, .. } => {
            out.extend_from_slice(b"\"item\":");
            write_json_string(out, text);
            if !below.is_empty() {
                out.push(b',');
                write_plan_list(out, "subquery", below);
            }
        }
    }
    out.push(b'}');
}

fn write_plan_list(out: &mut Vec<u8>, name: &str, parts: &[ExplainNode]) {
    write_json_string(out, name);
    out.extend_from_slice(b":[");
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_plan(out, part);
    }
    out.push(b']');
}

/// One step: description, matches where they are counted, and the steps below. A group inside a group has no count of its own.
fn write_path(out: &mut Vec<u8>, node: &ExplainNode, count: Option<u64>, found: &mut dyn Iterator<Item = u64>) {
    let (text, below, count) = match node {
        ExplainNode::And(parts) => ("AND", parts, count),
        ExplainNode::Or(parts) => ("OR", parts, count),
        ExplainNode::Item { text, below, .. } => (text.as_str(), below, found.next()),
    };
    out.extend_from_slice(b"{\"description\":");
    write_json_string(out, text);
    out.extend_from_slice(b",\"time\":0");
    if let Some(count) = count {
        out.extend_from_slice(format!(",\"recordsfounds\":{count}").as_bytes());
    }
    if !below.is_empty() {
        out.extend_from_slice(b",\"steps\":[");
        for (index, part) in below.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            write_path(out, part, None, found);
        }
        out.push(b']');
    }
    out.push(b'}');
}
