//! Why a request under `/rest/` was refused: one short word each, the same in usage, refusals and metrics.

use claviger_access::Refusal;
use claviger_query::{Error, ErrorKind};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::gate::Refused;

/// Stable short names; new ones may come, none is renamed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RefusalReason)]
pub enum Reason {
    /// No header `api-key`.
    MissingHeader,
    /// The header was sent more than once.
    RepeatedHeader,
    /// No key has this secret.
    NotValid,
    /// The key may not be used from this address.
    HostNotAllowed,
    /// The key's last day is over.
    Expired,
    /// Too many refused keys from this address.
    TooOften,
    /// The request, a filter or a body that cannot be understood.
    Malformed,
    /// The key's role lacks a permission.
    NoPermission,
    /// No such dataclass, attribute or entity.
    NotFound,
    /// Somebody else changed the entity meanwhile (its stamp).
    Conflict,
    /// What was to be saved or deleted breaks a rule of the data.
    RuleBroken,
    /// The body, or the answer, is larger than the server allows.
    TooLarge,
    /// Too much was waiting, or the time limit was over.
    Busy,
    /// A fault of the server; its log says why.
    ServerFault,
    /// More entity sets than the server keeps.
    Quota,
    /// Somebody else has locked the entity.
    Locked,
    /// The key has as many sessions as it may have.
    SessionLimit,
}

/// `errCode` of a stamp that has changed (`rest-dialect.md` 12.6).
const STAMP_HAS_CHANGED: i64 = 1263;
/// `errCode` of what the server itself did wrong.
const OUR_FAULT: i64 = 9500;

impl Reason {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 17] = [
        Self::MissingHeader,
        Self::RepeatedHeader,
        Self::NotValid,
        Self::HostNotAllowed,
        Self::Expired,
        Self::TooOften,
        Self::Malformed,
        Self::NoPermission,
        Self::NotFound,
        Self::Conflict,
        Self::RuleBroken,
        Self::TooLarge,
        Self::Busy,
        Self::ServerFault,
        Self::Quota,
        Self::Locked,
        Self::SessionLimit,
    ];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingHeader => Refusal::MissingHeader.code(),
            Self::RepeatedHeader => Refusal::RepeatedHeader.code(),
            Self::NotValid => Refusal::NotValid.code(),
            Self::HostNotAllowed => Refusal::HostNotAllowed.code(),
            Self::Expired => Refusal::Expired.code(),
            Self::TooOften => "too_often",
            Self::Malformed => "malformed",
            Self::NoPermission => "no_permission",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::RuleBroken => "rule_broken",
            Self::TooLarge => "too_large",
            Self::Busy => "busy",
            Self::ServerFault => "server_fault",
            Self::Quota => "quota",
            Self::Locked => "locked",
            Self::SessionLimit => "session_limit",
        }
    }

    /// The reason of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// One sentence for people, without anything of the request.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::MissingHeader => Refusal::MissingHeader.text(),
            Self::RepeatedHeader => Refusal::RepeatedHeader.text(),
            Self::NotValid => Refusal::NotValid.text(),
            Self::HostNotAllowed => Refusal::HostNotAllowed.text(),
            Self::Expired => Refusal::Expired.text(),
            Self::TooOften => "Too many refused requests from this address",
            Self::Malformed => "The request could not be understood.",
            Self::NoPermission => "The key's role lacks a permission.",
            Self::NotFound => "What was asked for does not exist.",
            Self::Conflict => "The entity was changed by somebody else meanwhile.",
            Self::RuleBroken => "What was to be saved or deleted breaks a rule of the data.",
            Self::TooLarge => "The body or the answer is larger than the server allows.",
            Self::Busy => "The server was too busy, or the request took too long.",
            Self::ServerFault => crate::service::OUR_FAULT,
            Self::Quota => "The key has as many entity sets as the server keeps for it, or their memory is used up.",
            Self::Locked => "Somebody else has locked the entity.",
            Self::SessionLimit => "The key has as many sessions as it may have.",
        }
    }

    /// Of the gate's refusal.
    pub fn of_gate(refused: Refused) -> Self {
        match refused {
            Refused::By(Refusal::MissingHeader) => Self::MissingHeader,
            Refused::By(Refusal::RepeatedHeader) => Self::RepeatedHeader,
            Refused::By(Refusal::NotValid) => Self::NotValid,
            Refused::By(Refusal::HostNotAllowed) => Self::HostNotAllowed,
            Refused::By(Refusal::Expired) => Self::Expired,
            Refused::TooOften(_) => Self::TooOften,
        }
    }

    /// Of an error of the dialect.
    pub fn of_error(error: &Error) -> Self {
        match error.kind {
            ErrorKind::Malformed => Self::Malformed,
            ErrorKind::Denied => Self::NoPermission,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Failed if error.code() == STAMP_HAS_CHANGED => Self::Conflict,
            ErrorKind::Failed if error.code() == OUR_FAULT => Self::ServerFault,
            ErrorKind::Failed => Self::RuleBroken,
            ErrorKind::Locked => Self::Locked,
            ErrorKind::SessionLimit => Self::SessionLimit,
            ErrorKind::TooLarge => Self::TooLarge,
            ErrorKind::Busy => Self::Busy,
            ErrorKind::TooMany => Self::Quota,
        }
    }

    /// Of an answer about which nothing else is known.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::NoPermission,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::SERVICE_UNAVAILABLE => Self::Busy,
            StatusCode::TOO_MANY_REQUESTS => Self::Quota,
            status if status.is_server_error() => Self::ServerFault,
            _ => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_document_and_lead_back() {
        for (number, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, number);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
        }
        assert_eq!(Reason::from_name("nothing"), None);
    }
}
