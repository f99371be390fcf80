//! For `clients/typescript`: a model for `openDatastore<Model>(…)`.

use std::fmt::Write as _;

use super::model::{Attribute, Class, Kind, Model};
use super::names::{Names, comment, is_word, literal, word};

/// Names of types that mean something else, and those that the file uses.
const TAKEN: &str = "any as async await bigint boolean break case catch class const continue debugger declare default delete do else enum export extends false finally \
                     for function get if implements import in infer instanceof interface keyof let module namespace never new null number object of package private \
                     protected public readonly return set static string super switch symbol this throw true try type typeof undefined unique unknown var void \
                     while with yield claviger globalThis Model Datastore Date Uint8Array Blob";
/// What is made of each dataclass.
const ENDINGS: [&str; 4] = ["", "Selection", "Class", "Model"];

pub(super) fn written(model: &Model) -> String {
    let mut names = Names::without(TAKEN.split_whitespace());
    let types: Vec<String> = model.classes.iter().map(|class| names.take_with(&word(&class.name), &ENDINGS)).collect();
    let mut out = format!(
        "// Made by `claviger client types --lang ts`: what one API key reaches of the datastore '{}'.\n\
         // Make it anew when the model or the rights of the key have changed.\n\
         import type * as claviger from \"claviger-client\";\n\n\
         /** What `openDatastore<Model>(…)` gives. */\nexport type Datastore = claviger.DatastoreOf<Model>;\n\n\
         /** The dataclasses and functions of the datastore. */\nexport interface Model {{\n  readonly $datastore: {{\n",
        comment(&model.name)
    );
    functions(&mut out, &model.functions);
    out.push_str("  };\n");
    for (class, name) in model.classes.iter().zip(&types) {
        let _ = writeln!(out, "  readonly {}: {name}Model;", property(&class.name));
    }
    out.push_str("}\n");
    for (class, name) in model.classes.iter().zip(&types) {
        write_class(&mut out, class, name, &types);
    }
    out
}

fn write_class(out: &mut String, class: &Class, name: &str, types: &[String]) {
    let about = comment(&class.name);
    let key = match class.key.as_slice() {
        [] => "without key".to_owned(),
        key => format!("key {}", comment(&key.join(", "))),
    };
    let _ = write!(
        out,
        "\n/** An entity of {about}. */\nexport type {name} = claviger.EntityOf<{name}Model>;\n\
         /** Entities of {about}. */\nexport type {name}Selection = claviger.SelectionOf<{name}Model>;\n\
         /** The dataclass {about}. */\nexport type {name}Class = claviger.DataclassOf<{name}Model>;\n\
         /** {about}, {key}: members of entities, of selections, and of the dataclass. */\nexport interface {name}Model {{\n  $entity: {{\n",
    );
    for attribute in &class.attributes {
        write_attribute(out, attribute, types);
    }
    functions(out, &class.of_entities);
    out.push_str("  };\n  $selection: {\n");
    for attribute in &class.attributes {
        let of_all = match attribute.kind {
            Kind::One(target) | Kind::Many(target) => format!("claviger.SelectionOf<{}>", modelled(target, types)),
            kind => format!("globalThis.Array<{}>", or_null(read(kind, types), attribute.is_null)),
        };
        let _ = writeln!(out, "    readonly {}: claviger.Coming<{of_all}>;", property(&attribute.name));
    }
    functions(out, &class.of_selections);
    out.push_str("  };\n  $dataclass: {\n");
    for attribute in &class.attributes {
        let _ = writeln!(out, "    readonly {}: claviger.AttributeInfo;", property(&attribute.name));
    }
    functions(out, &class.of_dataclass);
    out.push_str("  };\n}\n");
}

fn write_attribute(out: &mut String, attribute: &Attribute, types: &[String]) {
    let (name, gives) = (property(&attribute.name), or_null(read(attribute.kind, types), attribute.is_null));
    let _ = writeln!(out, "    /** {} */", comment(&attribute.about));
    let takes = match attribute.kind {
        Kind::One(target) => {
            let model = modelled(target, types);
            Some(format!("claviger.EntityOf<{model}> | claviger.RelatedEntity<{model}> | string | number | bigint"))
        }
        Kind::Image | Kind::Blob => Some("claviger.Media | claviger.Upload | globalThis.Uint8Array | globalThis.Blob".to_owned()),
        _ => None,
    };
    let _ = match takes {
        _ if attribute.is_read_only => writeln!(out, "    readonly {name}: {gives};"),
        None => writeln!(out, "    {name}: {gives};"),
        Some(takes) => writeln!(out, "    get {name}(): {gives};\n    set {name}(value: {});", or_null(takes, attribute.is_null)),
    };
}

fn functions(out: &mut String, names: &[String]) {
    for name in names {
        let _ = writeln!(out, "    {}(...values: unknown[]): claviger.Call;", property(name));
    }
}

fn or_null(ty: String, is_null: bool) -> String {
    if is_null && ty != "any" { format!("{ty} | null") } else { ty }
}

fn read(kind: Kind, types: &[String]) -> String {
    let ty = match kind {
        Kind::Text => "string",
        Kind::Bool => "boolean",
        Kind::Integer => "number",
        Kind::Long => "number | bigint",
        // With more digits than a double holds it is as exact as it can be.
        Kind::Number => "number",
        Kind::Duration => "claviger.Duration",
        Kind::Date => "claviger.SimpleDate",
        Kind::Instant => "globalThis.Date",
        Kind::Object => "claviger.JsonObject",
        Kind::Image | Kind::Blob => "claviger.Media",
        Kind::One(target) => return format!("claviger.RelatedEntity<{}>", modelled(target, types)),
        Kind::Many(target) => return format!("claviger.Coming<claviger.SelectionOf<{}>>", modelled(target, types)),
        Kind::Other => "any",
    };
    ty.to_owned()
}

/// The model of a dataclass; anything when the key does not reach it.
fn modelled(target: Option<usize>, types: &[String]) -> String {
    target.and_then(|at| types.get(at)).map_or_else(|| "any".to_owned(), |name| format!("{name}Model"))
}

/// As the name of a member.
fn property(name: &str) -> String {
    // `get`, `set`, `readonly` and `new` would be taken for what they mean.
    if is_word(name) && !matches!(name, "get" | "set" | "readonly" | "new" | "constructor") { name.to_owned() } else { literal(name) }
}
