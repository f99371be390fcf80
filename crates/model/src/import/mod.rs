//! Model files of other products: table definitions (`.4DCatalog`, `data-model.md` 4.5) and model files of the ancestor (4.1, as JSON or XML).
//!
//! Import is one way. What this server has no meaning for is kept in the file and said in a warning; what cannot be kept is left out and
//! said, too. Which form a file has shows in its text, not in its name.

mod classes;
mod entity_models;
mod relations;
mod structure;
mod xml;

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::file::Report;
use crate::model::Model;
use crate::problem::Problem;

/// What an import gave.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The model; [`Model::to_json`] writes it as `model.json`.
    pub model: Model,
    /// Warnings, in the order of the file.
    pub problems: Vec<Problem>,
    /// Name of the datastore, where the file has one.
    pub name: Option<String>,
}

/// What is read from XML: the model file that it means, and the line of the XML behind each of its paths.
struct Source {
    json: Json,
    lines: HashMap<String, usize>,
    /// What was left out on the way.
    problems: Vec<Problem>,
    name: Option<String>,
}

/// Reads a file of any of the forms; `name` becomes the name of the datastore. Attributes of a kind or type that is not known become
/// declarations without implementation (`"implemented": false`).
///
/// # Errors
/// All problems of the file, warnings among them, with place and line.
pub fn import(text: &str, name: &str) -> Result<Imported, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with('<') {
        let (model, problems) = Model::import_json(text, name)?;
        return Ok(Imported { model, problems, name: None });
    }
    let root = xml::parse(text).map_err(|problem| vec![problem])?;
    let source = match root.name.as_str() {
        "base" => structure::Structure::read(&root).into_source(),
        "EntityModelCatalog" => entity_models::read(&root),
        other => {
            let message = format!("<{other}> is neither a table definition (<base>) nor a model file (<EntityModelCatalog>)");
            return Err(vec![Problem { line: root.line, ..Problem::error("", "unknown-format", message) }]);
        }
    };
    let in_order = |mut problems: Vec<Problem>| {
        problems.sort_by_key(|problem| problem.line);
        problems
    };
    let Source { json, lines, problems, name: own_name } = source;
    match Model::read(&json, name, Report::lenient(lines)) {
        Ok((model, found)) => Ok(Imported { model, problems: in_order(problems.into_iter().chain(found).collect()), name: own_name }),
        Err(found) => Err(in_order(problems.into_iter().chain(found).collect())),
    }
}
