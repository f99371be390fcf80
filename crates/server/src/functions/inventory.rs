//! Which classes and functions there are, for people who look after them: the command line and the console tell the same.

use claviger_script::{Class, ClassKind, Registry};
use serde::Serialize;
use utoipa::ToSchema;

/// All classes that `functions/` exports, by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Functions)]
pub struct Inventory {
    /// By name.
    pub classes: Vec<ListedClass>,
}

/// An exported class.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FunctionClass)]
pub struct ListedClass {
    /// Its name.
    pub name: String,
    /// `datastore`, `dataclass`, `selection`, `entity`, `sharedSingleton` or `sessionSingleton`.
    #[schema(value_type = String, example = "dataclass")]
    pub kind: ClassKind,
    /// The file, below the application folder.
    #[schema(example = "functions/Book.js")]
    pub path: String,
    /// Line in the file, from 1.
    pub line: u32,
    /// Its methods; events are none.
    pub functions: Vec<ListedFunction>,
    /// Names of computed attributes.
    pub computed: Vec<String>,
    /// Names of events.
    pub events: Vec<String>,
}

/// A function.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Function)]
#[serde(rename_all = "camelCase")]
pub struct ListedFunction {
    /// Its name.
    pub name: String,
    /// It can be called over REST.
    pub exposed: bool,
    /// With GET, too.
    pub on_http_get: bool,
}

impl Inventory {
    /// Of classes that were loaded.
    pub fn of(registry: &Registry) -> Self {
        Self { classes: registry.classes.iter().map(|(name, class)| ListedClass::of(name, class)).collect() }
    }

    /// How many there are, in words.
    pub fn summary(&self) -> String {
        let sum = |count: fn(&ListedClass) -> usize| self.classes.iter().map(count).sum::<usize>();
        let exposed = sum(|class| class.functions.iter().filter(|function| function.exposed).count());
        let counted = |count: usize, one: &str, several: &str| format!("{count} {}", if count == 1 { one } else { several });
        format!(
            "{}, {} ({exposed} exposed), {}, {}",
            counted(self.classes.len(), "class", "classes"),
            counted(sum(|class| class.functions.len()), "function", "functions"),
            counted(sum(|class| class.computed.len()), "computed attribute", "computed attributes"),
            counted(sum(|class| class.events.len()), "event", "events")
        )
    }
}

impl ListedClass {
    fn of(name: &str, class: &Class) -> Self {
        let methods = class.methods.iter().filter(|method| !class.events.contains(*method));
        let functions = methods.map(|method| ListedFunction {
            name: method.clone(),
            exposed: class.exposed.contains(method),
            on_http_get: class.on_http_get.contains(method),
        });
        Self {
            name: name.to_owned(),
            kind: class.kind,
            path: super::in_folder(&class.path),
            line: class.line,
            functions: functions.collect(),
            computed: class.types.keys().cloned().collect(),
            events: class.events.iter().cloned().collect(),
        }
    }
}
