//! What planning misses is asked of the operator's code (`functions.md` 1): which entities of a dataclass a caller may see, and what conditions
//! on computed attributes mean.

use std::sync::Arc;
use std::time::Instant;

use claviger_model::ClassId;
use claviger_query::{Answers, ComputedValues, Error, ErrorKind, InPlace, Need, Planned, Selection};

use super::computed;
use super::host::{Running, Unanswered};
use super::invoke::Code;
use super::load::RESTRICT;
use super::result::Returned;
use crate::app::{AppState, Served};
use crate::rest::{self, Caller};
use crate::service::OUR_FAULT;

/// What the code answers.
pub(super) enum Found {
    /// What one dataclass is restricted to; `None`: its function restricts nothing now.
    Rows(ClassId, Option<Arc<Selection>>),
    /// What stands in the place of a condition or an order.
    Said(Need, Option<InPlace>),
    /// What a computed attribute is.
    Values(ComputedValues),
}

impl Found {
    /// Adds it to what is known.
    pub(super) fn tell(self, answers: &mut Answers) {
        match self {
            Self::Rows(class, seen) => answers.set_rows(class, seen),
            Self::Said(need, said) => answers.set_said(need, said),
            Self::Values(values) => answers.set_values(values),
        }
    }
}

/// What a request asks for, planned: functions are asked until nothing is missing.
pub(crate) async fn planned<T>(
    state: &AppState,
    served: &Served,
    caller: &Caller<'_>,
    deadline: Instant,
    plan: impl Fn(&Answers) -> Result<Planned<T>, Error>,
) -> Result<T, Error> {
    let mut answers = Answers::default();
    loop {
        let needs = match plan(&answers)? {
            Planned::Ready(planned) => return Ok(planned),
            Planned::Needs(needs) => needs,
        };
        for need in &needs {
            let name = name(served, need);
            let running = Running::new(state, served, caller, &name, deadline).seeing_all();
            let running = match computed::attribute_of(need) {
                Some(attribute) => running.computing(attribute, &[]),
                None => running,
            };
            running.find(need).await.map_err(|why| running.told(why))?.tell(&mut answers);
        }
    }
}

/// The same for what a running function asks for: with the privileges that it has at this moment.
pub(super) async fn find_out(outer: &Running<'_>, needs: &[Need]) -> Result<Vec<Found>, Unanswered> {
    let mut found = Vec::with_capacity(needs.len());
    for need in needs {
        let name = name(outer.served, need);
        let running = Running { is_waited_for: true, ..outer.further(&name).seeing_all() };
        let running = match computed::attribute_of(need) {
            Some(attribute) => {
                outer.refuse_loop(attribute)?;
                running.computing(attribute, &outer.computing)
            }
            None => running,
        };
        found.push(running.find(need).await?);
    }
    Ok(found)
}

/// What of the code is asked.
fn name(served: &Served, need: &Need) -> String {
    match need {
        Need::Rows(class) => format!("{}.{RESTRICT}", served.model.dataclass(*class).name),
        Need::Condition { attribute, .. } | Need::Order { attribute, .. } | Need::Values(attribute) => computed::name(served, *attribute),
    }
}

impl Running<'_> {
    /// One answer.
    async fn find(&self, need: &Need) -> Result<Found, Unanswered> {
        Ok(match need {
            Need::Rows(class) => self.restriction(*class).await?,
            Need::Condition { .. } | Need::Order { .. } => Found::Said(need.clone(), self.said(need).await?),
            Need::Values(attribute) => Found::Values(self.all_values(*attribute).await?),
        })
    }

    /// What `restrict` of a dataclass says.
    async fn restriction(&self, class: ClassId) -> Result<Found, Unanswered> {
        let unsaid = || {
            tracing::error!(
                function = self.function,
                "restrict gave neither null nor a selection of its own dataclass: nobody sees anything"
            );
            Unanswered::Refused(rest::server_error(ErrorKind::Failed, 9500, OUR_FAULT))
        };
        let name = self.model().dataclass(class).name.clone();
        let returned = self.invoke(Code::function(name, RESTRICT.to_owned())).await?;
        match Returned::read(returned.get())? {
            Returned::Value(value) if value.get() == "null" => Ok(Found::Rows(class, None)),
            Returned::Selection { id } => {
                let selection = self.selection(id)?;
                if selection.class() != class {
                    return Err(unsaid());
                }
                Ok(Found::Rows(class, Some(selection)))
            }
            _ => Err(unsaid()),
        }
    }
}
