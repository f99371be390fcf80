//! `claviger explain`: would this request be allowed, by which rule, and which attributes are left out. Nothing is run: the server's own engine
//! answers.

use std::net::IpAddr;

use anyhow::{Result, bail};
use clap::{ArgGroup, Args};
use claviger_access::hosts::parse_address;
use claviger_server::accept::Door;
use claviger_server::explain::{Asker, Explanation, Question, Rule, explain};
use claviger_store::control::Rules;

use super::{functions, keys};
use crate::clock;
use crate::failure::Usage;
use crate::folder::Folder;
use crate::output::Output;

#[derive(Args)]
#[command(group(ArgGroup::new("caller").required(true).args(["key", "role"])))]
pub(crate) struct Explain {
    /// Ask for this key, with its allowed hosts and expiry.
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// Ask for a Standard key with this role.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// GET, HEAD, POST, PUT, PATCH or DELETE.
    method: String,
    /// Path with query, as in `/rest/Book?$top=2`.
    path: String,
    /// The address that the request comes from; allowed hosts are not asked when absent.
    #[arg(long, value_name = "IP", value_parser = address)]
    from: Option<IpAddr>,
    /// The time of the request, like `2026-05-31T12:00:00Z`; now when absent.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The body of the request; an empty object stands for it when absent.
    #[arg(long, value_name = "JSON")]
    body: Option<String>,
}

/// As addresses are compared everywhere (K-7A).
fn address(text: &str) -> Result<IpAddr, &'static str> {
    parse_address(text).ok_or("this is no IP address")
}

impl Explain {
    pub(crate) fn run(&self, folder: &Folder, output: &Output) -> Result<()> {
        let settings = folder.settings()?.settings;
        let model = functions::model(folder, &settings)?;
        let roles = folder.roles(&model, &settings)?;
        let at = self.at.as_deref().map_or_else(|| Ok(clock::now()), clock::parse)?;
        let record = self.key.as_deref().map(|id| keys::record(folder, &settings, id)).transpose()?;
        let asker = match (&record, &self.role) {
            (Some(record), _) => Asker::Key(record),
            (None, Some(name)) if roles.role(name).is_none() => {
                bail!("no role \"{name}\" is declared: see `claviger roles check`");
            }
            (None, Some(name)) => Asker::Role(name),
            (None, None) => return Err(Usage("explain needs --key ID or --role NAME".to_owned()).into()),
        };
        let rules = Rules { roles, model, admin_protection: settings.keys.admin_protection };
        // The leading slash is easily forgotten.
        let path = if self.path.starts_with("rest/") { format!("/{}", self.path) } else { self.path.clone() };
        let at = jiff::Timestamp::from_millisecond(at)?;
        let question =
            Question { asker, method: &self.method, path: &path, from: self.from, at, door: Door::Endpoint, body: self.body.as_deref() };
        let explanation = explain(&question, &settings, &rules)
            .map_err(|misfits| Usage(misfits.into_iter().map(|misfit| misfit.message).collect::<Vec<_>>().join(" ")))?;
        output.result(&explanation, text)
    }
}

fn text(explanation: &Explanation) -> String {
    let mut lines = Vec::new();
    let number = explanation.err_code.map(|code| format!(" [{code}]")).unwrap_or_default();
    match (explanation.status, &explanation.message) {
        _ if explanation.allowed => lines.push("allowed".to_owned()),
        (Some(status), Some(message)) => lines.push(format!("refused: {status} {message}{number}")),
        _ => lines.push("refused".to_owned()),
    }
    lines.extend(explanation.rules.iter().map(rule_text));
    if !explanation.left_out.is_empty() {
        lines.push("left out of the answer:".to_owned());
        lines.extend(explanation.left_out.iter().map(|rule| format!("  {}: {}", rule.resource, rule.by)));
    }
    lines.join("\n")
}

/// A rule that refused says why, the others only what granted.
fn rule_text(rule: &Rule) -> String {
    let Rule { action, resource, by, reason, .. } = rule;
    if rule.allowed { format!("  yes  {action} {resource}: {by}") } else { format!("  no   {action} {resource}: {by} ({reason})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(allowed: bool) -> Rule {
        Rule {
            action: "read".to_owned(),
            resource: "Book.price".to_owned(),
            allowed,
            by: "permissions.allowed[2].read".to_owned(),
            reason: "Needs more.".to_owned(),
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let mut explanation = Explanation {
            allowed: false,
            status: Some(401),
            message: Some("No permission".to_owned()),
            err_code: Some(1607),
            rules: vec![rule(true), rule(false)],
            left_out: Vec::new(),
        };
        let refused = "refused: 401 No permission [1607]\n  yes  read Book.price: permissions.allowed[2].read\n  \
                       no   read Book.price: permissions.allowed[2].read (Needs more.)";
        assert_eq!(text(&explanation), refused);
        explanation =
            Explanation { allowed: true, status: None, message: None, err_code: None, rules: Vec::new(), left_out: vec![rule(false)] };
        assert_eq!(text(&explanation), "allowed\nleft out of the answer:\n  Book.price: permissions.allowed[2].read");
    }
}
