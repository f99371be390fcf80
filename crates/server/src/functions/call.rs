//! A call of a function by a request, from the planned [`Call`] to its answer.

use std::time::Instant;

use axum::response::Response;
use claviger_model::FunctionClass;
use claviger_query::planner::SelectFrom;
use claviger_query::{Ask, Base, Call, Error, Plan, Receiver, Selection};
use http::StatusCode;
use serde_json::{Value as Json, json};

use super::host::{Running, Unanswered};
use super::invoke::{Code, entity_class};
use super::result::{Returned, ReturnedEntity};
use crate::app::{AppState, Served};
use crate::rest::{self, Caller, Draft};

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
    let shown = format!("{}.{}", class_name(served, call.class()), call.name());
    let mut running = Running::new(state, served, caller, &shown, deadline);
    running.privileges.enter(call.id());
    running.read_only = call.is_read_only();
    let keep = call.keep();
    let code = Code::function(class_name(served, call.class()), call.name().to_owned());
    let (receiver, mut arguments) = call.into_parts();
    let told = |why| running.told(why);
    let this = running.receiver(receiver).await.map_err(told)?;
    let special = running.arguments(&mut arguments).await.map_err(told)?;
    let returned = running.invoke(code.on(this).with(arguments, special)).await?;
    match Returned::read(returned.get()).map_err(|error| running.told(error))? {
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
    async fn receiver(&self, receiver: Receiver) -> Result<String, Unanswered> {
        Ok(match receiver {
            Receiver::Datastore | Receiver::Dataclass(_) | Receiver::Singleton(_) => "null".to_owned(),
            Receiver::Selection(selection) => json!({ "id": self.keep(*selection)? }).to_string(),
            Receiver::Entity(class, base) => {
                let Some(row) = self.read_entity(&SelectFrom::Entity(class, &base)).await?.only() else {
                    let name = &self.model().dataclass(class).name;
                    let text = match &base {
                        Base::Key { text, .. } | Base::Unique { text, .. } => text.as_str(),
                        _ => "",
                    };
                    return Err(Error::absent(name, text).into());
                };
                format!("{{{row}}}")
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
}

/// The class of the operator's code.
fn class_name(served: &Served, class: &FunctionClass) -> String {
    let of = |id| &served.model.dataclass(id).name;
    match class {
        FunctionClass::Datastore => "DataStore".to_owned(),
        FunctionClass::Dataclass(id) => of(*id).clone(),
        FunctionClass::Selection(id) => format!("{}Selection", of(*id)),
        FunctionClass::Entity(id) => entity_class(of(*id)),
        FunctionClass::Singleton(name) => name.clone(),
    }
}
