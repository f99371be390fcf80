//! Would this request be allowed, by which rule, and what is left out of the answer (`roles-privileges.md` 10). The command line and the
//! management API ask here. The gate's own decision, the dialect's own parser and its own planner answer, and it ends where the store would be
//! asked: what only the data decides (an entity that is absent, a value that breaks a rule) is not known here.

mod gate;
mod planned;
mod rule;
mod target;

use std::net::IpAddr;
use std::sync::Arc;

use claviger_access::explain::Caller;
use claviger_access::{Grants, KeyRecord, KeyType, Refusal};
use claviger_store::control::Rules;
use jiff::Timestamp;

use crate::accept::Door;
use crate::settings::Settings;

pub use rule::{Explanation, Rule};
pub use target::Misfit;
pub(crate) use target::Target;

/// A request to ask about.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who would send it.
    pub asker: Asker<'a>,
    /// HTTP method.
    pub method: &'a str,
    /// Path and query, beginning with `/rest/`; need not be encoded.
    pub path: &'a str,
    /// Address that it would come from; `None`: allowed hosts are not asked.
    pub from: Option<IpAddr>,
    /// When it would come.
    pub at: Timestamp,
    /// The listener that it would come through.
    pub door: Door,
    /// Text of its body; `None`: an empty object stands for it where the request means nothing without a body.
    pub body: Option<&'a str>,
}

/// Who would send a request.
#[derive(Clone, Copy, Debug)]
pub enum Asker<'a> {
    /// A key, with its allowed hosts and expiry.
    Key(&'a KeyRecord),
    /// Any Standard key with this role; one that is not declared is a guest's.
    Role(&'a str),
}

impl<'a> Asker<'a> {
    fn caller(self, rules: &Rules) -> Caller<'a> {
        match self {
            Self::Key(record) => rules.caller(record.key_type, record.role.as_deref()),
            Self::Role(name) => Caller::Role(Some(name)),
        }
    }

    fn grants(self, rules: &Rules) -> Arc<Grants> {
        match self {
            Self::Key(record) => rules.grants(record.key_type, record.role.as_deref()),
            Self::Role(name) => rules.grants(KeyType::Standard, Some(name)),
        }
    }
}

/// Answers a question; `Err` when method or path are none that could be asked about.
pub fn explain(question: &Question<'_>, settings: &Settings, rules: &Rules) -> Result<Explanation, Vec<Misfit>> {
    let target = Target::parse(question.method, question.path)?;
    let mut told = Vec::new();
    // Nobody looks at keys then: whoever asks is a guest.
    let is_guest = settings.is_everybody_guest();
    if is_guest {
        told.push(gate::everybody_is_guest());
    } else if let Asker::Key(record) = question.asker {
        let arrival = gate::Arrival { from: question.from, at: question.at, door: question.door };
        if let Err(refusal) = gate::ask(record, arrival, settings, &mut told) {
            return Ok(refused(refusal, told));
        }
        told.extend(gate::missing_role(record, &rules.roles));
    }
    let (caller, grants) = if is_guest {
        (Caller::Role(None), rules.grants(KeyType::Standard, None))
    } else {
        (question.asker.caller(rules), question.asker.grants(rules))
    };
    let request = planned::Asking { model: &rules.model, roles: &rules.roles, caller, grants: &grants, is_guest, settings };
    Ok(request.ask(&target, question.body, told))
}

fn refused(refusal: Refusal, rules: Vec<Rule>) -> Explanation {
    Explanation {
        allowed: false,
        status: Some(refusal.status()),
        message: Some(refusal.text().to_owned()),
        err_code: None,
        rules,
        left_out: Vec::new(),
    }
}
