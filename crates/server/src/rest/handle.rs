//! A request that the gate let through: parse, plan, run, shape (`architecture.md`, steps 5 to 9).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use claviger_access::{Grants, Roles};
use claviger_model::Model;
use claviger_model::value::DateStyle;
use claviger_query::{
    Answers, Ask, Base, Call, Change, Delete, Error, ErrorKind, MediaForm, Outcome, PageForm, Plan, Planned, Save, Trial, Verb,
};
use claviger_store::SaveOutcome;
use claviger_store::sets::SetId;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::caller::Caller;
use super::error::{from_store, json, respond, server_error};
use super::page_head::PageHead;
use super::shape::{Form, JsonSink};
use super::{body, catalog, computed, directory, info, lock, media, openapi, save, sets, upload};
use crate::app::{AppState, Served};
use crate::functions::{self, Answered};
use crate::media::MyBytes;
use crate::telemetry::usage::Note;

/// Entities of a mass deletion whose errors are reported.
const REPORTED_ERRORS: usize = 100;

/// Answers a request under `/rest/` for a caller that the gate has accepted. `note` gets the dataclass, and the error of a refusal.
pub(crate) async fn handle(state: &AppState, caller: Caller<'_>, request: Request, note: &mut Note) -> Response {
    let served = state.served();
    // The permissions that the gate gave are for this model, and no function has changed them: the usual case.
    let is_current = caller.principal.grants.is_for(&served.model) && state.sessions().privileges(caller.visit).is_none();
    let answered = if is_current {
        answer(state, &served, &caller, request, note).await
    } else {
        Box::pin(answer_with_others(state, &caller, request, note)).await
    };
    match answered {
        Ok(response) => response,
        Err(error) => {
            let response = respond(&error);
            note.error = Some(error);
            response
        }
    }
}

/// The same with other permissions than those that the gate gave.
async fn answer_with_others(state: &AppState, caller: &Caller<'_>, request: Request, note: &mut Note) -> Result<Response, Error> {
    let (served, grants) = served_for(state, caller).await?;
    let principal = caller.principal.with_grants(grants);
    answer(state, &served, &Caller { principal: &principal, ..*caller }, request, note).await
}

/// What is served now, and the caller's permissions for it: a reload came between, or a function has set the privileges of his session.
async fn served_for(state: &AppState, caller: &Caller<'_>) -> Result<(Arc<Served>, Arc<Grants>), Error> {
    const TRIES: usize = 100;
    for _ in 0..TRIES {
        let served = state.served();
        let key = caller.key_grants(state);
        if key.is_for(&served.model) {
            let grants = match state.sessions().privileges(caller.visit) {
                Some(said) => state.lendings().instead(&key, &said, &served.model),
                None => key,
            };
            return Ok((served, grants));
        }
        tokio::task::yield_now().await;
    }
    Err(server_error(ErrorKind::Busy, 9506, "The functions are being loaded anew. Try again in a moment."))
}

async fn answer(state: &AppState, served: &Served, caller: &Caller<'_>, request: Request, note: &mut Note) -> Result<Response, Error> {
    let model = &served.model;
    let principal = caller.principal;
    let (head, incoming) = request.into_parts();
    let verb = verb(&head.method)?;
    let deadline = Instant::now() + Duration::from_secs(state.settings().rest.request_timeout_seconds);
    let ask = Ask::parse(verb, head.uri.path().strip_prefix("/rest/").unwrap_or_default(), head.uri.query())?;
    // Whoever got privileges in his session has logged in, also when they were taken from him again.
    if caller.principal.key().is_none() && state.sessions().privileges(caller.visit).is_none() {
        ask_for_login(&ask, &state.keys().rules().roles, model)?;
    }
    let mut incoming = Some(incoming);
    let mut take = || incoming.take().unwrap_or_default();
    let sent = if ask.wants_body(model) { Box::pin(read_body(take(), state.settings().rest.max_body_bytes)).await? } else { Bytes::new() };
    // The room that posted bytes take is given back when they are stored.
    let (_room, posted) = if ask.wants_bytes(model) {
        let (room, bytes) = Box::pin(upload::receive(state, principal, take())).await?;
        (Some(room), Some(bytes))
    } else {
        (None, None)
    };
    let bytes = MyBytes { uploads: state.uploads(), owner: principal.holder(), now: principal.at, posted };
    let planned = if served.functions.have_a_say() {
        let plan = |answers: &Answers| served.planner.plan_with(&principal.grants, &ask, body::parse(&sent)?, &bytes, answers);
        Box::pin(functions::planned(state, served, caller, deadline, plan)).await
    } else {
        served.planner.plan_with(&principal.grants, &ask, body::parse(&sent)?, &bytes, &Answers::default()).and_then(Planned::ready)
    };
    let planned = match planned {
        Ok(planned) => planned,
        Err(error) => {
            note.class = ask.dataclass(model);
            if !save::is_denied(&error) {
                return Err(error);
            }
            // A single entity that may not be saved at all.
            let response = save::refused(&sent, &error);
            note.error = Some(error);
            return Ok(response);
        }
    };
    note.class = match &planned {
        claviger_query::Request::Catalog(_)
        | claviger_query::Request::OpenApi
        | claviger_query::Request::Upload(_)
        | claviger_query::Request::Info(_)
        | claviger_query::Request::Directory(_) => None,
        claviger_query::Request::Lock(lock) => Some(lock.class()),
        claviger_query::Request::Read(plan) => Some(plan.class()),
        claviger_query::Request::Write(Change::Save(change)) => Some(change.class()),
        claviger_query::Request::Write(Change::Delete(change)) => Some(change.class()),
        claviger_query::Request::Set(over) => Some(over.class()),
        claviger_query::Request::Release(release) => release.class(),
        claviger_query::Request::Call(call) => call.dataclass(),
    };
    let (planned, sorted) = match planned {
        claviger_query::Request::Set(over) => match Box::pin(sets::open(state, served, caller, &ask, *over, deadline)).await? {
            sets::Found::Answered(response) => return Ok(response),
            sets::Found::Opened { request, sorted } => (request, sorted),
        },
        other => (other, false),
    };
    match planned {
        claviger_query::Request::Catalog(asked) => Ok(json(StatusCode::OK, catalog::body(model, &state.settings().name, &asked))),
        claviger_query::Request::OpenApi => Ok(openapi::respond(state, model, principal, caller.peer, &head.headers)),
        claviger_query::Request::Read(plan) if matches!(plan.outcome(), Outcome::Media(_)) => {
            let (response, error) = Box::pin(read_media(state, model, plan, &head.headers, deadline)).await?;
            note.error = error;
            Ok(response)
        }
        claviger_query::Request::Upload(asked) => Box::pin(upload::respond(state, principal, asked, take())).await,
        claviger_query::Request::Call(call) => Box::pin(call_function(state, served, caller, &ask, *call, deadline)).await,
        claviger_query::Request::Read(plan) if plan.keep().is_some() => {
            let stored = Box::pin(sets::store(state, principal, plan, sorted, deadline)).await?;
            Box::pin(read_computed(state, served, caller, stored.plan, Some(stored.id), deadline)).await
        }
        claviger_query::Request::Read(plan) => {
            let sink = read(state, model, plan, None, deadline).await?;
            if !sink.is_open() {
                return Ok(json(StatusCode::OK, sink.finish()));
            }
            // Boxed with the rows: most answers have nothing that is computed.
            let filling = Box::pin(computed::filled(state, served, caller, sink, deadline));
            Ok(json(StatusCode::OK, filling.await?.finish()))
        }
        claviger_query::Request::Release(release) => sets::release(state, principal, &release),
        // Opened above.
        claviger_query::Request::Set(_) => Err(claviger_query::set::absent()),
        claviger_query::Request::Info(asked) => Box::pin(info::answer(state, asked, caller.principal.at)).await,
        claviger_query::Request::Directory(call) => Box::pin(directory::answer(state, caller, &head.headers, call, note)).await,
        claviger_query::Request::Lock(asked) => Box::pin(lock::answer(state, caller, &head.headers, asked, deadline)).await,
        claviger_query::Request::Write(Change::Save(change)) => {
            let (array, trial) = (change.is_array(), change.trial());
            let (model, style) = (Arc::clone(model), state.settings().rest.entity_uri);
            let dates = dates(change.projection());
            let most = state.settings().rest.max_answer_bytes;
            let sink = Arc::new(move || JsonSink::new(Arc::clone(&model), Form::Saved, style, dates, most));
            // Boxed, as the other ways of writing: a read's future stays small.
            let outcomes = Box::pin(save_with_computed(state, served, caller, change, sink, deadline)).await?;
            let (response, error) =
                if trial == Some(Trial::Validate) { save::validated(outcomes) } else { save::respond(outcomes, array, &sent) };
            note.error = error;
            Ok(response)
        }
        claviger_query::Request::Write(Change::Delete(change)) => Box::pin(delete(state, served, caller, change, deadline, note)).await,
    }
}

/// Deletes; that one entity was changed or locked is told as of a save.
async fn delete(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    change: Delete,
    deadline: Instant,
    note: &mut Note,
) -> Result<Response, Error> {
    let is_of_one = matches!(change.base(), Base::Key { .. });
    let outcome = functions::delete(state, served, caller, change, deadline).await?;
    let Some(error) = together(outcome.errors) else { return Ok(json(StatusCode::OK, b"{\"ok\":true}".to_vec())) };
    let told = if is_of_one { save::not_deleted(&error, outcome.held.as_ref()) } else { None };
    let Some(response) = told else { return Err(error) };
    note.error = Some(error);
    Ok(response)
}

/// Saves what the body says, setters asked; what is sent back has its computed attributes.
async fn save_with_computed(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    mut change: Save,
    sink: Arc<dyn Fn() -> JsonSink + Send + Sync>,
    deadline: Instant,
) -> Result<Vec<SaveOutcome<JsonSink>>, Error> {
    let computed = change.take_computed();
    if !computed.is_empty() {
        change = functions::set_computed(state, served, caller, change, computed, deadline).await?;
    }
    let outcomes = functions::save(state, served, caller, change, sink, deadline).await?;
    let is_open = outcomes.iter().flat_map(|outcome| &outcome.entity).any(JsonSink::is_open);
    Ok(if is_open { computed::saved(state, served, caller, outcomes, deadline).await } else { outcomes })
}

/// Calls a function and sends what it returned (15.5).
async fn call_function(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    ask: &Ask,
    call: Call,
    deadline: Instant,
) -> Result<Response, Error> {
    match functions::answer(state, served, caller, ask, call, deadline).await? {
        Answered::Response(response) => Ok(response),
        Answered::Plan(plan) => read_computed(state, served, caller, plan, None, deadline).await,
        Answered::Draft(draft) => {
            let Some(sink) = draft.write(&served.model, state.settings().rest.entity_uri, dates, caller.principal.at) else {
                return Ok(json(StatusCode::OK, b"{}".to_vec()));
            };
            Ok(json(StatusCode::OK, computed::filled(state, served, caller, sink, deadline).await?.finish()))
        }
        Answered::Stored(plan, selection, life) => {
            let stored = sets::store_selection(state, caller.principal, plan, selection, life, deadline).await?;
            read_computed(state, served, caller, stored.plan, Some(stored.id), deadline).await
        }
    }
}

/// Refuses a guest where the roles demand a login (`forceLogin`, 17.3).
pub(crate) fn ask_for_login(ask: &Ask, roles: &Roles, model: &Model) -> Result<(), Error> {
    if roles.force_login() && !ask.is_open_to_guests(model) {
        return Err(Error::new(ErrorKind::Denied, 1822, "A login is needed: guests may read the catalog only."));
    }
    Ok(())
}

/// `stored`: the set that holds the whole result.
async fn read(state: &AppState, model: &Arc<Model>, plan: Plan, stored: Option<SetId>, deadline: Instant) -> Result<JsonSink, Error> {
    let (form, dates) = match plan.outcome() {
        Outcome::Entity(projection) => (Form::Entity, dates(projection)),
        Outcome::Page(projection, form) => {
            let dates = match form {
                PageForm::Selection => dates(projection),
                PageForm::AsArray => DateStyle::Bang,
                PageForm::Looker => DateStyle::Compact,
            };
            (Form::Page(*form, Arc::new(PageHead::of(&plan, stored))), dates)
        }
        Outcome::Compute { columns, single, .. } => (Form::Compute { columns: columns.len(), single: single.is_some() }, DateStyle::Iso),
        Outcome::Distinct(_) => (Form::Distinct, DateStyle::Dialect),
        Outcome::Media(_) => (Form::Media, DateStyle::Dialect),
    };
    run(state, model, plan, form, dates, deadline).await
}

/// The same with computed attributes, as the answer.
async fn read_computed(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    plan: Plan,
    stored: Option<SetId>,
    deadline: Instant,
) -> Result<Response, Error> {
    let sink = read(state, &served.model, plan, stored, deadline).await?;
    Ok(json(StatusCode::OK, computed::filled(state, served, caller, sink, deadline).await?.finish()))
}

/// Bytes of an image or blob; the error of a refused range goes beside its answer.
async fn read_media(
    state: &AppState,
    model: &Arc<Model>,
    plan: Plan,
    asked: &HeaderMap,
    deadline: Instant,
) -> Result<(Response, Option<Error>), Error> {
    let form = match plan.outcome() {
        Outcome::Media(media) => media.form(),
        _ => MediaForm::Binary,
    };
    let sink = run(state, model, plan, Form::Media, DateStyle::Dialect, deadline).await?;
    media::respond(state, sink.into_bytes(), form, asked, deadline).await
}

async fn run(state: &AppState, model: &Arc<Model>, plan: Plan, form: Form, dates: DateStyle, deadline: Instant) -> Result<JsonSink, Error> {
    let most = state.settings().rest.max_answer_bytes;
    let sink = JsonSink::new(Arc::clone(model), form, state.settings().rest.entity_uri, dates, most);
    state.store().read(plan, sink, deadline).await.map_err(|error| from_store(error, most))
}

/// Date-only values have a second form in entities cut down with `$attributes` (5.4).
fn dates(projection: &claviger_query::Projection) -> DateStyle {
    if projection.is_cut() { DateStyle::Bang } else { DateStyle::Dialect }
}

/// What a mass deletion met, in one answer: the first error decides the status (13.1).
fn together(errors: Vec<Error>) -> Option<Error> {
    errors.into_iter().take(REPORTED_ERRORS).reduce(|mut first, next| {
        first.items.extend(next.items);
        first
    })
}

/// The dialect's verb of an HTTP method.
pub(crate) fn verb(method: &Method) -> Result<Verb, Error> {
    match *method {
        Method::GET | Method::HEAD => Ok(Verb::Get),
        Method::POST => Ok(Verb::Post),
        Method::PUT => Ok(Verb::Put),
        Method::PATCH => Ok(Verb::Patch),
        Method::DELETE => Ok(Verb::Delete),
        _ => Err(Error::new(ErrorKind::Malformed, 1806, "This method is not part of the dialect. Use GET or POST.")),
    }
}

/// A body of more than `limit` bytes.
pub(crate) fn body_too_large(limit: usize) -> Error {
    server_error(ErrorKind::TooLarge, 9413, &format!("The body is larger than the {limit} bytes that this server takes."))
}

/// The bytes of the body.
async fn read_body(body: Body, limit: usize) -> Result<Bytes, Error> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(body_too_large(limit)),
        Err(_) => Err(unreadable_body()),
    }
}

/// The caller stopped in the middle of the body.
pub(super) fn unreadable_body() -> Error {
    Error::new(ErrorKind::Malformed, 1806, "The body could not be read to its end.")
}
