//! Table definitions as they are written: `<base>` with tables, relations and indexes (`data-model.md` 4.5).

use serde_json::{Map, Value as Json, json};

use super::xml::Element;

/// The whole file.
#[derive(Default)]
pub(super) struct Structure {
    pub(super) name: String,
    /// 32 upper-case hexadecimal digits, or empty.
    pub(super) uuid: String,
    /// Without those in the trash.
    pub(super) tables: Vec<Table>,
    pub(super) relations: Vec<Relation>,
    pub(super) indexes: Vec<Index>,
}

pub(super) struct Table {
    pub(super) name: String,
    pub(super) uuid: String,
    /// Its number, shown in the catalog.
    pub(super) id: Option<u32>,
    pub(super) hidden: bool,
    /// Code of the original runs when its records are saved or deleted.
    pub(super) triggers: bool,
    pub(super) fields: Vec<Field>,
    pub(super) keys: Vec<FieldRef>,
    pub(super) line: usize,
}

pub(super) struct Field {
    pub(super) name: String,
    pub(super) uuid: String,
    /// The type of the model; none when the number is not known.
    pub(super) ty: Option<&'static str>,
    /// The number as written.
    pub(super) number: String,
    /// Members of the attribute besides name and index.
    pub(super) properties: Map<String, Json>,
    pub(super) line: usize,
}

/// A field that is referred to, by its identifier or, where that is missing, by names.
pub(super) struct FieldRef {
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) table: String,
}

pub(super) struct Relation {
    pub(super) to_one: String,
    pub(super) to_many: String,
    pub(super) active: bool,
    pub(super) integrity: Option<String>,
    /// The foreign key, on the N side.
    pub(super) source: Option<FieldRef>,
    /// The field referred to, on the 1 side.
    pub(super) destination: Option<FieldRef>,
    pub(super) line: usize,
}

pub(super) struct Index {
    pub(super) keywords: bool,
    /// Number of its kind: 1 B-tree, 3 cluster B-tree, 7 automatic, 8 automatic for objects.
    pub(super) number: String,
    pub(super) unique: bool,
    pub(super) fields: Vec<FieldRef>,
    pub(super) line: usize,
}

impl Structure {
    pub(super) fn read(base: &Element) -> Self {
        let is_trashed = |table: &&Element| table.all("table_extra").any(|extra| extra.is("trashed"));
        Self {
            name: base.text("name"),
            uuid: hex(base.get("uuid")),
            tables: base.all("table").filter(|table| !is_trashed(table)).map(Table::read).collect(),
            relations: base.all("relation").map(Relation::read).collect(),
            indexes: base.all("index").map(Index::read).collect(),
        }
    }

    /// Positions of the table and the field.
    pub(super) fn find(&self, wanted: &FieldRef) -> Option<(usize, usize)> {
        let by = |test: &dyn Fn(&Table, &Field) -> bool| {
            self.tables.iter().enumerate().find_map(|(position, table)| {
                let field = table.fields.iter().position(|field| test(table, field))?;
                Some((position, field))
            })
        };
        let by_uuid = if wanted.uuid.is_empty() { None } else { by(&|_, field| field.uuid == wanted.uuid) };
        by_uuid.or_else(|| by(&|table, field| same(&table.name, &wanted.table) && same(&field.name, &wanted.name)))
    }
}

/// Names of the original ignore case.
fn same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

impl Table {
    fn read(table: &Element) -> Self {
        let name = table.text("name");
        let is_trigger = |(name, value): &(String, String)| name.starts_with("trigger_") && value == "true";
        Self {
            uuid: hex(table.get("uuid")),
            id: table.get("id").and_then(|id| id.parse().ok()).filter(|id| *id > 0),
            hidden: table.is("hide_in_REST"),
            triggers: table.all("table_extra").flat_map(|extra| &extra.attributes).any(is_trigger),
            fields: table.all("field").map(Field::read).collect(),
            keys: table
                .all("primary_key")
                .map(|key| FieldRef { uuid: hex(key.get("field_uuid")), name: key.text("field_name"), table: name.clone() })
                .collect(),
            name,
            line: table.line,
        }
    }

    /// Positions of the key's fields; a field that is missing is none.
    pub(super) fn key_fields(&self) -> Vec<Option<usize>> {
        let find = |key: &FieldRef| {
            let by_uuid = self.fields.iter().position(|field| !key.uuid.is_empty() && field.uuid == key.uuid);
            by_uuid.or_else(|| self.fields.iter().position(|field| same(&field.name, &key.name)))
        };
        self.keys.iter().map(find).collect()
    }
}

impl Field {
    fn read(field: &Element) -> Self {
        let number = field.text("type");
        let ty = if field.is("store_as_UUID") { Some("uuid") } else { field_type(&number) };
        let uuid = hex(field.get("uuid"));
        let mut properties = Map::new();
        let mut put = |name: &str, value: Json| properties.insert(name.to_owned(), value);
        if let Some(ty) = ty {
            put("type", json!(ty));
            if ty == "date" {
                put("simpleDate", json!(true));
            }
        }
        if !uuid.is_empty() {
            put("uuid", json!(uuid));
        }
        for name in ["unique", "autosequence", "autogenerate", "not_null", "styled_text", "outside_blob"] {
            if field.is(name) {
                put(name, json!(true));
            }
        }
        let number_of = |name: &str| field.get(name).and_then(|number| number.parse::<u32>().ok());
        if let Some(limit) = number_of("limiting_length").filter(|limit| *limit > 0 && ty == Some("string")) {
            put("limiting_length", json!(limit));
        }
        if let Some(size) = number_of("blob_switch_size") {
            put("blob_switch_size", json!(size));
        }
        if field.is("hide_in_REST") {
            put("scope", json!("publicOnServer"));
        }
        if field.is("never_null") {
            put("nullAsDefault", json!(false));
        }
        Self { name: field.text("name"), uuid, ty, number, properties, line: field.line }
    }

    /// In the original null is stored as the type's empty value.
    pub(super) fn is_never_null(&self) -> bool {
        self.properties.contains_key("nullAsDefault")
    }
}

impl FieldRef {
    /// Of a `<field_ref>`.
    fn read(field: &Element) -> Self {
        let table = field.first("table_ref").map_or_else(String::new, |table| table.text("name"));
        Self { uuid: hex(field.get("uuid")), name: field.text("name"), table }
    }
}

impl Relation {
    fn read(relation: &Element) -> Self {
        let side = |kind: &str| {
            let field = relation.all("related_field").find(|side| side.get("kind") == Some(kind))?;
            field.first("field_ref").map(FieldRef::read)
        };
        Self {
            to_one: relation.text("name_Nto1"),
            to_many: relation.text("name_1toN"),
            active: relation.get("state").is_none_or(|state| state == "1"),
            integrity: relation.get("integrity").map(str::to_owned),
            source: side("source"),
            destination: side("destination"),
            line: relation.line,
        }
    }

    /// As a person knows it.
    pub(super) fn title(&self) -> String {
        let side = |side: &Option<FieldRef>| side.as_ref().map_or("?".to_owned(), |field| format!("{}.{}", field.table, field.name));
        if self.to_one.is_empty() { format!("{} to {}", side(&self.source), side(&self.destination)) } else { self.to_one.clone() }
    }
}

impl Index {
    fn read(index: &Element) -> Self {
        Self {
            keywords: index.get("kind") == Some("keywords"),
            number: index.text("type"),
            unique: index.is("unique_keys"),
            fields: index.all("field_ref").map(FieldRef::read).collect(),
            line: index.line,
        }
    }
}

/// Field type numbers of `data-model.md` 4.5.
fn field_type(number: &str) -> Option<&'static str> {
    Some(match number {
        "1" => "bool",
        "3" => "word",
        "4" => "long",
        "5" => "long64",
        "6" => "number",
        "8" => "date",
        "9" => "duration",
        "10" | "14" => "string",
        "12" => "image",
        "18" => "blob",
        "21" => "object",
        _ => return None,
    })
}

/// 32 upper-case hexadecimal digits, without dashes.
fn hex(uuid: Option<&str>) -> String {
    uuid.unwrap_or_default().chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
}
