//! The files of the folder `functions` become workers' material, and what their classes declare becomes part of the model (`functions.md` 1, 4).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use claviger_model::{ComputedAttribute, Dataclass, Events, FunctionClass, Functions, Getter, Key, Kind, Model, StorageType};
use claviger_script::{Class, ClassKind, Finding, Load, Registry, Source};

use super::{Functions as Served, LoadError, WorkerProgram};
use crate::settings::Settings;

/// The modules of a folder, by path: `*.js` in `functions/` and in folders below it. Without the folder there are none.
pub fn read_sources(folder: &Path) -> Result<Vec<Source>, LoadError> {
    let root = folder.join("functions");
    let read = |path: PathBuf| -> Result<Source, LoadError> {
        let text = std::fs::read_to_string(&path).map_err(|source| LoadError::File { path: path.clone(), source })?;
        let parts: Vec<_> = path.strip_prefix(&root).unwrap_or(&path).iter().map(|part| part.to_string_lossy()).collect();
        Ok(Source { path: parts.join("/"), text })
    };
    let mut sources = paths(folder)?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

/// The files of the modules of a folder.
pub(crate) fn paths(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let root = folder.join("functions");
    let mut found = Vec::new();
    if root.is_dir() {
        find_below(&root, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn find_below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let failed = |source| LoadError::File { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (entry.path(), entry.file_name());
        // Hidden files are an editor's; declarations and packages are for it, too.
        if name.as_encoded_bytes().starts_with(b".") || name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            find_below(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "js") {
            found.push(path);
        }
    }
    Ok(())
}

/// What a worker is started with.
pub(super) fn load(settings: &Settings, model: &Model, sources: Vec<Source>) -> Load {
    Load {
        sources,
        dataclasses: model.dataclasses().iter().map(|class| class.name.clone()).collect(),
        prelude: claviger_script::data::prelude(model),
        memory: usize::try_from(settings.functions.memory_mb).unwrap_or(usize::MAX >> 20) << 20,
    }
}

/// Functions that were loaded to look at them.
#[derive(Debug)]
pub struct Checked {
    /// The model with them.
    pub model: Arc<Model>,
    /// Their classes.
    pub registry: Arc<Registry>,
}

/// Loads the functions of a folder as `serve` would, in one worker that ends at once; or tells everything that is wrong with them.
pub async fn check(folder: &Path, settings: &Settings, program: &WorkerProgram, model: &Arc<Model>) -> Result<Checked, LoadError> {
    let mut settings = settings.clone();
    settings.functions.workers = 1;
    let (functions, model) = Served::start(folder, &settings, program, model).await?;
    Ok(Checked { model, registry: functions.registry() })
}

/// The model with the functions, or what clashes.
pub(super) fn declare(registry: &Registry, model: &Model) -> Result<Model, Vec<Finding>> {
    let (mut restricted, mut computed) = (Vec::new(), Vec::new());
    let mut functions = Functions::default();
    let mut findings = Vec::new();
    for (name, class) in &registry.classes {
        let dataclass = class.dataclass.as_deref().and_then(|name| model.find(name));
        let at = match (class.kind, dataclass) {
            (ClassKind::Datastore, _) => FunctionClass::Datastore,
            (ClassKind::Dataclass, Some(dataclass)) => FunctionClass::Dataclass(dataclass.id),
            (ClassKind::Selection, Some(dataclass)) => FunctionClass::Selection(dataclass.id),
            (ClassKind::Entity, Some(dataclass)) => FunctionClass::Entity(dataclass.id),
            (ClassKind::SharedSingleton | ClassKind::SessionSingleton, _) => {
                functions.add_singleton(name, class.kind == ClassKind::SharedSingleton);
                FunctionClass::Singleton(name.clone())
            }
            // The registry has named the dataclass out of this model.
            (ClassKind::Dataclass | ClassKind::Selection | ClassKind::Entity, None) => continue,
        };
        if let (FunctionClass::Selection(_) | FunctionClass::Entity(_), Some(dataclass)) = (&at, dataclass) {
            let clashes = class.methods.iter().filter(|member| has_attribute(dataclass, member));
            let getters = class.getters.iter().filter(|getter| has_attribute(dataclass, getter) && !dataclass.is_declared_only(getter));
            let clashes = clashes.chain(getters);
            findings.extend(clashes.map(|member| Finding {
                path: class.path.clone(),
                line: class.line,
                message: format!("{name} has {member}, which is an attribute of {}: `this.{member}` would mean both", dataclass.name),
            }));
        }
        if let (FunctionClass::Entity(_), Some(dataclass)) = (&at, dataclass) {
            for getter in &class.getters {
                match computed_attribute(class, dataclass, getter) {
                    Ok(Some(attribute)) => computed.push((dataclass.id, attribute)),
                    Ok(None) => {}
                    Err(what) => findings.push(Finding {
                        path: class.path.clone(),
                        line: class.line,
                        message: format!("the computed attribute {getter} of {name} {what}"),
                    }),
                }
            }
        }
        if let (FunctionClass::Dataclass(id), true) = (&at, class.events.contains(RESTRICT)) {
            restricted.push(*id);
        }
        if let FunctionClass::Entity(id) = at {
            let has = |names: &[&str]| names.iter().any(|name| class.events.contains(*name));
            functions.set_events(
                id,
                Events {
                    before_save: has(&["validateSave", "saving"]),
                    after_save: has(&["afterSave"]),
                    before_drop: has(&["validateDrop", "dropping"]),
                    after_drop: has(&["afterDrop"]),
                },
            );
        }
        for method in class.methods.iter().filter(|method| !class.events.contains(*method)) {
            functions.add(&at, method, class.exposed.contains(method), class.on_http_get.contains(method));
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let mut model = model.with_functions(functions);
    for class in restricted {
        model.restrict(class);
    }
    for (class, attribute) in computed {
        model.compute(class, attribute);
    }
    Ok(model)
}

/// A getter as an attribute of its dataclass; one without a type is for code alone, which needs no type.
fn computed_attribute(class: &Class, dataclass: &Dataclass, name: &str) -> Result<Option<ComputedAttribute>, String> {
    let declared = match dataclass.find(name).map(|attribute| &attribute.kind) {
        Some(Kind::Calculated(calculated)) => Some(calculated.ty),
        _ => None,
    };
    let ty = match class.types.get(name) {
        Some(text) => StorageType::from_name(text).ok_or_else(|| format!("has the type {text}, which is none of an attribute"))?,
        None => match declared {
            Some(ty) => ty,
            None => return Ok(None),
        },
    };
    if declared.is_some_and(|declared| declared != ty) {
        return Err(format!("has another type than {}.{name} in the model file", dataclass.name));
    }
    if matches!(ty, StorageType::Image | StorageType::Blob) {
        return Err(format!("has the type {}: bytes cannot be computed", ty.name()));
    }
    if dataclass.key == Key::None {
        return Err(format!("cannot be computed: nothing identifies the entities of {}", dataclass.name));
    }
    let getter = Getter { query: class.query.contains(name), order_by: class.order_by.contains(name) };
    let (exposed, writable) = (class.exposed.contains(name), class.setters.contains(name));
    Ok(Some(ComputedAttribute { name: name.to_owned(), ty, exposed, writable, getter }))
}

/// The event that says which entities of its dataclass a caller may see.
pub(super) const RESTRICT: &str = "restrict";

/// An attribute that the code would see. A calculated one of the model file that says nothing of how it is computed waits for its getter.
fn has_attribute(dataclass: &Dataclass, name: &str) -> bool {
    dataclass.find(name).is_some_and(|attribute| !attribute.implicit)
}
