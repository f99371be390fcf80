//! How the operator's code is called, and how that fails.

use claviger_model::{AttrRef, Dataclass};
use claviger_query::{Error, ErrorKind};
use claviger_script::{Action, Call, CallError, Failure};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::error::of_call;
use super::host::{Running, Unanswered};
use crate::rest::server_error;
use crate::service::OUR_FAULT;

/// What of the code is called, and with what, as the prelude takes it.
pub(super) struct Code {
    action: Action,
    class: String,
    function: String,
    /// JSON: what it is called on.
    this: String,
    /// `this` is a list: once for each.
    each: bool,
    /// JSON: a list.
    arguments: String,
    /// Arguments that are more than JSON, by their places ([`Running::arguments`]).
    special: Map<String, Json>,
}

impl Code {
    /// A function of a class, on nothing and without arguments.
    pub(super) fn function(class: String, function: String) -> Self {
        Self {
            action: Action::Function,
            class,
            function,
            this: "null".to_owned(),
            each: false,
            arguments: "[]".to_owned(),
            special: Map::new(),
        }
    }

    /// What belongs to a computed attribute.
    pub(super) fn of_attribute(action: Action, class: &Dataclass, attribute: AttrRef) -> Self {
        Self { action, ..Self::function(entity_class(&class.name), class.attribute(attribute.attr).name.clone()) }
    }

    /// Events of entities of a dataclass.
    pub(super) fn events(action: Action, dataclass: &str) -> Self {
        Self { action, ..Self::function(entity_class(dataclass), String::new()) }
    }

    /// What it is called on.
    #[must_use]
    pub(super) fn on(self, this: String) -> Self {
        Self { this, ..self }
    }

    /// Once for each of these entities.
    #[must_use]
    pub(super) fn on_each(self, entities: &[String]) -> Self {
        Self { this: format!("[{}]", entities.join(",")), each: true, ..self }
    }

    /// With these arguments.
    #[must_use]
    pub(super) fn with(self, arguments: Vec<Json>, special: Map<String, Json>) -> Self {
        Self { arguments: Json::Array(arguments).to_string(), special, ..self }
    }
}

/// The class that stands for one entity (`functions.md` 1).
pub(super) fn entity_class(dataclass: &str) -> String {
    format!("{dataclass}Entity")
}

impl Running<'_> {
    /// Calls it; what the worker gives is for the caller to read.
    pub(super) async fn invoke(&self, code: Code) -> Result<Box<RawValue>, Error> {
        let pool = self.served.functions.pool().ok_or_else(|| server_error(ErrorKind::Failed, 9500, OUR_FAULT))?;
        let settings = self.state.settings();
        let Code { action, class, function, this, each, arguments, special } = code;
        let mut caller = self.described();
        if !special.is_empty() {
            caller["arguments"] = Json::Object(special);
        }
        let call = Call {
            action,
            class,
            function,
            this: raw(this),
            each,
            arguments: raw(arguments),
            caller: raw(caller.to_string()),
            timeout_ms: self.time_left(),
            output: settings.rest.max_body_bytes,
        };
        let returned = if self.is_waited_for { pool.call_within(&call, self).await } else { pool.call(&call, self).await };
        returned.map_err(|error| of_call(error, self.function, settings, &self.refused.lock()))
    }

    /// A failure before or after the code ran, in the dialect's words.
    pub(super) fn told(&self, why: impl Into<Unanswered>) -> Error {
        match why.into() {
            Unanswered::Refused(error) => error,
            Unanswered::Limit(limit) => of_call(CallError::Failure(Failure::Limit(limit)), self.function, self.state.settings(), &[]),
            Unanswered::Nonsense(text) => {
                tracing::error!(function = self.function, text, "a call of a function failed");
                server_error(ErrorKind::Failed, 9500, OUR_FAULT)
            }
        }
    }
}

/// JSON that this program wrote itself.
pub(super) fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
