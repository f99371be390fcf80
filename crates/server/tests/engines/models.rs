//! Random models: two or three dataclasses with attributes of every type, relations, aliases and calculated attributes.

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::values::{self, Type};

/// A model and what requests can name in it.
pub struct World {
    pub classes: Vec<Class>,
    /// The model file.
    pub json: Value,
}

pub struct Class {
    pub name: String,
    pub key: Type,
    /// The key is numbered by the database.
    pub is_numbered: bool,
    /// Storage attributes; the key first, as `ID`.
    pub fields: Vec<Field>,
    /// Aliases and calculated attributes.
    pub derived: Vec<Field>,
    pub relations: Vec<Relation>,
}

#[derive(Clone)]
pub struct Field {
    pub name: String,
    pub ty: Type,
}

pub struct Relation {
    pub name: String,
    /// Index into [`World::classes`].
    pub target: usize,
    pub is_many: bool,
}

const NAMES: [&str; 3] = ["Ape", "Bee", "Cow"];

/// Calculated attributes: type, expression, attributes that it needs.
const EXPRESSIONS: [(Type, &str, &[&str]); 12] = [
    (Type::Text, "text || '-' || ID", &["text"]),
    (Type::Text, "trim(text) || coalesce(dec, real, '?')", &["text", "dec", "real"]),
    (Type::Number, "real * 2 + long", &["real", "long"]),
    (Type::Number, "round(dec / 3, 2)", &["dec"]),
    (Type::Long64, "big + long", &["big", "long"]),
    (Type::Long64, "length(text) * byte", &["text", "byte"]),
    (Type::Bool, "long > 2 and bool", &["long", "bool"]),
    (Type::Bool, "case when text = 'a' then true when day > '2024-01-01' then false end", &["text", "day"]),
    (Type::Instant, "at + span", &["at", "span"]),
    (Type::Duration, "span * 2", &["span"]),
    (Type::Day, "coalesce(day, '2024-02-29')", &["day"]),
    (Type::Text, "replace(text, 'a', day) || bool || at", &["text", "day", "bool", "at"]),
];

/// A random model.
pub fn world(dice: &mut Dice) -> World {
    let mut classes = Vec::new();
    let mut files: Vec<Vec<Value>> = Vec::new();
    for name in NAMES.iter().take(2 + dice.below(2)) {
        let key =
            dice.one(&[Type::Long, Type::Long, Type::Long, Type::Long64, Type::Word, Type::Text, Type::Uuid, Type::Number, Type::Decimal]);
        let is_numbered = key.is_whole() && dice.below(3) > 0;
        let mut attributes = vec![attribute("ID", key, &json!({ "primKey": true, "autosequence": is_numbered }))];
        let mut fields = vec![Field { name: "ID".to_owned(), ty: key }];
        // Of several values that must be unique and are not, each engine names the one that it looks at first.
        let mut may_be_unique = is_numbered;
        for ty in Type::ALL {
            if dice.below(6) > 0 {
                let rules = rules(dice, ty, may_be_unique);
                may_be_unique &= rules.get("unique").is_none();
                attributes.push(attribute(ty.letter(), ty, &rules));
                fields.push(Field { name: ty.letter().to_owned(), ty });
            }
        }
        let derived = calculated(dice, &fields, &mut attributes);
        classes.push(Class { name: (*name).to_owned(), key, is_numbered, fields, derived, relations: Vec::new() });
        files.push(attributes);
    }
    for number in 0..=dice.below(3) {
        relate(dice, number, &mut classes, &mut files);
    }
    aliases(dice, &mut classes, &mut files);
    let json = json!({ "dataClasses": classes.iter().zip(&files).map(|(class, attributes)| {
        json!({ "name": class.name, "defaultTopSize": if class.is_numbered { 100 } else { 7 }, "attributes": attributes })
    }).collect::<Vec<_>>() });
    World { classes, json }
}

fn attribute(name: &str, ty: Type, more: &Value) -> Value {
    let mut out = json!({ "name": name });
    for members in [&ty.declared(), more] {
        out.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    }
    out
}

fn rules(dice: &mut Dice, ty: Type, may_be_unique: bool) -> Value {
    let mut out = json!({});
    let is_scalar = ty != Type::Object;
    if dice.below(16) == 0 {
        out["not_null"] = json!(true);
    }
    if is_scalar && may_be_unique && dice.below(8) == 0 {
        out["unique"] = json!(true);
    } else if is_scalar && dice.below(3) == 0 {
        out["indexKind"] = json!("btree");
    }
    if is_scalar && dice.below(8) == 0 {
        out["defaultValue"] = values::value(dice, ty);
    }
    if matches!(ty, Type::Text | Type::Long | Type::Number | Type::Bool) && dice.below(16) == 0 {
        out["nullAsDefault"] = json!(true);
    }
    match ty {
        Type::Text if dice.below(10) == 0 => out["maxLength"] = json!(5),
        Type::Text if dice.below(10) == 0 => out["indexKind"] = json!("keywords"),
        Type::Long | Type::Number | Type::Decimal if dice.below(10) == 0 => out["minValue"] = json!(0),
        _ => {}
    }
    out
}

fn calculated(dice: &mut Dice, fields: &[Field], attributes: &mut Vec<Value>) -> Vec<Field> {
    let mut derived = Vec::new();
    for (number, (ty, sql, needs)) in EXPRESSIONS.into_iter().enumerate() {
        if dice.below(3) == 0 && needs.iter().all(|name| fields.iter().any(|field| field.name == *name)) {
            let name = format!("calc{number}");
            attributes.push(attribute(&name, ty, &json!({ "kind": "calculated", "exposed": true, "sql": sql })));
            derived.push(Field { name, ty });
        }
    }
    derived
}

/// A relation with both its ends.
fn relate(dice: &mut Dice, number: usize, classes: &mut [Class], files: &mut [Vec<Value>]) {
    let (from, to) = (dice.below(classes.len()), dice.below(classes.len()));
    let (one, many, foreign) = (format!("one{number}"), format!("many{number}"), format!("fk{number}"));
    let target = classes[to].name.clone();
    let mut file = json!({ "name": one, "kind": "relatedEntity", "type": target, "path": target });
    file["integrity"] = json!(dice.one(&["none", "none", "reject", "cascade", "setNull"]));
    if dice.below(3) > 0 {
        let ty = classes[to].key;
        files[from].push(attribute(&foreign, ty, &json!({})));
        classes[from].fields.push(Field { name: foreign.clone(), ty });
        file["foreignKey"] = json!(foreign);
    }
    files[from].push(file);
    let selection = format!("{}Selection", classes[from].name);
    files[to].push(json!({ "name": many, "kind": "relatedEntities", "type": selection, "reversePath": true, "path": one }));
    classes[from].relations.push(Relation { name: one, target: to, is_many: false });
    classes[to].relations.push(Relation { name: many, target: from, is_many: true });
}

fn aliases(dice: &mut Dice, classes: &mut [Class], files: &mut [Vec<Value>]) {
    for index in 0..classes.len() {
        for number in 0..dice.below(3) {
            let class = &classes[index];
            if class.relations.is_empty() {
                break;
            }
            let relation = &class.relations[dice.below(class.relations.len())];
            let field = classes[relation.target].fields[dice.below(classes[relation.target].fields.len())].clone();
            let (name, path) = (format!("alias{number}"), format!("{}.{}", relation.name, field.name));
            files[index].push(attribute(&name, field.ty, &json!({ "kind": "alias", "path": path })));
            classes[index].derived.push(Field { name, ty: field.ty });
        }
    }
}

impl Class {
    /// Any attribute with a value.
    pub fn any(&self, dice: &mut Dice) -> Field {
        let at = dice.below(self.fields.len() + self.derived.len());
        self.fields.iter().chain(&self.derived).nth(at).unwrap().clone()
    }
}
