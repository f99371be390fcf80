//! The model file, `model.json` (`data-model.md` 4): read and checked with all problems at once, and written.
//!
//! Reading goes in steps: dataclasses with their storage attributes ([`classes`], [`storage`]), relations ([`relations`]), then aliases and
//! calculated attributes ([`paths`]). Every step goes on after a problem; a model comes out only when none was an error.

mod classes;
mod members;
mod paths;
mod relations;
mod report;
mod storage;
mod write;

use serde_json::Value as Json;

use crate::model::{Dataclass, Model};
use crate::names;
use crate::problem::Problem;

use members::Members;
pub(crate) use report::Report;

/// More dataclasses, or attributes of one, than a handle can tell apart (with room for implicit attributes).
const MAX_HANDLES: usize = 30_000;

impl Model {
    /// Reads a model file. `name` becomes the name of the datastore. Beside the model there may be warnings; without a model there is at
    /// least one error.
    pub fn from_json(text: &str, name: &str) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = parse(text)?;
        Self::read(&source, name, Report::new(text))
    }

    /// The same for a file of another product: what is of a kind or type that is not known is a warning, and the attribute becomes a
    /// declaration without implementation, in the file that [`Self::to_json`] writes too.
    pub(crate) fn import_json(text: &str, name: &str) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        Self::read(&parse(text)?, name, Report::lenient(report::lines(text)))
    }

    /// Reads a file that is JSON already.
    pub(crate) fn read(source: &Json, name: &str, mut report: Report) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let Some(root) = Members::of(source, String::new(), &mut report) else { return Err(report.finish()) };
        classes::note_methods(&root, "the datastore", &mut report);
        let uuid = root.text("uuid", &mut report).map_or_else(|| names::derive_uuid(&[name]), str::to_owned);
        let mut draft = Draft { database: name.to_owned(), classes: Vec::new(), report };
        draft.read_classes(&root);
        draft.link_relations();
        draft.add_inverses();
        draft.resolve_paths();
        draft.settle_exposure();
        if draft.report.has_errors() {
            return Err(draft.report.finish());
        }
        let classes = draft.classes.into_iter().map(|class| class.class).collect();
        let source = draft.report.marked(source.clone());
        Ok((Self::assemble(name, uuid, classes, source), draft.report.finish()))
    }

    /// The model file: as it was read, unknown properties included, or written in full for a model made from a database or an import.
    pub fn to_json(&self) -> String {
        let file = if self.source.is_object() { self.source.clone() } else { write::file(self) };
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn parse(text: &str) -> Result<Json, Vec<Problem>> {
    serde_json::from_str(text).map_err(|error| {
        let line = error.line();
        vec![Problem { line, ..Problem::error("", "not-json", format!("this is no JSON: {error}")) }]
    })
}

/// A model being read.
struct Draft<'a> {
    database: String,
    classes: Vec<DraftClass<'a>>,
    report: Report,
}

/// A dataclass being read.
struct DraftClass<'a> {
    /// Attributes that are not linked yet have an empty alias as kind.
    class: Dataclass,
    members: Members<'a>,
    /// For each attribute what is still to be done.
    pending: Vec<Pending<'a>>,
    /// It extends another dataclass, which is an error: what it seems to lack may be inherited, and is not worth another one.
    extends: bool,
}

/// What is still to be done to an attribute.
#[derive(Clone, Debug)]
enum Pending<'a> {
    /// Nothing.
    Done,
    /// Its problem is reported; who refers to it says nothing more.
    Broken,
    RelatedEntity(Members<'a>),
    RelatedEntities(Members<'a>),
    Alias(Members<'a>),
    Calculated(Members<'a>),
}

impl Draft<'_> {
    /// Finds a dataclass by name, or by its class name.
    fn class_index(&self, name: &str) -> Option<usize> {
        let by = |test: &dyn Fn(&Dataclass) -> bool| self.classes.iter().position(|class| test(&class.class));
        by(&|class| class.name == name).or_else(|| by(&|class| class.class_name == name))
    }
}

impl DraftClass<'_> {
    /// Path in the file.
    fn path_of(&self, attribute: &str) -> String {
        let list = self.members.get("attributes").and_then(Json::as_array);
        let position = list.and_then(|list| list.iter().position(|item| item.get("name").and_then(Json::as_str) == Some(attribute)));
        position.map_or_else(|| self.members.path.clone(), |position| format!("{}.attributes[{position}]", self.members.path))
    }

    fn attribute_index(&self, name: &str) -> Option<usize> {
        self.class.attributes.iter().position(|attribute| attribute.name == name)
    }
}
