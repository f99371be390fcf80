//! Rows become the dialect's JSON, straight into one buffer (`rest-dialect.md` 5, 7.4, 7.6, 10).

use std::sync::Arc;

use claviger_model::value::{DateStyle, write_cell, write_instant, write_json_string};
use claviger_model::{AttrRef, Cell, Model};
use claviger_query::{Aggregate, ComputeColumn, Field, Output, PageForm, Projection};
use claviger_store::{EntityHead, Sink};

use super::computed::{self, Places};
use super::page_head::PageHead;
use super::uri::{EntityUri, write_encoded, write_entity_uri, write_key_json, write_key_text, write_set_uri};

/// Which shape the top of the answer has.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// One entity object (5.1).
    Entity,
    /// A page (5.2, 7.4, 7.6) with what stands before its members.
    Page(PageForm, Arc<PageHead>),
    /// The members of a saved entity (12.4), without braces: the answer around it is made by [`super::save`].
    Saved,
    /// `$compute` (10.1): number of columns, and whether each has one computation only.
    Compute { columns: usize, single: bool },
    /// `$distinct` (10.2).
    Distinct,
    /// The bytes of an image or blob (14).
    Media,
}

/// Writes the answer while the store pushes it.
#[derive(Debug)]
pub(crate) struct JsonSink {
    out: Vec<u8>,
    /// Bytes that the answer may have (`rest.max_answer_bytes`).
    most: usize,
    model: Arc<Model>,
    form: Form,
    style: EntityUri,
    dates: DateStyle,
    /// One per entity that has begun and not ended.
    open: Vec<Open>,
    /// Links of the open entities, one after the other.
    links: Vec<u8>,
    /// Name of the `$compute` column that is being written.
    column: Option<String>,
    /// Matches per explained condition.
    explained: Vec<u64>,
    /// The bytes of an image or blob were null.
    is_null: bool,
    /// There were more of them than an answer may have.
    is_over: bool,
    /// The moment that was written last, and where its text stands in `out`.
    last_timestamp: Option<(i64, std::ops::Range<usize>)>,
    /// The entity is not saved: the stamp that it keeps, 0 for a new one.
    tried: Option<i64>,
    /// Where computed attributes go: most answers have none.
    places: Option<Box<Places>>,
}

#[derive(Debug)]
struct Open {
    /// Where its link begins in `links`.
    link: usize,
    stamp: i64,
    braces: bool,
}

impl JsonSink {
    pub(super) fn new(model: Arc<Model>, form: Form, style: EntityUri, dates: DateStyle, most: usize) -> Self {
        let capacity = if matches!(form, Form::Page(..)) { 32 * 1024 } else { 1024 };
        Self {
            out: Vec::with_capacity(capacity),
            most,
            model,
            form,
            style,
            dates,
            open: Vec::new(),
            links: Vec::new(),
            column: None,
            explained: Vec::new(),
            is_null: false,
            is_over: false,
            last_timestamp: None,
            tried: None,
            places: None,
        }
    }

    /// Places that are free for computed attributes.
    pub(super) fn places(&mut self) -> Option<&mut Places> {
        self.places.as_deref_mut()
    }

    /// The entity that is being put aside.
    fn aside(&mut self) -> Option<&mut Places> {
        self.places().filter(|places| places.is_open())
    }

    /// Something is to be computed before it is finished.
    pub(super) fn is_open(&self) -> bool {
        self.places.is_some()
    }

    /// A place for a computed attribute of an entity that is described as its code takes it.
    pub(super) fn computed(&mut self, field: &Field, attribute: AttrRef, entity: String) {
        self.start_field(field);
        self.places.get_or_insert_default().add(attribute, self.out.len(), entity);
        self.out.extend_from_slice(computed::FREE);
    }

    /// The finished body.
    pub(super) fn finish(mut self) -> Vec<u8> {
        match self.form {
            Form::Compute { columns, single } => {
                if !single && self.column.is_some() {
                    self.out.push(b'}');
                }
                if !single || columns != 1 {
                    if self.out.is_empty() {
                        self.out.push(b'{');
                    }
                    self.out.push(b'}');
                }
            }
            Form::Distinct => {
                if self.out.is_empty() {
                    self.out.push(b'[');
                }
                self.out.push(b']');
            }
            Form::Entity | Form::Page(..) | Form::Saved | Form::Media => {}
        }
        match self.places {
            Some(places) => places.filled(&self.out, self.dates),
            None => self.out,
        }
    }

    /// `__KEY` of a saved entity ([`Form::Saved`]).
    pub(crate) fn saved_key(&self) -> Option<String> {
        // It stands first.
        let text = self.out.strip_prefix(b"\"__KEY\":")?;
        serde_json::Deserializer::from_slice(text).into_iter().next()?.ok()
    }

    /// The bytes of an image or blob; `None`: null.
    pub(super) fn into_bytes(self) -> Option<Vec<u8>> {
        (!self.is_null).then_some(self.out)
    }

    #[inline]
    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }

    fn member(&mut self, name: &str) {
        self.comma();
        write_json_string(&mut self.out, name);
        self.out.push(b':');
    }

    /// Entities of a page were often saved in the same moment: its text is copied, not made again.
    fn timestamp(&mut self, milliseconds: i64) {
        let start = self.out.len();
        match &self.last_timestamp {
            Some((last, text)) if *last == milliseconds => self.out.extend_from_within(text.clone()),
            _ => write_instant(&mut self.out, milliseconds),
        }
        self.last_timestamp = Some((milliseconds, start..self.out.len()));
    }

    fn number(&mut self, number: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    fn is_array(&self) -> bool {
        matches!(self.form, Form::Page(PageForm::AsArray, _))
    }

    fn is_looker(&self) -> bool {
        matches!(self.form, Form::Page(PageForm::Looker, _))
    }

    fn class_name(&self, projection: &Projection) -> String {
        self.model.dataclass(projection.class()).name.clone()
    }

    /// `"__KEY":"…","__TIMESTAMP":"…","__STAMP":n` in the order that the form wants.
    fn head_members(&mut self, projection: &Projection, head: EntityHead<'_>, link: usize) {
        if self.tried == Some(0) && self.open.is_empty() {
            // A new entity has no key before it is saved.
            self.comma();
            self.out.extend_from_slice(b"\"__STAMP\":0");
        } else if !head.key.is_empty() {
            self.comma();
            self.out.extend_from_slice(b"\"__KEY\":");
            if self.is_array() {
                write_key_json(&mut self.out, head.key);
            } else {
                self.key_string(head.key);
                if matches!(self.form, Form::Saved) && self.open.is_empty() {
                    self.out.extend_from_slice(b",\"__STAMP\":");
                    let stamp = self.tried.unwrap_or(head.stamp);
                    self.out.extend_from_slice(itoa::Buffer::new().format(stamp).as_bytes());
                    self.out.extend_from_slice(b",\"uri\":\"");
                    self.out.extend_from_slice(&self.links[link..]);
                    self.out.extend_from_slice(b"\",\"__TIMESTAMP\":\"");
                    self.timestamp(head.timestamp);
                    self.out.push(b'"');
                    self.invalid(projection);
                    return;
                }
                self.out.extend_from_slice(b",\"__TIMESTAMP\":\"");
                self.timestamp(head.timestamp);
                self.out.push(b'"');
            }
            self.out.extend_from_slice(b",\"__STAMP\":");
            self.out.extend_from_slice(itoa::Buffer::new().format(head.stamp).as_bytes());
        }
        self.invalid(projection);
    }

    fn invalid(&mut self, projection: &Projection) {
        if projection.is_invalid() {
            self.comma();
            self.out.extend_from_slice(b"\"__INVALID\":1");
        }
    }

    fn key_string(&mut self, key: &[Cell<'_>]) {
        if let [Cell::Int(number)] = key {
            self.out.push(b'"');
            self.out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
            self.out.push(b'"');
            return;
        }
        let mut text = Vec::with_capacity(24);
        write_key_text(&mut text, key);
        write_json_string(&mut self.out, &String::from_utf8_lossy(&text));
    }

    fn begin(&mut self, projection: &Projection, head: EntityHead<'_>) {
        let link = self.links.len();
        let needs_link = (matches!(self.form, Form::Saved) && self.open.is_empty()) || projection.is_linked();
        if needs_link {
            let model = Arc::clone(&self.model);
            write_entity_uri(&mut self.links, self.style, &model.dataclass(projection.class()).name, head.key);
        }
        let braces = !(matches!(self.form, Form::Saved) && self.open.is_empty());
        if braces {
            self.comma_before_entity();
            self.out.push(b'{');
        }
        if self.open.is_empty() && matches!(self.form, Form::Entity) {
            let name = self.class_name(projection);
            self.out.extend_from_slice(b"\"__entityModel\":");
            write_json_string(&mut self.out, &name);
            self.out.extend_from_slice(b",\"__DATACLASS\":");
            write_json_string(&mut self.out, &name);
        }
        self.head_members(projection, head, link);
        self.open.push(Open { link, stamp: head.stamp, braces });
    }

    /// Between two entities of a list; not after a member's name.
    fn comma_before_entity(&mut self) {
        if matches!(self.out.last(), Some(b'}')) {
            self.out.push(b',');
        }
    }

    fn selection_members(&mut self, projection: &Projection, count: u64, first: u64) {
        let name = self.class_name(projection);
        self.member("__DATACLASS");
        write_json_string(&mut self.out, &name);
        if self.open.is_empty() {
            self.member("__entityModel");
            write_json_string(&mut self.out, &name);
        }
        self.out.extend_from_slice(b",\"__GlobalStamp\":0,\"__COUNT\":");
        self.number(count);
        self.out.extend_from_slice(b",\"__FIRST\":");
        self.number(first);
        self.out.extend_from_slice(b",\"__ENTITIES\":[");
    }

    fn selection_end(&mut self, sent: u64) {
        self.out.extend_from_slice(b"],\"__SENT\":");
        self.number(sent);
        self.out.push(b'}');
    }

    /// `/rest/Author[7]/books?$expand=books`, quoted.
    fn relation_link(&mut self, field: &Field) {
        let link = self.open.last().map_or(0, |open| open.link);
        let mut name = Vec::with_capacity(field.name().len());
        write_encoded(&mut name, field.name().as_bytes());
        self.out.push(b'"');
        self.out.extend_from_slice(&self.links[link..]);
        self.out.push(b'/');
        self.out.extend_from_slice(&name);
        self.out.extend_from_slice(b"?$expand=");
        self.out.extend_from_slice(&name);
        self.out.push(b'"');
    }

    fn media_link(&mut self, field: &Field, image: bool) {
        let (link, stamp) = self.open.last().map_or((0, 0), |open| (open.link, open.stamp));
        let mut name = Vec::with_capacity(field.name().len());
        write_encoded(&mut name, field.name().as_bytes());
        self.out.extend_from_slice(b"{\"__deferred\":{\"uri\":\"");
        self.out.extend_from_slice(&self.links[link..]);
        self.out.push(b'/');
        self.out.extend_from_slice(&name);
        self.out.extend_from_slice(if image { b"?$imageformat=best&$version=" } else { b"?$binary=true&$version=" });
        self.out.extend_from_slice(itoa::Buffer::new().format(stamp).as_bytes());
        self.out.extend_from_slice(b"&$expand=");
        self.out.extend_from_slice(&name);
        self.out.extend_from_slice(if image { b"\",\"image\":true}}" } else { b"\"}}" });
    }

    fn is_image(&self, field: &Field) -> bool {
        use claviger_model::{Kind, StorageType};
        let attribute = self.model.attribute(field.attribute());
        match &attribute.kind {
            Kind::Storage(storage) => storage.ty == StorageType::Image,
            Kind::Calculated(calculated) => calculated.ty == StorageType::Image,
            Kind::Alias(alias) => alias
                .steps
                .last()
                .and_then(|at| self.model.attribute(*at).storage())
                .is_some_and(|storage| storage.ty == StorageType::Image),
            Kind::RelatedEntity(_) | Kind::RelatedEntities(_) => false,
        }
    }

    /// In looker rows every field is one value of the row, whatever it is.
    fn start_field(&mut self, field: &Field) {
        self.comma();
        if !self.is_looker() {
            self.out.extend_from_slice(field.member().as_bytes());
        }
    }
}

impl Sink for JsonSink {
    fn reset(&mut self) {
        self.out.clear();
        self.open.clear();
        self.links.clear();
        self.column = None;
        self.explained.clear();
        (self.is_null, self.is_over) = (false, false);
        self.last_timestamp = None;
        self.tried = None;
        self.places = None;
    }

    fn is_full(&self) -> bool {
        self.is_over || self.out.len() + self.places.as_ref().map_or(0, |places| places.bytes()) > self.most
    }

    fn media(&mut self, bytes: Option<&[u8]>) {
        self.is_null = bytes.is_none();
        match bytes {
            // Not copied only to be given up.
            Some(bytes) if bytes.len() > self.most => self.is_over = true,
            Some(bytes) => self.out.extend_from_slice(bytes),
            None => {}
        }
    }

    fn tried(&mut self, stamp: i64) {
        self.tried = Some(stamp);
    }

    fn explained(&mut self, found: &[u64]) {
        self.explained = found.to_vec();
    }

    fn page(&mut self, projection: &Projection, count: u64, first: u64) {
        match &self.form {
            Form::Page(PageForm::AsArray, _) => self.out.push(b'['),
            Form::Page(PageForm::Looker, head) => {
                let head = Arc::clone(head);
                self.out.push(b'{');
                PageHead::write_looker_schema(&mut self.out, &self.model, projection);
                self.out.extend_from_slice(b",\"rows\":[");
                // The counts stand after the rows: kept in `links`, which looker rows do not use.
                self.links.clear();
                let filtered = head.is_filtered();
                self.links
                    .extend_from_slice(format!("],\"filtersApplied\":{filtered},\"__COUNT\":{count},\"__FIRST\":{first}}}").as_bytes());
            }
            _ => {
                self.out.push(b'{');
                if let Form::Page(_, head) = &self.form {
                    let head = Arc::clone(head);
                    head.write_explained(&mut self.out, count, &self.explained);
                    if let Some(id) = head.stored() {
                        self.member("__ENTITYSET");
                        let name = self.class_name(projection);
                        self.out.push(b'"');
                        write_set_uri(&mut self.out, &name, id);
                        self.out.push(b'"');
                    }
                }
                self.selection_members(projection, count, first);
            }
        }
    }

    fn page_end(&mut self, sent: u64) {
        match &self.form {
            Form::Page(PageForm::AsArray, _) => self.out.push(b']'),
            Form::Page(PageForm::Looker, _) => {
                let tail = std::mem::take(&mut self.links);
                self.out.extend_from_slice(&tail);
            }
            _ => self.selection_end(sent),
        }
    }

    fn entity(&mut self, projection: &Projection, head: EntityHead<'_>) {
        if self.is_looker() {
            self.comma_before_entity();
            self.out.extend_from_slice(b"{\"values\":[");
            self.open.push(Open { link: self.links.len(), stamp: head.stamp, braces: true });
            return;
        }
        self.begin(projection, head);
    }

    fn missing(&mut self, projection: &Projection) {
        self.comma_before_entity();
        if self.is_looker() {
            // One value per column, as in every other row.
            let values = vec!["null"; projection.fields().len()].join(",");
            self.out.extend_from_slice(format!("{{\"values\":[{values}]}}").as_bytes());
            return;
        }
        self.out.extend_from_slice(b"{\"__STAMP\":0}");
    }

    fn entity_end(&mut self) {
        if let Some(aside) = self.aside() {
            aside.end();
            return;
        }
        if self.is_looker() {
            self.out.extend_from_slice(b"]}");
            self.open.pop();
            return;
        }
        if let Some(open) = self.open.pop() {
            self.links.truncate(open.link);
            if open.braces {
                self.out.push(b'}');
            }
        }
    }

    fn cell(&mut self, field: &Field, cell: Cell<'_>) {
        if let Some(aside) = self.aside() {
            aside.rows().into_iter().for_each(|rows| rows.cell(field, cell));
            return;
        }
        self.start_field(field);
        if matches!(cell, Cell::Media) {
            let image = self.is_image(field);
            self.media_link(field, image);
            return;
        }
        write_cell(&mut self.out, cell, self.dates);
    }

    fn list(&mut self, field: &Field, cells: &[Cell<'_>]) {
        self.start_field(field);
        self.out.push(b'[');
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            write_cell(&mut self.out, *cell, self.dates);
        }
        self.out.push(b']');
    }

    fn deferred_one(&mut self, field: &Field, key: Option<&[Cell<'_>]>) {
        if let Some(aside) = self.aside() {
            aside.rows().into_iter().for_each(|rows| rows.deferred_one(field, key));
            return;
        }
        self.start_field(field);
        let Some(key) = key else {
            self.out.extend_from_slice(b"null");
            return;
        };
        if self.is_array() {
            self.out.extend_from_slice(b"{\"__KEY\":");
            write_key_json(&mut self.out, key);
            self.out.push(b'}');
            return;
        }
        let Output::DeferredOne(steps) = field.output() else { return };
        let target = steps.last().and_then(|at| match &self.model.attribute(*at).kind {
            claviger_model::Kind::RelatedEntity(relation) => Some(relation.target),
            _ => None,
        });
        let Some(target) = target else { return };
        self.out.extend_from_slice(b"{\"__deferred\":{\"uri\":\"");
        write_entity_uri(&mut self.out, self.style, &self.model.dataclass(target).name, key);
        self.out.extend_from_slice(b"\",\"__KEY\":");
        self.key_string(key);
        self.out.extend_from_slice(b"}}");
    }

    fn deferred_many(&mut self, field: &Field) {
        self.start_field(field);
        self.out.extend_from_slice(b"{\"__deferred\":{\"uri\":");
        self.relation_link(field);
        self.out.extend_from_slice(b"}}");
    }

    fn one(&mut self, field: &Field, projection: &Projection, head: Option<EntityHead<'_>>) {
        self.start_field(field);
        match head {
            None => self.out.extend_from_slice(b"null"),
            Some(head) => match field.output() {
                Output::Computed(steps, _) => {
                    let attribute = steps.last().copied().unwrap_or(field.attribute());
                    let is_new = self.tried == Some(0) && self.open.len() == 1;
                    let at = self.out.len();
                    self.places.get_or_insert_default().begin(attribute, at, projection, head, is_new);
                    self.out.extend_from_slice(computed::FREE);
                }
                _ => self.begin(projection, head),
            },
        }
    }

    fn many(&mut self, field: &Field, projection: &Projection, count: u64) {
        self.start_field(field);
        self.out.extend_from_slice(b"{\"__ENTITYSET\":");
        self.relation_link(field);
        self.selection_members(projection, count, 0);
    }

    fn many_end(&mut self, sent: u64) {
        self.selection_end(sent);
    }

    fn aggregate(&mut self, column: &ComputeColumn, aggregate: Aggregate, cell: Cell<'_>) {
        let Form::Compute { columns, single } = self.form else { return };
        if single {
            if columns != 1 {
                if self.out.is_empty() {
                    self.out.push(b'{');
                }
                self.member(&column.name);
            }
        } else {
            if self.out.is_empty() {
                self.out.push(b'{');
            }
            if self.column.as_deref() != Some(column.name.as_str()) {
                if self.column.is_some() {
                    self.out.push(b'}');
                }
                self.column = Some(column.name.clone());
                self.member(&column.name);
                self.out.push(b'{');
            }
            self.member(aggregate_name(aggregate));
        }
        write_cell(&mut self.out, cell, DateStyle::Iso);
    }

    fn distinct(&mut self, cell: Cell<'_>) {
        if self.out.is_empty() {
            self.out.push(b'[');
        }
        self.comma();
        write_cell(&mut self.out, cell, self.dates);
    }
}

fn aggregate_name(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Count => "count",
        Aggregate::Sum => "sum",
        Aggregate::Average => "average",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
    }
}
