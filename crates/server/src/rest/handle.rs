//! A request that the gate let through: parse, plan, run, shape (`architecture.md`, steps 5 to 9).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use claviger_model::value::DateStyle;
use claviger_query::{Ask, Change, Error, ErrorKind, Outcome, PageForm, Plan, Trial, Verb};
use http::{Method, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::caller::Caller;
use super::error::{from_store, json, respond, server_error};
use super::page_head::PageHead;
use super::shape::{Form, JsonSink};
use super::{body, catalog, directory, info, lock, openapi, save};
use crate::app::AppState;
use crate::telemetry::usage::Note;

/// Entities of a mass deletion whose errors are reported.
const REPORTED_ERRORS: usize = 100;

/// Answers a request under `/rest/` for a caller that the gate has accepted. `note` gets the dataclass, and the error of a refusal.
pub(crate) async fn handle(state: &AppState, caller: Caller<'_>, request: Request, note: &mut Note) -> Response {
    match answer(state, &caller, request, note).await {
        Ok(response) => response,
        Err(error) => {
            let response = respond(&error);
            note.error = Some(error);
            response
        }
    }
}

async fn answer(state: &AppState, caller: &Caller<'_>, request: Request, note: &mut Note) -> Result<Response, Error> {
    let (head, sent) = request.into_parts();
    let verb = verb(&head.method)?;
    let deadline = Instant::now() + Duration::from_secs(state.settings().rest.request_timeout_seconds);
    let ask = Ask::parse(verb, head.uri.path().strip_prefix("/rest/").unwrap_or_default(), head.uri.query())?;
    if caller.principal.key().is_none() && !ask.is_open_to_guests() && state.keys().rules().roles.force_login() {
        return Err(Error::new(ErrorKind::Denied, 1822, "A login is needed: guests may read the catalog only."));
    }
    let sent = if ask.wants_body() { Box::pin(read_body(sent, state.settings().rest.max_body_bytes)).await? } else { Bytes::new() };
    let planned = match state.planner().plan(&caller.principal.grants, &ask, body::parse(&sent)?) {
        Ok(planned) => planned,
        Err(error) => {
            note.class = ask.dataclass(state.model());
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
        | claviger_query::Request::Info(_)
        | claviger_query::Request::Directory(_) => None,
        claviger_query::Request::Lock(lock) => Some(lock.class()),
        claviger_query::Request::Read(plan) => Some(plan.class()),
        claviger_query::Request::Write(Change::Save(change)) => Some(change.class()),
        claviger_query::Request::Write(Change::Delete(change)) => Some(change.class()),
    };
    match planned {
        claviger_query::Request::Catalog(asked) => Ok(json(StatusCode::OK, catalog::body(state.model(), &state.settings().name, &asked))),
        claviger_query::Request::OpenApi => Ok(openapi::respond(state, caller.principal, caller.peer, &head.headers)),
        claviger_query::Request::Info(asked) => Box::pin(info::answer(state, asked, caller.principal.at)).await,
        claviger_query::Request::Directory(call) => Box::pin(directory::answer(state, caller, &head.headers, call, note)).await,
        claviger_query::Request::Lock(asked) => Box::pin(lock::answer(state, caller, &head.headers, asked, deadline)).await,
        claviger_query::Request::Read(plan) => read(state, plan, deadline).await,
        claviger_query::Request::Write(Change::Save(change)) => {
            let (array, trial) = (change.is_array(), change.trial());
            let (model, style) = (Arc::clone(state.model()), state.settings().rest.entity_uri);
            let dates = dates(change.projection());
            let most = state.settings().rest.max_answer_bytes;
            let sink = Arc::new(move || JsonSink::new(Arc::clone(&model), Form::Saved, style, dates, most));
            // Boxed, as the other ways of writing: a read's future stays small.
            let outcomes =
                Box::pin(state.store().save(change, sink, caller.guard(state), deadline)).await.map_err(|error| from_store(error, most))?;
            let (response, error) =
                if trial == Some(Trial::Validate) { save::validated(outcomes) } else { save::respond(outcomes, array, &sent) };
            note.error = error;
            Ok(response)
        }
        claviger_query::Request::Write(Change::Delete(change)) => {
            let most = state.settings().rest.max_answer_bytes;
            let guard = caller.guard(state);
            let outcome = Box::pin(state.store().delete(change, guard.clone(), deadline)).await.map_err(|error| from_store(error, most))?;
            if outcome.errors.is_empty() {
                guard.all_deleted();
            }
            match together(outcome.errors) {
                Some(error) => Err(error),
                None => Ok(json(StatusCode::OK, b"{\"ok\":true}".to_vec())),
            }
        }
    }
}

async fn read(state: &AppState, plan: Plan, deadline: Instant) -> Result<Response, Error> {
    let (form, dates) = match plan.outcome() {
        Outcome::Entity(projection) => (Form::Entity, dates(projection)),
        Outcome::Page(projection, form) => {
            let dates = match form {
                PageForm::Selection => dates(projection),
                PageForm::AsArray => DateStyle::Bang,
                PageForm::Looker => DateStyle::Compact,
            };
            (Form::Page(*form, Arc::new(PageHead::of(&plan))), dates)
        }
        Outcome::Compute { columns, single, .. } => (Form::Compute { columns: columns.len(), single: single.is_some() }, DateStyle::Iso),
        Outcome::Distinct(_) => (Form::Distinct, DateStyle::Dialect),
    };
    let most = state.settings().rest.max_answer_bytes;
    let sink = JsonSink::new(Arc::clone(state.model()), form, state.settings().rest.entity_uri, dates, most);
    let sink = state.store().read(plan, sink, deadline).await.map_err(|error| from_store(error, most))?;
    Ok(json(StatusCode::OK, sink.finish()))
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
async fn read_body(sent: Body, limit: usize) -> Result<Bytes, Error> {
    match Limited::new(sent, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(body_too_large(limit)),
        Err(_) => Err(Error::new(ErrorKind::Malformed, 1806, "The body could not be read to its end.")),
    }
}
