//! What planning misses is asked of the operator's code: which entities of a dataclass a caller may see (`functions.md` 1, `restrict`).

use std::sync::Arc;
use std::time::Instant;

use claviger_model::ClassId;
use claviger_query::{Answers, Error, ErrorKind, Need, Selection};
use claviger_script::{Action, Call as Asked};
use serde_json::value::RawValue;

use super::call::raw;
use super::error::of_call;
use super::host::{Running, Unanswered};
use super::load::RESTRICT;
use super::privileges::Privileges;
use super::result::Returned;
use crate::app::{AppState, Served};
use crate::rest::{self, Caller};
use crate::service::OUR_FAULT;

/// What one dataclass is restricted to; `None`: its function restricts nothing now.
type Seen = (ClassId, Option<Arc<Selection>>);

/// Finds out what the planning of a request misses.
pub(crate) async fn find_out(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    needs: &[Need],
    answers: &mut Answers,
    deadline: Instant,
) -> Result<(), Error> {
    for need in needs {
        let Need::Rows(class) = need;
        let name = restriction_name(served, *class);
        let privileges = Privileges::of(state, served, caller);
        let running = Running::new(state, served, caller, privileges, &name, deadline).seeing_all();
        let (class, seen) = running.restriction(*class, false).await.map_err(|why| running.told(why, &name))?;
        answers.set_rows(class, seen);
    }
    Ok(())
}

/// The same for what a running function asks for: with the privileges that it has at this moment.
pub(super) async fn find_out_within(outer: &Running<'_>, needs: &[Need]) -> Result<Vec<Seen>, Unanswered> {
    let mut found = Vec::with_capacity(needs.len());
    for need in needs {
        let Need::Rows(class) = need;
        let name = restriction_name(outer.served, *class);
        let privileges = outer.privileges.as_now();
        let running = Running::new(outer.state, outer.served, outer.caller, privileges, &name, outer.deadline).seeing_all();
        found.push(running.restriction(*class, true).await?);
    }
    Ok(found)
}

fn restriction_name(served: &Served, class: ClassId) -> String {
    format!("{}.{RESTRICT}", served.model.dataclass(class).name)
}

impl Running<'_> {
    /// What `restrict` of a dataclass says. `within`: while another call waits for it.
    async fn restriction(&self, class: ClassId, within: bool) -> Result<Seen, Unanswered> {
        let unsaid = || {
            tracing::error!(
                function = self.function,
                "restrict gave neither null nor a selection of its own dataclass: nobody sees anything"
            );
            Unanswered::Refused(rest::server_error(ErrorKind::Failed, 9500, OUR_FAULT))
        };
        let Some(pool) = self.served.functions.pool() else { return Err(unsaid()) };
        let settings = self.state.settings();
        let asked = Asked {
            action: Action::Function,
            class: self.model().dataclass(class).name.clone(),
            function: RESTRICT.to_owned(),
            this: raw("null".to_owned()),
            each: false,
            arguments: raw("[]".to_owned()),
            caller: raw(self.described().to_string()),
            timeout_ms: self.time_left(),
            output: settings.rest.max_body_bytes,
        };
        let returned = if within { pool.call_within(&asked, self).await } else { pool.call(&asked, self).await };
        let returned: Box<RawValue> =
            returned.map_err(|error| Unanswered::Refused(of_call(error, self.function, settings, &self.refused.lock())))?;
        match Returned::read(returned.get())? {
            Returned::Value(value) if value.get() == "null" => Ok((class, None)),
            Returned::Selection { id } => {
                let selection = self.selection(id)?;
                if selection.class() != class {
                    return Err(unsaid());
                }
                Ok((class, Some(selection)))
            }
            _ => Err(unsaid()),
        }
    }
}
