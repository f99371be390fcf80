//! What was typed: path and parameters as written, before any name is looked up (`rest-dialect.md` 2).

use claviger_access::Grants;
use claviger_model::{Attribute, ClassId, Model, StorageType};

use crate::asked::{Asked, Notes};
use crate::call::{self, AUTHENTIFY, Call};
use crate::change::{Change, Lock};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind};
use crate::info::Info;
use crate::media::{AnyBytes, NoBytes, Upload};
use crate::need::Answers;
use crate::plan::Plan;
use crate::planner::{plan_once, visible};
use crate::set::{OverSet, Release};
use crate::url::{CatalogAsk, Method, Parameters, Resource, parse_path};

/// HTTP method, as far as the dialect tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "HTTP")]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Settings that change what a request means (`claviger.toml` `[rest]`).
#[derive(Clone, Debug)]
pub struct Options {
    /// `*` is a wildcard beside `@`. Default true.
    pub star_wildcard: bool,
    /// `POST {dc}?$method=delete` without filter deletes all. Default false.
    pub allow_delete_all: bool,
    /// `GET …?$method=delete` deletes. Default false.
    pub allow_get_delete: bool,
    /// Unknown attribute names in a body are 1500 instead of ignored. Default false.
    pub strict_attributes: bool,
    /// `$catalog` lists only what the caller may read. Default false.
    pub catalog_readable: bool,
    /// Largest `$top`; above 100000.
    pub max_top: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            star_wildcard: true,
            allow_delete_all: false,
            allow_get_delete: false,
            strict_attributes: false,
            catalog_readable: false,
            max_top: 1_000_000,
        }
    }
}

/// A request body: parsed JSON, or nothing.
pub type Body = Option<serde_json::Value>;

/// A request as written.
#[derive(Clone, Debug)]
pub struct Ask {
    pub(crate) verb: Verb,
    pub(crate) resource: Resource,
    pub(crate) parameters: Parameters,
}

/// What a request turned out to be.
#[derive(Debug)]
pub enum Request {
    /// `$catalog…`: which dataclasses, in full or short.
    Catalog(Catalog),
    /// `$openapi`: the document of what the caller reaches.
    OpenApi,
    /// Something is read.
    Read(Plan),
    /// Something is written.
    Write(Change),
    /// Bytes are taken in, to be stored by a later request.
    Upload(Upload),
    /// Something is done with the entities of a set, or with the set itself.
    Set(Box<OverSet>),
    /// Sets are given up.
    Release(Release),
    /// A lock is taken or given back.
    Lock(Lock),
    /// `$info…`
    Info(Info),
    /// `$directory/…`, `$logout`.
    Directory(Directory),
    /// A function is called.
    Call(Box<Call>),
}

/// A `$catalog` request (`rest-dialect.md` 8), names already resolved and filtered by `describe`.
#[derive(Debug)]
pub struct Catalog {
    /// Short form (8.1) or full descriptions (8.2, 8.3).
    pub full: bool,
    /// Dataclasses to list, in model order.
    pub dataclasses: Vec<CatalogClass>,
    /// Datastore functions.
    pub functions: Vec<CatalogFunction>,
    /// Shared singletons, by name, with their functions.
    pub singletons: Vec<(String, Vec<CatalogFunction>)>,
}

/// An exposed function that the caller may see described.
#[derive(Debug)]
pub struct CatalogFunction {
    /// Its name.
    pub name: String,
    /// The class that has it.
    pub class: claviger_model::FunctionClass,
    /// With GET, too.
    pub on_http_get: bool,
}

/// One dataclass of the catalog with the attributes that the caller may see described.
#[derive(Debug)]
pub struct CatalogClass {
    /// The dataclass.
    pub class: claviger_model::ClassId,
    /// Exposed attributes to describe, in model order.
    pub attributes: Vec<claviger_model::AttrId>,
    /// Functions of the dataclass, its selections and its entities.
    pub functions: Vec<CatalogFunction>,
}

impl Ask {
    /// Parses the part of the URL after `/rest/` (raw, still percent-encoded) and the raw query string.
    pub fn parse(verb: Verb, path: &str, query: Option<&str>) -> Result<Self, Error> {
        let resource = parse_path(path)?;
        let parameters = match query {
            Some(query) if !query.is_empty() => Parameters::parse(query)?,
            _ => Parameters::default(),
        };
        // Whoever gives a stamp relies on it.
        if parameters.stamp.is_some() && parameters.method != Some(Method::Delete) && verb != Verb::Delete {
            return Err(Error::new(ErrorKind::Malformed, 1813, "$stamp is compared at deletions only."));
        }
        Ok(Self { verb, resource, parameters })
    }

    /// True when the request wants a body parsed (an update, a delete with keys). An empty body is none.
    pub fn wants_body(&self, model: &Model) -> bool {
        self.verb != Verb::Get
            && match &self.resource {
                Resource::Data(_) => !self.wants_bytes(model),
                Resource::Release(_) | Resource::Singleton { .. } | Resource::Catalog(CatalogAsk::Named(_)) => true,
                Resource::Directory(call) => call.wants_body(),
                Resource::Catalog(_) | Resource::OpenApi | Resource::Upload | Resource::Info(_) | Resource::Later(_) => false,
            }
    }

    /// True when the request's body is bytes to store at once in an image or blob (14.3): a POST to one attribute of one entity with `$rawPict` or
    /// `$binary=true`, or to a blob, which the ancestor's client posts without a word. The planner gets them from its
    /// [`ByteSource`](crate::ByteSource). Not when the request reads, or locks, whatever is posted.
    pub fn wants_bytes(&self, model: &Model) -> bool {
        let parameters = &self.parameters;
        let Resource::Data(target) = &self.resource else { return false };
        let (Some(_), Some(list), None) = (&target.pick, &target.list, &target.set) else { return false };
        let is_blob = || {
            let named = model.find(&target.class).filter(|class| class.exposed).and_then(|class| visible(class, list.trim()));
            named.and_then(Attribute::storage).is_some_and(|storage| storage.ty == StorageType::Blob)
        };
        let saves = match parameters.method {
            None => !parameters.extended && parameters.lock.is_none(),
            Some(method) => method == Method::Update,
        };
        self.verb == Verb::Post && saves && !list.contains([',', '.']) && (parameters.raw_pict.is_some() || parameters.binary || is_blob())
    }

    /// True for what a caller may ask who has not logged in where that is demanded (`forceLogin`, 17.3): the catalog, the function `authentify`, and
    /// what logs in and out.
    pub fn is_open_to_guests(&self, model: &Model) -> bool {
        match &self.resource {
            Resource::Catalog(asked) => match call::datastore_function(model, self.verb, asked) {
                Some(name) => name == AUTHENTIFY,
                None => true,
            },
            Resource::Directory(_) => true,
            Resource::Data(_)
            | Resource::Release(_)
            | Resource::Upload
            | Resource::OpenApi
            | Resource::Info(_)
            | Resource::Singleton { .. }
            | Resource::Later(_) => false,
        }
    }

    /// True when the request is a save by its method alone, so that it means nothing without a body.
    pub fn needs_body(&self, model: &Model) -> bool {
        let saves = matches!(self.parameters.method, Some(Method::Update | Method::Insert | Method::Validate));
        matches!(self.resource, Resource::Data(_)) && self.wants_body(model) && (saves || matches!(self.verb, Verb::Put | Verb::Patch))
    }

    /// The exposed dataclass that the path names, if it names one.
    pub fn dataclass(&self, model: &Model) -> Option<ClassId> {
        let name = match &self.resource {
            Resource::Data(target) => &target.class,
            Resource::Release(class) => class.as_ref()?,
            Resource::Catalog(_)
            | Resource::OpenApi
            | Resource::Upload
            | Resource::Info(_)
            | Resource::Directory(_)
            | Resource::Singleton { .. }
            | Resource::Later(_) => return None,
        };
        model.find(name).filter(|class| class.exposed).map(|class| class.id)
    }

    /// Names become handles, permissions are asked: the only way to a [`Plan`](crate::Plan) or [`Change`]. A server uses a
    /// [`Planner`](crate::Planner), which keeps what can be kept between requests.
    pub fn plan(&self, model: &Model, grants: &Grants, options: &Options, body: Body) -> Result<Request, Error> {
        plan_once(model, grants, options, self, body, &NoBytes, None, &Answers::default())
    }

    /// As [`Ask::plan`], with every permission that was asked on the way, in the order of asking, also when the request is refused. Uploads that
    /// the body refers to are taken to be there, and bytes to be posted ([`Self::wants_bytes`]) where the request has a body, `posted`.
    pub fn plan_asked(
        &self,
        model: &Model,
        grants: &Grants,
        options: &Options,
        body: Body,
        posted: bool,
    ) -> (Result<Request, Error>, Vec<Asked>) {
        let notes = Notes::default();
        let planned = plan_once(model, grants, options, self, body, &AnyBytes { posted }, Some(&notes), &Answers::presumed());
        (planned, notes.into_asked())
    }
}
