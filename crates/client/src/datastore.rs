//! The datastore object (`remote-datastore.md` 3).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value as Json;

use crate::ask::{Ask, Body, Purpose};
use crate::call::{Call, Target};
use crate::catalog::Catalog;
use crate::connect::Connect;
use crate::dataclass::Dataclass;
use crate::error::Missing;
use crate::http::Wire;
use crate::log::{LoggedRequest, RequestLog};
use crate::value::{Upload, Value};
use crate::{Error, Result, registry};

/// A remote datastore: what one endpoint shows to one key, in one session. Cheap to clone; all clones share the session.
#[derive(Clone)]
pub struct DataStore {
    inner: Arc<Inner>,
}

struct Inner {
    wire: Arc<Wire>,
    local_id: Option<String>,
    idle_minutes: u32,
    warnings: Mutex<Vec<String>>,
    /// With the session that it was read in: a new session shows a changed model (RD-5).
    catalog: Mutex<Option<(u64, Arc<Catalog>)>>,
    loading: tokio::sync::Mutex<()>,
    is_closed: AtomicBool,
}

/// What `getInfo()` says; serialized with the reference's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// `4D Server`, as everything remote is called.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Reached over a network.
    pub networked: bool,
    /// The alias; empty when there is none.
    #[serde(rename = "localID")]
    pub local_id: String,
    /// How it is reached, without secrets.
    pub connection: ConnectionInfo,
}

/// How a datastore is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionInfo {
    /// Name and port.
    pub hostname: String,
    /// HTTPS.
    pub tls: bool,
    /// Minutes.
    pub idle_timeout: u32,
    /// Empty with a key.
    pub user: String,
}

/// The reference's `openDatastore( connectionInfo , localID )`: the raw object with `hostname`, `api-key`, `tls` and so on, and the alias.
///
/// # Errors
/// As [`DataStore::open`] and [`Connect::from_connection_info`].
pub async fn open_datastore(connection_info: &Json, local_id: &str) -> Result<DataStore> {
    DataStore::open(Connect::from_connection_info(connection_info)?.local_id(local_id)).await
}

impl DataStore {
    /// Opens a datastore (`openDatastore`): asks for its catalog, so that a wrong address or key is told at once. With an alias that is known, the
    /// datastore that has it is given.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Unauthorized`], and [`Error::Misuse`] when the connection makes no sense.
    pub async fn open(mut connect: Connect) -> Result<Self> {
        if let Some(known) = Self::known(&mut connect)? {
            return Ok(known);
        }
        let replaces = connect.replace;
        let store = Self::make(connect)?;
        store.catalog().await?;
        let (store, old) = store.named(replaces);
        if let Some(old) = old {
            let _ = old.close().await;
        }
        Ok(store)
    }

    /// The same without asking anything: errors are told by whatever is asked first.
    ///
    /// # Errors
    /// [`Error::Misuse`] when the connection makes no sense.
    pub fn open_lazy(mut connect: Connect) -> Result<Self> {
        if let Some(known) = Self::known(&mut connect)? {
            return Ok(known);
        }
        let replaces = connect.replace;
        Ok(Self::make(connect)?.named(replaces).0)
    }

    /// The datastore that has the alias (`ds(localID)`).
    pub fn by_local_id(alias: &str) -> Option<Self> {
        registry::find(alias)
    }

    fn known(connect: &mut Connect) -> Result<Option<Self>> {
        let Some(alias) = connect.local_id.as_deref().filter(|_| !connect.replace) else { return Ok(None) };
        let Some(known) = registry::find(alias) else { return Ok(None) };
        let wire = &known.inner.wire;
        if wire.endpoint != connect.address()? || !wire.credential.is(&connect.credential()) {
            let text = format!(
                "The alias \"{}\" is open with other connection data, which stay.",
                connect.local_id.as_deref().unwrap_or_default()
            );
            tracing::warn!("{text}");
            known.inner.warnings.lock().push(text);
        }
        Ok(Some(known))
    }

    fn make(mut connect: Connect) -> Result<Self> {
        let wire = Arc::new(Wire::new(&mut connect)?);
        wire.farewells.here();
        Ok(Self {
            inner: Arc::new(Inner {
                wire,
                local_id: connect.local_id.clone(),
                idle_minutes: connect.idle_minutes(),
                warnings: Mutex::new(std::mem::take(&mut connect.warnings)),
                catalog: Mutex::new(None),
                loading: tokio::sync::Mutex::default(),
                is_closed: AtomicBool::new(false),
            }),
        })
    }

    /// Takes the alias; one that was faster is used instead, or [replaced](Connect::replace) and given back.
    fn named(self, replaces: bool) -> (Self, Option<Self>) {
        match self.inner.local_id.clone() {
            Some(alias) if replaces => (self.clone(), registry::replace(&alias, self)),
            Some(alias) => (registry::keep(&alias, self), None),
            None => (self, None),
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn wire(&self) -> &Arc<Wire> {
        &self.inner.wire
    }

    /// What was odd about the connection's data, in words.
    pub fn warnings(&self) -> Vec<String> {
        self.inner.warnings.lock().clone()
    }

    /// The description of what the key can see; asked for once in a session.
    pub async fn catalog(&self) -> Result<Arc<Catalog>> {
        if let Some(catalog) = self.known_catalog() {
            return Ok(catalog);
        }
        let _alone = self.inner.loading.lock().await;
        match self.known_catalog() {
            Some(catalog) => Ok(catalog),
            None => self.refresh_catalog().await,
        }
    }

    /// Asks for the description again.
    pub async fn refresh_catalog(&self) -> Result<Arc<Catalog>> {
        let body = self.wire().json(&Ask::get("$catalog/$all")).await?;
        let catalog = Arc::new(Catalog::read(body)?);
        *self.inner.catalog.lock() = Some((self.wire().generation(), Arc::clone(&catalog)));
        Ok(catalog)
    }

    /// The OpenAPI document of what the key reaches, of servers that have one (`$openapi`): it tells which attributes can be read and which saved,
    /// where the catalog lists all.
    pub async fn openapi(&self) -> Result<Option<Json>> {
        match self.wire().json(&Ask::get("$openapi")).await {
            Ok(document) => Ok(document.get("paths").is_some().then_some(document)),
            // Servers without it take the name for one of a dataclass, or answer with something else.
            Err(Error::NotFound { .. } | Error::Remote { .. } | Error::Protocol { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn known_catalog(&self) -> Option<Arc<Catalog>> {
        let known = self.inner.catalog.lock();
        let (generation, catalog) = known.as_ref()?;
        (*generation == self.wire().generation()).then(|| Arc::clone(catalog))
    }

    /// The catalog that was read last, of whatever session.
    pub(crate) fn last_catalog(&self) -> Option<Arc<Catalog>> {
        self.inner.catalog.lock().as_ref().map(|(_, catalog)| Arc::clone(catalog))
    }

    /// Names of the exposed dataclasses, in the order of the model.
    pub async fn dataclasses(&self) -> Result<Vec<String>> {
        Ok(self.catalog().await?.dataclasses.iter().map(|dataclass| dataclass.name.clone()).collect())
    }

    /// A dataclass (`ds.Book`, `ds["Book"]`). Of a datastore that was opened lazily it is looked for when it is used.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the catalog has no such dataclass.
    pub fn dataclass(&self, name: &str) -> Result<Dataclass> {
        let info = match self.last_catalog() {
            Some(catalog) => Some(catalog.dataclass(name).cloned().ok_or_else(|| absent(name))?),
            None => None,
        };
        Ok(Dataclass::new(self.clone(), name, info))
    }

    /// Calls a function of the datastore.
    pub fn call(&self, function: &str, arguments: Vec<Value>) -> Call {
        Call::new(self.clone(), Target::DataStore, function, arguments)
    }

    /// Calls a function of a shared singleton.
    pub fn call_singleton(&self, class: &str, function: &str, arguments: Vec<Value>) -> Call {
        Call::new(self.clone(), Target::Singleton(class.to_owned()), function, arguments)
    }

    /// Leaves an image with the server, to be given to an attribute (`$upload`).
    pub async fn upload_image(&self, bytes: impl Into<Bytes>, content_type: &str) -> Result<Upload> {
        self.wire().executed(self.upload_as("$rawPict", bytes.into(), content_type).await)
    }

    /// Leaves bytes with the server, to be given to an attribute or a function (`$upload`).
    pub async fn upload(&self, bytes: impl Into<Bytes>) -> Result<Upload> {
        self.wire().executed(self.upload_as("$binary", bytes.into(), "application/octet-stream").await)
    }

    async fn upload_as(&self, parameter: &str, bytes: Bytes, content_type: &str) -> Result<Upload> {
        let mut ask = Ask::post_nothing("$upload").with(parameter, "true");
        ask.body = Body::Bytes(bytes, content_type.to_owned());
        let body = self.wire().json(&ask).await?;
        let id = body.get("ID").and_then(Json::as_str).map(|id| Upload { id: id.to_owned() });
        id.ok_or_else(|| self.wire().odd("The answer to an upload has no ID", &body))
    }

    /// What this datastore is (`getInfo()`).
    pub fn get_info(&self) -> Info {
        let wire = self.wire();
        Info {
            kind: "4D Server",
            networked: true,
            local_id: self.inner.local_id.clone().unwrap_or_default(),
            connection: ConnectionInfo {
                hostname: wire.endpoint.host(),
                tls: wire.endpoint.tls,
                idle_timeout: self.inner.idle_minutes,
                user: wire.credential.user().to_owned(),
            },
        }
    }

    /// Begins to log requests (`startRequestLog()`); an earlier log is forgotten.
    pub fn start_request_log(&self, log: &RequestLog) -> Result<()> {
        self.wire().log.start(log)
    }

    /// Ends the log (`stopRequestLog()`).
    pub fn stop_request_log(&self) {
        self.wire().log.stop();
    }

    /// What was logged in memory, newest first (`getRequestLog()`); empty when nothing is logged.
    pub fn request_log(&self) -> Vec<LoggedRequest> {
        self.wire().log.entries()
    }

    /// Waits until what was dropped has been given back: entity sets and locks.
    pub async fn flush(&self) {
        let _ = self.wire().say_farewells().await;
    }

    /// Ends the session, and with it its locks; the alias is free again. Whatever is asked later is [`Error::Misuse`]. A server that cannot be
    /// reached is asked once.
    pub async fn close(&self) -> Result<()> {
        if self.inner.is_closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        if let Some(alias) = &self.inner.local_id {
            registry::forget_this(alias, self);
        }
        let done = self.inner.wire.log_out().await;
        self.inner.wire.is_closed.store(true, Ordering::Release);
        done
    }
}

impl Wire {
    /// Gives back what is held, and ends the session when there is one.
    async fn log_out(&self) -> Result<()> {
        let said = self.say_farewells().await;
        let exists = self.session.lock().exists();
        if !exists {
            return Ok(());
        }
        let done = match said {
            Ok(()) => self.json(&Ask::get("$directory/logout").to(Purpose::Part)).await.map(|_| ()),
            Err(error) => Err(error),
        };
        self.session.lock().forget();
        match done {
            // Servers without users need not know the call; the session then ends by itself.
            Ok(()) | Err(Error::NotFound { .. } | Error::Protocol { .. } | Error::SessionLost { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.is_closed.load(Ordering::Acquire) {
            return;
        }
        if let Some(runtime) = self.wire.farewells.runtime() {
            let wire = Arc::clone(&self.wire);
            runtime.spawn(async move {
                let _ = wire.log_out().await;
            });
        }
    }
}

impl fmt::Debug for DataStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataStore")
            .field("host", &self.wire().endpoint.host())
            .field("local_id", &self.inner.local_id)
            .finish_non_exhaustive()
    }
}

pub(crate) fn absent(dataclass: &str) -> Error {
    Error::missing(Missing::Dataclass, format!("The \"{dataclass}\" dataclass cannot be found"))
}
