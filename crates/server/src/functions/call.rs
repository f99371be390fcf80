//! A call of a function by a request, from the planned [`Call`] to its answer.

use std::time::Instant;

use axum::response::Response;
use claviger_model::FunctionClass;
use claviger_query::planner::{Select, SelectFrom};
use claviger_query::{Ask, Base, Call, Error, ErrorKind, Plan, Receiver, Selection};
use claviger_script::{Action, Call as Asked, CallError};
use http::StatusCode;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::error::of_call;
use super::host::{Running, Unanswered};
use super::privileges::Privileges;
use super::result::{Returned, ReturnedEntity};
use crate::app::{AppState, Served};
use crate::rest::{self, Caller, Draft};
use crate::service::OUR_FAULT;

/// What became of a call.
pub(crate) enum Answered {
    /// It is answered.
    Response(Response),
    /// An entity or a selection is to be read and sent as for a request.
    Plan(Plan),
    /// An entity is to be sent as the code had it.
    Draft(Draft),
    /// A selection is to be stored as an entity set, of this life in seconds, and a page of it to be sent.
    Stored(Plan, Selection, Option<u64>),
}

/// Calls the function.
pub(crate) async fn answer(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    ask: &Ask,
    call: Call,
    deadline: Instant,
) -> Result<Answered, Error> {
    let Some(pool) = served.functions.pool() else { return Err(nothing()) };
    let settings = state.settings();
    let class = class_name(served, call.class());
    let name = call.name().to_owned();
    let shown = format!("{class}.{name}");
    let privileges = Privileges::of(state, served, caller);
    privileges.enter(call.id());
    let mut running = Running::new(state, served, caller, privileges, &shown, deadline);
    running.read_only = call.is_read_only();
    let keep = call.keep();
    let (receiver, mut arguments) = call.into_parts();
    let told = |why| running.told(why, &shown);
    let this = running.receiver(receiver).await.map_err(told)?;
    let mut described = running.described();
    let special = running.arguments(&mut arguments).await.map_err(told)?;
    if !special.is_empty() {
        described["arguments"] = Json::Object(special);
    }
    let asked = Asked {
        action: Action::Function,
        class,
        function: name,
        this: raw(this.to_string()),
        each: false,
        arguments: raw(Json::Array(arguments).to_string()),
        caller: raw(described.to_string()),
        timeout_ms: running.time_left(),
        output: settings.rest.max_body_bytes,
    };
    let returned = pool.call(&asked, &running).await;
    let returned = returned.map_err(|error| of_call(error, &shown, settings, &running.refused.lock()))?;
    match Returned::read(returned.get()).map_err(|error| unreadable(&shown, &error))? {
        Returned::Value(value) => {
            let mut body = b"{\"result\":".to_vec();
            body.extend_from_slice(value.get().as_bytes());
            body.push(b'}');
            Ok(Answered::Response(rest::json(StatusCode::OK, body)))
        }
        Returned::Response(outgoing) => outgoing.respond().map(Answered::Response),
        Returned::Selection { id } => {
            let selection = running.selection(id).map_err(told)?;
            let plan = running
                .planned(|answers| served.planner.returned_page(&running.grants(), ask, selection.as_ref().clone(), answers))
                .await
                .map_err(told)?;
            Ok(match keep {
                Some(life) => Answered::Stored(plan, running.renewed(&selection).await.map_err(told)?, life),
                None => Answered::Plan(plan),
            })
        }
        Returned::Entity(entity) => running.entity(ask, *entity).await.map_err(told),
    }
}

impl Running<'_> {
    /// `this`, as the prelude takes it.
    async fn receiver(&self, receiver: Receiver) -> Result<Json, Unanswered> {
        Ok(match receiver {
            Receiver::Datastore | Receiver::Dataclass(_) | Receiver::Singleton(_) => Json::Null,
            Receiver::Selection(selection) => json!({ "id": self.keep(*selection)? }),
            Receiver::Entity(class, base) => {
                let selection = self.select(&Select::of(SelectFrom::Entity(class, &base))).await?;
                let Some(row) = self.read_page(&selection, 0, 1).await?.only() else {
                    let name = &self.model().dataclass(class).name;
                    let text = match &base {
                        Base::Key { text, .. } | Base::Unique { text, .. } => text.as_str(),
                        _ => "",
                    };
                    let message = format!("No entity of dataclass \"{name}\" has the key \"{text}\"");
                    return Err(Error::new(ErrorKind::NotFound, 1542, message).into());
                };
                serde_json::from_str(&format!("{{{row}}}"))?
            }
        })
    }

    /// An entity that was returned: read anew when it is as it was saved, else as the code had it.
    async fn entity(&self, ask: &Ask, entity: ReturnedEntity) -> Result<Answered, Unanswered> {
        let class = self.class(&entity.class)?;
        let planner = &self.served.planner;
        let key = if entity.is_new { Json::Null } else { entity.key.clone() };
        let plan = self.planned(|answers| planner.returned_entity(&self.grants(), ask, class, &key, answers)).await?;
        if !entity.is_new && !entity.dropped && entity.values.is_empty() {
            return Ok(Answered::Plan(plan));
        }
        let mut values = entity.values;
        if !entity.is_new && !entity.dropped {
            let row = self.row_of(self.model().dataclass(class), &key).await?;
            let names = row["attributes"].as_array().cloned().unwrap_or_default();
            let stored = names.iter().zip(row["row"][2].as_array().cloned().unwrap_or_default());
            for (name, value) in stored {
                let name = name.as_str().unwrap_or_default();
                if !values.contains_key(name) {
                    values.insert(name.to_owned(), value);
                }
            }
        }
        Ok(Answered::Draft(Draft { plan, key, stamp: entity.stamp, values }))
    }

    /// A failure before or after the code ran, in the dialect's words.
    pub(super) fn told(&self, why: Unanswered, shown: &str) -> Error {
        match why {
            Unanswered::Refused(error) => error,
            Unanswered::Limit(limit) => {
                let failure = CallError::Failure(claviger_script::Failure::Limit(limit));
                of_call(failure, shown, self.state.settings(), &[])
            }
            Unanswered::Nonsense(text) => {
                tracing::error!(function = shown, text, "a call of a function failed");
                rest::server_error(ErrorKind::Failed, 9500, OUR_FAULT)
            }
        }
    }
}

/// The class of the operator's code.
fn class_name(served: &Served, class: &FunctionClass) -> String {
    let of = |id| &served.model.dataclass(id).name;
    match class {
        FunctionClass::Datastore => "DataStore".to_owned(),
        FunctionClass::Dataclass(id) => of(*id).clone(),
        FunctionClass::Selection(id) => format!("{}Selection", of(*id)),
        FunctionClass::Entity(id) => format!("{}Entity", of(*id)),
        FunctionClass::Singleton(name) => name.clone(),
    }
}

/// 1827: the functions went away between planning and calling.
fn nothing() -> Error {
    Error::new(ErrorKind::NotFound, 1827, "The function cannot be found")
}

fn unreadable(function: &str, error: &serde_json::Error) -> Error {
    tracing::error!(function, %error, "what the worker gave as a result cannot be read");
    rest::server_error(ErrorKind::Failed, 9500, OUR_FAULT)
}

pub(super) fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
