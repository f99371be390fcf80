//! Every rule of the dialog (`api-keys.md` K-21 to K-32, and the settlement "Key life").

use serde_json::json;

use super::*;
use crate::key::record::KeyId;

const TODAY: &str = "2024-02-29";

fn roles(names: &[&str]) -> Roles {
    let declared: Vec<Value> = names.iter().map(|name| json!({ "role": name })).collect();
    let text = json!({ "privileges": [], "roles": declared, "permissions": { "allowed": [] } }).to_string();
    let model = claviger_model::attach::model_from_tables("empty", &[]).0;
    Roles::parse(&text, &model).unwrap().0
}

fn rules(roles: &Roles) -> KeyRules<'_> {
    KeyRules { today: parse_date(TODAY).unwrap(), max_lifetime_days: 365, roles }
}

fn create(body: Value) -> Result<KeyProperties, Vec<(&'static str, &'static str)>> {
    create_with(body, &roles(&["admin", "Clerk"]))
}

fn create_with(body: Value, roles: &Roles) -> Result<KeyProperties, Vec<(&'static str, &'static str)>> {
    KeyDraft::from_json(&body).create(rules(roles)).map_err(|errors| errors.iter().map(|error| (error.field, error.code)).collect())
}

fn refused(body: Value) -> Vec<(&'static str, &'static str)> {
    create(body).unwrap_err()
}

fn current() -> KeyRecord {
    KeyRecord {
        id: "key_7Qm2vT9sLk4d".parse::<KeyId>().unwrap(),
        description: "Nightly report".to_owned(),
        key_type: KeyType::Standard,
        role: Some("Gone".to_owned()),
        expires_on: parse_date("2023-01-01").unwrap(),
        allowed_hosts: AllowedHosts::parse(&["192.0.2.1"]).unwrap(),
        created_by: "ana@example.org".to_owned(),
        created_at: "2022-01-01T00:00:00Z".parse().unwrap(),
        updated_at: "2022-01-01T00:00:00Z".parse().unwrap(),
        last_used_at: None,
        last_used_ip: None,
    }
}

fn edit(body: Value) -> Result<KeyEdit, Vec<(&'static str, &'static str)>> {
    let roles = roles(&["Admin", "Clerk"]);
    KeyDraft::from_json(&body)
        .edit(&current(), rules(&roles))
        .map_err(|errors| errors.iter().map(|error| (error.field, error.code)).collect())
}

#[test]
fn what_is_not_said_has_its_default() {
    let key = create(json!({ "description": "  Nightly report " })).unwrap();
    assert_eq!(key.description, "Nightly report");
    assert_eq!(key.key_type, KeyType::Standard);
    assert_eq!(key.role.as_deref(), Some("admin"));
    assert_eq!(key.expires_on.to_string(), "2025-02-28");
    assert!(key.allowed_hosts.is_everyone());
    let none = roles(&["Clerk"]);
    assert_eq!(create_with(json!({ "description": "x" }), &none).unwrap_err(), [("role", "required")]);
}

#[test]
fn a_description_has_one_to_two_hundred_characters() {
    assert!(create(json!({ "description": "é".repeat(200) })).is_ok());
    assert_eq!(refused(json!({ "description": "é".repeat(201) })), [("description", "too_long")]);
    assert_eq!(refused(json!({ "description": " \t" })), [("description", "required")]);
    assert_eq!(refused(json!({})), [("description", "required")]);
}

#[test]
fn the_role_must_be_declared_and_administration_has_none() {
    let key = create(json!({ "description": "x", "role": "CLERK" })).unwrap();
    assert_eq!(key.role.as_deref(), Some("Clerk"));
    assert_eq!(refused(json!({ "description": "x", "role": "Nobody" })), [("role", "unknown")]);
    assert_eq!(refused(json!({ "description": "x", "role": "" })), [("role", "required")]);
    let key = create(json!({ "description": "x", "type": "administration", "role": "Clerk" })).unwrap();
    assert_eq!((key.key_type, key.role), (KeyType::Administration, None));
    assert_eq!(refused(json!({ "description": "x", "type": "Web Admin" })), [("type", "unknown")]);
}

#[test]
fn the_last_day_is_between_today_and_the_ceiling() {
    let on = |date: &str| create(json!({ "description": "x", "expiresOn": date })).map(|key| key.expires_on.to_string());
    for date in ["2024-02-29", "2024-03-01", "2025-02-28"] {
        assert_eq!(on(date).unwrap(), date);
    }
    assert_eq!(on("2025-03-01"), Err(vec![("expiresOn", "too_late")]));
    assert_eq!(on("2024-02-28"), Err(vec![("expiresOn", "too_early")]));
    assert_eq!(on("28-02-2025"), Err(vec![("expiresOn", "not_a_date")]));
    let declared = roles(&["Admin"]);
    let lowered = KeyRules { max_lifetime_days: 30, ..rules(&declared) };
    let draft = |date: &str| KeyDraft { description: Some("x".to_owned()), expires_on: Some(date.to_owned()), ..KeyDraft::default() };
    assert!(draft("2024-03-30").create(lowered).is_ok());
    assert_eq!(draft("2024-03-31").create(lowered).unwrap_err()[0].message, "At most 30 days from today.");
}

#[test]
fn the_refused_line_of_allowed_hosts_is_told() {
    let body = json!({ "description": "x", "allowedHosts": ["192.0.2.1", 7, "example.org", "0.0.0.0/0", null] });
    let roles = roles(&["Admin"]);
    let errors = KeyDraft::from_json(&body).create(rules(&roles)).unwrap_err();
    let told: Vec<_> = errors.iter().map(|error| (error.field, error.code, error.index)).collect();
    let field = "allowedHosts";
    let wrong = "not_an_address";
    assert_eq!(told, [(field, wrong, Some(1)), (field, wrong, Some(2)), (field, "too_wide", Some(3)), (field, wrong, Some(4))]);
    assert_eq!(refused(json!({ "description": "x", "allowedHosts": null })), [(field, "wrong_type")]);
    let key = create(json!({ "description": "x", "allowedHosts": ["192.0.2.1", "::ffff:192.0.2.1"] })).unwrap();
    assert_eq!(key.allowed_hosts.to_string(), "192.0.2.1");
}

#[test]
fn a_secret_and_strangers_are_refused_and_everything_is_told_at_once() {
    let body =
        json!({ "secret": "claviger_x", "type": 1, "role": "Nobody", "expiresOn": "2030-01-01", "allowedHost": ["192.0.2.1"], "id": "x" });
    let told = refused(body);
    let expected = [
        ("secret", "not_allowed"),
        ("type", "wrong_type"),
        ("", "unknown_member"),
        ("id", "read_only"),
        ("description", "required"),
        ("role", "unknown"),
        ("expiresOn", "too_late"),
    ];
    assert_eq!(told, expected);
    assert_eq!(refused(json!([])), [("", "wrong_type"), ("description", "required")]);
}

#[test]
fn an_edit_keeps_what_is_not_said_and_what_stands_already() {
    let whole = json!({ "description": "Nightly report", "type": "standard", "role": "Gone", "expiresOn": "2023-01-01", "allowedHosts": ["192.0.2.1"] });
    assert_eq!(edit(whole).unwrap().changed, Vec::<&str>::new());
    let edited = edit(json!({ "description": "Weekly report" })).unwrap();
    assert_eq!(edited.changed, ["description"]);
    assert_eq!(edited.properties.role.as_deref(), Some("Gone"));
    // The limit counts from the day of the edit (O-3).
    assert_eq!(edit(json!({ "expiresOn": "2025-02-28", "allowedHosts": [] })).unwrap().changed, ["expiresOn", "allowedHosts"]);
    assert_eq!(edit(json!({ "expiresOn": "2025-03-01" })), Err(vec![("expiresOn", "too_late")]));
    assert_eq!(edit(json!({ "expiresOn": "2023-01-02" })), Err(vec![("expiresOn", "too_early")]));
    assert_eq!(edit(json!({ "description": "", "role": null })), Err(vec![("description", "required"), ("role", "required")]));
}

#[test]
fn an_edit_may_change_the_type() {
    let administration = edit(json!({ "type": "administration" })).unwrap();
    assert_eq!(administration.changed, ["type", "role"]);
    assert_eq!(administration.properties.role, None);
    let roles = roles(&["Admin"]);
    let current = KeyRecord { key_type: KeyType::Administration, role: None, ..current() };
    let back = KeyDraft { key_type: Some("standard".to_owned()), ..KeyDraft::default() }.edit(&current, rules(&roles)).unwrap();
    assert_eq!(back.properties.role.as_deref(), Some("Admin"));
}
