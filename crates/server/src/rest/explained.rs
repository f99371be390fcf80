//! The explained filter at the head of a page (`rest-dialect.md` 7.5): `__queryPlan` and `__queryPath` as texts in a tree, and both in extended
//! form, as nodes in parts.

use claviger_model::value::write_json_string;
use claviger_query::{Explain, ExplainDetail, ExplainNode};
use serde_json::{Map, Value, json};

/// Members of the page, without a comma at either end. `found` holds the matches of each item in pre-order, `count` those of the whole.
pub(super) fn write(out: &mut Vec<u8>, explain: &Explain, count: u64, found: &[u64]) {
    if explain.plan {
        out.extend_from_slice(b"\"__queryPlan\":");
        write_plan(out, &explain.root);
        write_extended(out, "__extendedQueryPlan", &node(&explain.root, None, &mut None));
    }
    if explain.path {
        if explain.plan {
            out.push(b',');
        }
        out.extend_from_slice(b"\"__queryPath\":{\"steps\":[");
        write_path(out, &explain.root, Some(count), &mut found.iter().copied());
        out.extend_from_slice(b"]}");
        let mut found = found.iter().copied();
        write_extended(out, "__extendedQueryPath", &node(&explain.root, Some(count), &mut Some(&mut found)));
    }
}

fn write_extended(out: &mut Vec<u8>, name: &str, node: &Value) {
    out.extend_from_slice(format!(",\"{name}\":{node}").as_bytes());
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

/// One step: description, matches where they are counted, and the steps below. A group inside a group has no count of its own; the
/// conditions on a joined dataclass stand in a step of their own.
fn write_path(out: &mut Vec<u8>, node: &ExplainNode, count: Option<u64>, found: &mut dyn Iterator<Item = u64>) {
    let (text, below, count, is_join) = match node {
        ExplainNode::And(parts) => ("AND", parts, count, false),
        ExplainNode::Or(parts) => ("OR", parts, count, false),
        ExplainNode::Item { text, below, detail, .. } => (text.as_str(), below, found.next(), matches!(detail, ExplainDetail::Join { .. })),
    };
    out.extend_from_slice(b"{\"description\":");
    write_json_string(out, text);
    out.extend_from_slice(b",\"time\":0");
    if let Some(count) = count {
        out.extend_from_slice(format!(",\"recordsfounds\":{count}").as_bytes());
    }
    if !below.is_empty() {
        out.extend_from_slice(if is_join { b",\"steps\":[{\"steps\":[" } else { b",\"steps\":[" });
        for (index, part) in below.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            write_path(out, part, None, found);
        }
        out.extend_from_slice(if is_join { b"]}]" } else { b"]" });
    }
    out.push(b'}');
}

/// A node of the extended forms. `found`: matches of the items to come, for a path; none for a plan.
fn node(explained: &ExplainNode, count: Option<u64>, found: &mut Option<&mut dyn Iterator<Item = u64>>) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    let is_path = found.is_some();
    let count = match explained {
        ExplainNode::And(parts) | ExplainNode::Or(parts) => {
            put("type", json!("LogicOperatorNode"));
            put("logicOper", json!(if matches!(explained, ExplainNode::And(_)) { "And" } else { "Or" }));
            put("parts", parts.iter().map(|part| node(part, None, found)).collect());
            count
        }
        ExplainNode::Item { detail, below, .. } => {
            let count = found.as_mut().and_then(|found| found.next());
            let mut parts: Vec<Value> = below.iter().map(|part| node(part, None, found)).collect();
            match detail {
                ExplainDetail::Not => {
                    put("type", json!("LogicOperatorNode"));
                    put("logicOper", json!("Not"));
                    put("parts", Value::Array(parts));
                }
                ExplainDetail::Join { target, instance, path } => {
                    put("type", json!("JoinNode"));
                    put("targetTable", json!(target));
                    put("instance", json!(instance));
                    put("joinPath", json!([path]));
                    put("filter", parts.pop().unwrap_or_default());
                }
                ExplainDetail::Condition { table, instance, field, oper, value } => {
                    put("type", json!("SeqNode"));
                    put("field", json!(field));
                    put("table", json!(table));
                    put("instance", json!(instance));
                    put("oper", json!(format!(" {oper} ")));
                    put("value", value.clone());
                }
            }
            count
        }
    };
    if is_path {
        put("timeTaken", json!(0));
        if let Some(count) = count {
            put("foundRecords", json!(count));
        }
    }
    Value::Object(members)
}
