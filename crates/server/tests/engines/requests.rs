//! Random requests: everything that the dialect has for data, and the rows as creations.

use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::filters::{self, Filter};
use crate::models::World;
use crate::request::{ORDER_IN_FILTER, OTHER_SET, Request, SET};
use crate::values::{self, Type};

/// Makes requests to one world.
pub struct Asker<'w> {
    world: &'w World,
    /// Keys that entities were given, by dataclass.
    keys: Vec<Vec<Value>>,
}

impl<'w> Asker<'w> {
    pub fn new(world: &'w World) -> Self {
        Self { world, keys: world.classes.iter().map(|_| Vec::new()).collect() }
    }

    /// The creation of a row.
    pub fn row(&mut self, dice: &mut Dice, class: usize) -> Request {
        let body = self.entity(dice, class, true, values::value);
        Request::post(&self.world.classes[class].name, "", Some(body)).with("$method", "update")
    }

    /// Any request.
    pub fn request(&mut self, dice: &mut Dice) -> Request {
        let class = dice.below(self.world.classes.len());
        match dice.below(20) {
            0..=7 => self.page(dice, class),
            8 | 9 => self.entity_by_key(dice, class),
            10 | 11 => self.aggregate(dice, class),
            12..=14 => self.set(dice, class),
            15..=17 => self.save(dice, class),
            18 => self.delete(dice, class),
            _ => self.odd(dice, class),
        }
    }

    fn name(&self, class: usize) -> &str {
        &self.world.classes[class].name
    }

    fn filter(&self, dice: &mut Dice, class: usize) -> Option<Filter> {
        (dice.below(5) > 0).then(|| filters::filter(dice, self.world, class, 3))
    }

    /// What may be said of any selection.
    fn shaped(&self, dice: &mut Dice, class: usize, mut request: Request) -> Request {
        if request.filter.is_none() {
            request.filter = self.filter(dice, class);
        }
        if dice.below(2) == 0 {
            let place = if request.filter.is_some() && dice.below(6) == 0 { ORDER_IN_FILTER } else { "$orderby" };
            request = request.with(place, filters::order(dice, self.world, class));
        }
        if dice.below(4) == 0 {
            request = request.with("$skip", dice.below(6).to_string());
        }
        if dice.below(3) == 0 {
            request = request.with("$top", dice.one(&["0", "1", "2", "3", "5", "1000"]));
        }
        self.cut(dice, class, request)
    }

    /// What is sent of each entity.
    fn cut(&self, dice: &mut Dice, class: usize, mut request: Request) -> Request {
        let relations = &self.world.classes[class].relations;
        match dice.below(8) {
            0 | 1 => {
                let paths: Vec<String> = (0..=dice.below(4)).map(|_| self.attribute(dice, class)).collect();
                request = request.with("$attributes", paths.join(","));
            }
            2 if !relations.is_empty() => request = request.with("$expand", relations[dice.below(relations.len())].name.clone()),
            _ => {}
        }
        match dice.below(14) {
            0 => request.with("$asArray", "true"),
            1 => request.with("$format", "looker"),
            2 => request.with("$queryplan", "true"),
            3 => request.with("$querypath", "true"),
            _ => request,
        }
    }

    /// A path of `$attributes`.
    fn attribute(&self, dice: &mut Dice, class: usize) -> String {
        let mut at = class;
        let mut path = String::new();
        while dice.below(3) == 0 && !self.world.classes[at].relations.is_empty() && path.len() < 20 {
            let relation = &self.world.classes[at].relations[dice.below(self.world.classes[at].relations.len())];
            path.push_str(&relation.name);
            at = relation.target;
            if dice.below(6) == 0 {
                return path;
            }
            path.push('.');
        }
        path + &if dice.below(5) == 0 { "*".to_owned() } else { self.world.classes[at].any(dice).name }
    }

    fn page(&self, dice: &mut Dice, class: usize) -> Request {
        let place = if dice.below(8) == 0 { format!("/{}", self.world.classes[class].any(dice).name) } else { String::new() };
        self.shaped(dice, class, Request::get(self.name(class), place))
    }

    fn key(&self, dice: &mut Dice, class: usize) -> Value {
        let known = &self.keys[class];
        if !known.is_empty() && dice.below(8) > 0 {
            return known[dice.below(known.len())].clone();
        }
        if self.world.classes[class].is_numbered { json!(1 + dice.below(16)) } else { values::value(dice, self.world.classes[class].key) }
    }

    /// `(key)` of a URL.
    fn in_path(&self, dice: &mut Dice, class: usize) -> String {
        match self.key(dice, class) {
            Value::String(text) if dice.below(2) == 0 => format!("[{}]", json!(text)),
            Value::String(text) if text.is_empty() || text.contains(['"', '\'', '\n', '/', '(', ')']) => format!("[{}]", json!(text)),
            Value::String(text) => format!("({text})"),
            other => format!("({other})"),
        }
    }

    fn entity_by_key(&self, dice: &mut Dice, class: usize) -> Request {
        let place = self.in_path(dice, class);
        let request = Request::get(self.name(class), place);
        if dice.below(6) == 0 {
            let field = self.world.classes[class].any(dice);
            let value = match values::value(dice, field.ty) {
                Value::String(text) => json!(text).to_string(),
                other => other.to_string(),
            };
            return Request::get(self.name(class), format!(":{}({value})", field.name));
        }
        let mut request = self.cut(dice, class, request);
        request.options.retain(|(name, _)| !name.starts_with("$query"));
        if dice.below(10) == 0 { request.with("$lock", dice.one(&["true", "false"])) } else { request }
    }

    fn aggregate(&self, dice: &mut Dice, class: usize) -> Request {
        let field = self.world.classes[class].any(dice);
        let name = if field.ty == Type::Object { format!("{}.{}", field.name, dice.one(&["a", "b", "b.a", "tags"])) } else { field.name };
        let set = if dice.below(5) == 0 { format!("/$entityset/{SET}") } else { String::new() };
        let mut request = Request::get(self.name(class), format!("/{name}{set}"));
        request.filter = self.filter(dice, class);
        if dice.below(3) == 0 {
            request = request.with("$distinct", "true");
            match dice.below(4) {
                0 => return request.with("$skip", "1").with("$top", "3"),
                // Computes over the distinct values.
                1 => {}
                _ => return request,
            }
        }
        request.with("$compute", dice.one(&["$all", "$all", "count", "sum", "average", "min", "max"]))
    }

    fn set(&self, dice: &mut Dice, class: usize) -> Request {
        let name = self.name(class);
        let on_set = Request::get(name, format!("/$entityset/{SET}"));
        match dice.below(10) {
            0..=2 => self.shaped(dice, class, Request::get(name, "").with("$method", "entityset")),
            3 | 4 => self.shaped(dice, class, on_set),
            5 => self.shaped(dice, class, on_set.with("$clean", "true")),
            6 | 7 => {
                let operator = dice.one(&["AND", "OR", "EXCEPT", "INTERSECT"]);
                let mut request = on_set.with("$logicOperator", operator).with("$otherCollection", OTHER_SET);
                if dice.below(3) == 0 {
                    request = request.with("$method", "entityset");
                }
                self.shaped(dice, class, request)
            }
            8 => {
                let many: Vec<&str> = self.world.classes[class]
                    .relations
                    .iter()
                    .filter(|relation| relation.is_many)
                    .map(|relation| relation.name.as_str())
                    .collect();
                let Some(relation) = many.first() else { return on_set.with("$clean", "true") };
                let key = self.in_path(dice, class);
                let target = self.world.classes[class].relations.iter().find(|other| other.name == *relation).unwrap().target;
                let mut request =
                    Request::get(name, format!("{key}/{relation}")).with("$expand", *relation).with("$method", "subentityset");
                if dice.below(2) == 0 {
                    request = request.with("$subOrderby", filters::order(dice, self.world, target));
                }
                request.filter = self.filter(dice, target);
                request
            }
            _ => {
                let filter = filters::filter(dice, self.world, class, 2);
                let mut parameters = Vec::new();
                let text = format!("\"{}\"", filter.text(&mut parameters));
                let gone = Request::get(name, "/$entityset/00112233445566778899AABBCCDDEEFF").with("$savedfilter", text);
                let gone = if parameters.is_empty() { gone } else { gone.with("$params", Value::from(parameters).to_string()) };
                gone.with("$savedorderby", filters::order(dice, self.world, class))
            }
        }
    }

    /// An entity as it is sent.
    fn entity(&mut self, dice: &mut Dice, class: usize, is_new: bool, make: impl Fn(&mut Dice, Type) -> Value) -> Value {
        let described = &self.world.classes[class];
        let mut out = Map::new();
        for field in &described.fields {
            let is_key = field.name == "ID";
            let value = match () {
                () if is_key && (!is_new || described.is_numbered && dice.below(8) > 0) => continue,
                () if is_key => {
                    let key = if described.is_numbered { json!(1 + dice.below(40)) } else { values::value(dice, field.ty) };
                    self.keys[class].push(key.clone());
                    key
                }
                () if dice.below(if is_new { 7 } else { 3 }) > 0 && !is_new => continue,
                () if dice.below(7) == 0 => continue,
                () if dice.below(12) == 0 => Value::Null,
                () if field.name.starts_with("fk") => {
                    let relation = described.relations.iter().find(|relation| relation.name == field.name.replace("fk", "one"));
                    self.key(dice, relation.map_or(class, |relation| relation.target))
                }
                () => make(dice, field.ty),
            };
            out.insert(field.name.clone(), value);
        }
        for relation in &described.relations {
            if !relation.is_many && dice.below(3) == 0 {
                let key = self.key(dice, relation.target);
                let shaped = match dice.below(4) {
                    0 => Value::Null,
                    1 => key,
                    _ => json!({ "__KEY": key }),
                };
                out.insert(relation.name.clone(), shaped);
            }
        }
        Value::Object(out)
    }

    fn change(&mut self, dice: &mut Dice, class: usize) -> Value {
        if dice.below(3) == 0 {
            return self.entity(dice, class, true, values::anything);
        }
        let mut body = self.entity(dice, class, false, values::anything);
        let key = match self.key(dice, class) {
            Value::String(text) => json!(text),
            other => json!(other.to_string()),
        };
        body["__KEY"] = key;
        if dice.below(3) == 0 {
            body["__STAMP"] = json!(1 + dice.below(3));
        }
        body
    }

    /// A change for a group. PostgreSQL does not take back the number of one that fails, so that none is left to the database.
    fn numbered(&mut self, dice: &mut Dice, class: usize) -> Value {
        let mut body = self.change(dice, class);
        if self.world.classes[class].is_numbered && body.get("ID").is_none() {
            body["ID"] = json!(1 + dice.below(60));
        }
        body
    }

    fn save(&mut self, dice: &mut Dice, class: usize) -> Request {
        let body = if dice.below(3) == 0 {
            json!((0..dice.below(4)).map(|_| self.numbered(dice, class)).collect::<Vec<_>>())
        } else {
            self.change(dice, class)
        };
        let method = dice.one(&["update", "update", "update", "update", "update", "validate", "insert"]);
        let mut request = Request::post(self.name(class), "", Some(body)).with("$method", method);
        if dice.below(3) == 0 {
            request = request.with("$atomic", "true");
        }
        if dice.below(5) == 0 {
            request = request.with("$attributes", self.attribute(dice, class));
        }
        if dice.below(8) == 0 { request.with("$refresh", "true") } else { request }
    }

    fn delete(&self, dice: &mut Dice, class: usize) -> Request {
        let name = self.name(class);
        let mut request = match dice.below(4) {
            0 | 1 => Request::post(name, self.in_path(dice, class), None),
            2 => Request { filter: Some(filters::filter(dice, self.world, class, 1)), ..Request::post(name, "", None) },
            _ => {
                let keys: Vec<Value> = (0..=dice.below(3)).map(|_| json!({ "__KEY": self.key(dice, class) })).collect();
                Request::post(name, "", Some(json!(keys)))
            }
        };
        if request.filter.is_some() {
            // Not everything at once.
            request.filter = request.filter.map(|filter| Filter::Both("and", Box::new(filter), Box::new(few(dice))));
        }
        request = request.with("$method", "delete");
        if dice.below(3) == 0 { request.with("$atomic", "true") } else { request }
    }

    fn odd(&self, dice: &mut Dice, class: usize) -> Request {
        let name = self.name(class);
        match dice.below(6) {
            0 => Request::get(&format!("$catalog/{name}"), ""),
            1 => Request::get("$catalog/$all", ""),
            2 => Request::get(name, "").with("$orderby", "nosuch desc"),
            3 => Request::get(name, "/nosuch"),
            4 => Request::get(name, "").with("$filter", dice.one(&["ID = ", "nosuch = 1", "ID in", "(ID = 1", "ID = :1"])),
            _ => Request::get(name, "").with("$top", "-1"),
        }
    }
}

/// Holds for few entities.
fn few(dice: &mut Dice) -> Filter {
    let operand = filters::Operand::Literal(dice.below(9).to_string());
    Filter::Condition { path: filters::Operand::Literal("ID".to_owned()), comparator: "=", operand }
}
