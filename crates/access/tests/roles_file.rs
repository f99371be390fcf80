//! Loading of roles files: errors, warnings, tolerance (`roles-privileges.md` 8).
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use claviger_access::roles::{has_errors, report};
use claviger_access::{Action, Finding, Grants, Roles, Severity};
use serde_json::{Value, json};
use support::{ROLES, attribute, brief, class, model};

fn errors(text: &str) -> Vec<String> {
    let findings = Roles::parse(text, &model()).unwrap_err();
    assert!(has_errors(&findings));
    let errors: Vec<Finding> = findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    brief(&errors)
}

fn warnings(file: &Value) -> Vec<String> {
    let (_, findings) = Roles::parse(&serde_json::to_string_pretty(file).unwrap(), &model()).unwrap();
    assert!(!has_errors(&findings));
    brief(&findings)
}

/// A file with these parts.
fn file(privileges: Value, roles: Value, allowed: Value) -> Value {
    json!({ "privileges": privileges, "roles": roles, "permissions": { "allowed": allowed }, "restrictedByDefault": true })
}

fn one_role(includes: &[&str], allowed: Value) -> Value {
    file(json!([{ "privilege": "p" }]), json!([{ "role": "R", "privileges": includes }]), allowed)
}

#[test]
fn the_example_loads() {
    let (roles, findings) = Roles::parse(ROLES, &model()).unwrap();
    assert_eq!(roles.names().collect::<Vec<_>>(), ["Admin", "Clerk", "Reader", "Visitor"]);
    assert!(roles.restricted_by_default() && roles.force_login());
    assert_eq!(roles.role("aDMIN").unwrap().name(), "Admin");
    assert_eq!(roles.default_role().unwrap().name(), "Admin");
    assert!(roles.role("Nobody").is_none());
    assert_eq!(brief(&findings), ["unused_privilege privileges[0]"]);
}

#[test]
fn the_starter_file_has_no_finding_and_does_what_its_names_say() {
    let (roles, findings) = Roles::parse(Roles::starter(), &model()).unwrap();
    assert_eq!(findings, []);
    assert!(roles.restricted_by_default());
    let model = model();
    let book = class(&model, "Book").id;
    let may = |role: &str| {
        let grants = Grants::for_role(&roles, Some(role), &model);
        [Action::Read, Action::Create, Action::Update, Action::Drop, Action::Execute].map(|action| grants.dataclass(book, action))
    };
    assert_eq!(may("Admin"), [true; 5]);
    assert_eq!(may("Editor"), [true, true, true, false, false]);
    assert_eq!(may("Reader"), [true, false, false, false, false]);
    assert_eq!(may("Nobody"), [false; 5]);
}

#[test]
fn a_byte_order_mark_is_accepted_and_lines_stay_right() {
    let (_, findings) = Roles::parse(&format!("\u{feff}{ROLES}"), &model()).unwrap();
    assert_eq!(findings[0].line, 5);
}

#[test]
fn what_is_not_json_is_refused_with_its_line() {
    for text in ["", "{", "[]x", "{\n\"privileges\": [],\nstray\n}", "{} // comment"] {
        let findings = Roles::parse(text, &model()).unwrap_err();
        assert_eq!(brief(&findings), ["not_json "], "{text}");
        assert_eq!(findings[0].line, if text.contains("stray") { 3 } else { 1 });
    }
    let deep = "[".repeat(100_000);
    assert_eq!(errors(&deep), ["not_json "]);
}

#[test]
fn every_error_is_reported_at_once() {
    assert_eq!(errors("[]"), ["wrong_type "]);
    assert_eq!(errors("{}"), ["missing_property privileges", "missing_property permissions"]);
    let wrong = json!({
        "privileges": [{ "includes": [] }, { "privilege": "P" }, { "privilege": "p", "includes": "x" }, 7],
        "roles": [{ "role": "R" }, { "role": "r", "privileges": [1] }, { "privileges": [] }],
        "permissions": { "allowed": [
            { "applyTo": "Book" },
            { "type": "dataclass" },
            { "applyTo": "Book", "type": "table" },
            { "applyTo": "Book", "type": "datastore" },
            { "applyTo": "Book.price", "type": "dataclass" },
            { "applyTo": "Book", "type": "attribute" },
            { "applyTo": "Book.a.b", "type": "attribute" },
            { "applyTo": "lendTo", "type": "method" },
            { "applyTo": "Book", "type": "dataclass", "read": "browse" },
            { "applyTo": "Book.", "type": "attribute", "id": 1 }
        ] },
        "restrictedByDefault": "yes",
        "forceLogin": null
    });
    let mut told = errors(&serde_json::to_string_pretty(&wrong).unwrap());
    told.sort();
    let mut expected = [
        "wrong_type restrictedByDefault",
        "wrong_type forceLogin",
        "missing_property privileges[0].privilege",
        "duplicate_privilege privileges[2].privilege",
        "wrong_type privileges[2].includes",
        "wrong_type privileges[3]",
        "duplicate_role roles[1].role",
        "wrong_type roles[1].privileges[0]",
        "missing_property roles[2].role",
        "missing_property permissions.allowed[0].type",
        "missing_property permissions.allowed[1].applyTo",
        "unknown_type permissions.allowed[2].type",
        "apply_to_mismatch permissions.allowed[3].applyTo",
        "apply_to_mismatch permissions.allowed[4].applyTo",
        "apply_to_mismatch permissions.allowed[5].applyTo",
        "apply_to_mismatch permissions.allowed[6].applyTo",
        "apply_to_mismatch permissions.allowed[7].applyTo",
        "wrong_type permissions.allowed[8].read",
        "apply_to_mismatch permissions.allowed[9].applyTo",
    ];
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn a_property_given_twice_is_refused() {
    let text = r#"{"privileges": [], "permissions": {"allowed": []}, "restrictedByDefault": true, "restrictedByDefault": false}"#;
    assert_eq!(errors(text), ["repeated_property restrictedByDefault"]);
}

#[test]
fn findings_tell_their_line() {
    let text = "{\n \"privileges\": [],\n \"permissions\": { \"allowed\": [\n  { \"applyTo\": \"Book\",\n    \"type\": \"dataclass\",\n    \"read\": [\"p\",\n      \"q\"] }\n ] }\n}";
    let (_, findings) = Roles::parse(text, &model()).unwrap();
    let places: Vec<_> = findings.iter().map(|finding| (finding.path.as_str(), finding.line)).collect();
    assert_eq!(places, [("permissions.allowed[0].read[0]", 6), ("permissions.allowed[0].read[1]", 7)]);
    assert_eq!(
        findings[1].to_string(),
        "line 7: warning undeclared_privilege at permissions.allowed[0].read[1]: The privilege \"q\" is not declared; nobody holds it."
    );
}

#[test]
fn unknown_names_are_warned_about_and_count_for_nothing() {
    let allowed = json!([
        { "applyTo": "Nothing", "type": "dataclass", "read": ["p"] },
        { "applyTo": "Book.nothing", "type": "attribute", "read": ["p"] },
        { "applyTo": "book", "type": "dataclass", "read": ["p"] },
        { "applyTo": "Nothing.run", "type": "method", "execute": ["p"] },
        { "applyTo": "ds.run", "type": "method", "execute": ["p"] },
        { "applyTo": "Mailer", "type": "singleton", "execute": ["p"] }
    ]);
    assert_eq!(
        warnings(&one_role(&["p"], allowed)),
        [
            "unknown_dataclass permissions.allowed[0].applyTo",
            "unknown_attribute permissions.allowed[1].applyTo",
            "unknown_dataclass permissions.allowed[2].applyTo",
            "unknown_dataclass permissions.allowed[3].applyTo",
        ]
    );
    let file = one_role(&["ghost"], json!([{ "applyTo": "Book", "type": "dataclass", "read": ["ghost"] }]));
    assert_eq!(
        warnings(&file),
        [
            "unused_privilege privileges[0]",
            "undeclared_privilege roles[0].privileges[0]",
            "undeclared_privilege permissions.allowed[0].read[0]",
        ]
    );
    // A list of undeclared names is defined all the same: nobody satisfies it.
    let model = model();
    let (roles, _) = Roles::parse(&file.to_string(), &model).unwrap();
    assert!(!Grants::for_role(&roles, Some("R"), &model).dataclass(class(&model, "Book").id, Action::Read));
}

#[test]
fn cycles_are_warned_about_and_closed_once() {
    let file = file(
        json!([{ "privilege": "a", "includes": ["b"] }, { "privilege": "b", "includes": ["A"] }, { "privilege": "c", "includes": ["a"] }]),
        json!([{ "role": "R", "privileges": ["c"] }]),
        json!([]),
    );
    assert_eq!(warnings(&file), ["inclusion_cycle privileges[0].includes", "inclusion_cycle privileges[1].includes"]);
    let model = model();
    let (roles, _) = Roles::parse(&file.to_string(), &model).unwrap();
    assert_eq!(Grants::for_role(&roles, Some("R"), &model).privileges(), ["a", "b", "c", "guest"]);
}

#[test]
fn actions_without_meaning_are_ignored_with_a_warning() {
    let allowed = json!([
        { "applyTo": "ds", "type": "datastore", "promote": ["p"], "read": [] },
        { "applyTo": "Book.title", "type": "attribute", "execute": ["p"] },
        { "applyTo": "ds.run", "type": "method", "read": ["p"], "promote": ["p"] },
        { "applyTo": "Mailer", "type": "singleton", "promote": ["p"], "drop": [] }
    ]);
    assert_eq!(
        warnings(&one_role(&["p"], allowed)),
        [
            "action_ignored permissions.allowed[0].promote",
            "action_ignored permissions.allowed[1].execute",
            "action_ignored permissions.allowed[2].read",
            "action_ignored permissions.allowed[3].promote",
        ]
    );
}

#[test]
fn roles_that_contradict_themselves_are_warned_about() {
    let book = |read: &[&str]| json!([{ "applyTo": "Book", "type": "dataclass", "update": ["p"], "read": read }]);
    assert_eq!(warnings(&one_role(&["p"], book(&[]))), ["write_without_read roles[0]"]);
    assert_eq!(warnings(&one_role(&["p"], book(&["p"]))), Vec::<String>::new());
    let keyless = json!([{ "applyTo": "Book", "type": "dataclass", "read": ["p"] }, { "applyTo": "Book.ID", "type": "attribute", "read": ["WebAdmin"] }]);
    assert_eq!(warnings(&one_role(&["p"], keyless)), ["key_unreadable roles[0]"]);
    assert_eq!(warnings(&one_role(&["p", "WebAdmin"], json!([]))), ["reserved_privilege roles[0].privileges"]);
}

#[test]
fn the_reserved_privilege_gives_nothing_through_a_role() {
    let file = file(
        json!([{ "privilege": "WebAdmin", "includes": ["p"] }, { "privilege": "p" }, { "privilege": "q", "includes": ["webadmin"] }]),
        json!([{ "role": "One", "privileges": ["WEBADMIN"] }, { "role": "Two", "privileges": ["q"] }]),
        json!([{ "applyTo": "Book", "type": "dataclass", "read": ["p", "WebAdmin"] }]),
    );
    let model = model();
    let (roles, _) = Roles::parse(&file.to_string(), &model).unwrap();
    for role in ["One", "Two"] {
        assert!(!Grants::for_role(&roles, Some(role), &model).dataclass(class(&model, "Book").id, Action::Read), "{role}");
    }
}

#[test]
fn unknown_properties_are_kept_and_reported_once() {
    let mut file = one_role(&["p"], json!([{ "applyTo": "Book", "type": "dataclass", "read": ["p"], "colour": 1 }]));
    file["privileges"][0]["colour"] = 2.into();
    file["privileges"][0]["id"] = "abc".into();
    file["editor"] = json!({ "zoom": 1 });
    let told = warnings(&file);
    assert_eq!(told.iter().filter(|finding| finding.starts_with("unknown_property")).count(), 2);
    let (roles, _) = Roles::parse(&file.to_string(), &model()).unwrap();
    assert_eq!(roles.source()["permissions"]["allowed"][0]["colour"], 1);
}

#[test]
fn entries_for_the_same_resource_are_united_and_one_privilege_suffices() {
    let file = file(
        json!([{ "privilege": "a" }, { "privilege": "b" }]),
        json!([{ "role": "A", "privileges": ["a"] }, { "role": "B", "privileges": ["b"] }, { "role": "None", "privileges": [] }]),
        json!([
            { "applyTo": "Book", "type": "dataclass", "read": ["a"] },
            { "applyTo": "Book", "type": "dataclass", "read": ["B"] },
            { "applyTo": "Book.price", "type": "attribute", "read": ["b"] }
        ]),
    );
    let model = model();
    let (roles, _) = Roles::parse(&file.to_string(), &model).unwrap();
    let reads = |role| {
        let grants = Grants::for_role(&roles, Some(role), &model);
        (grants.dataclass(class(&model, "Book").id, Action::Read), grants.attribute(attribute(&model, "Book", "price"), Action::Read))
    };
    assert_eq!((reads("A"), reads("B"), reads("None")), ((true, false), (true, true), (false, false)));
}

#[test]
fn the_report_separates_errors_from_warnings() {
    let findings = Roles::parse(r#"{"privileges": [], "x": 1}"#, &model()).unwrap_err();
    let report: Value = serde_json::from_str(&report("roles.json", "2026-04-01T00:00:00Z", &findings)).unwrap();
    assert_eq!(report["errors"][0]["code"], "missing_property");
    assert_eq!(report["errors"][0]["path"], "permissions");
    assert_eq!(report["errors"][0]["line"], 1);
    assert_eq!(report["warnings"][0]["severity"], "warning");
}

/// The model with a function in each class.
fn with_functions() -> claviger_model::Model {
    use claviger_model::FunctionClass;
    let model = model();
    let book = model.find("Book").unwrap().id;
    let mut functions = claviger_model::Functions::default();
    functions.add(&FunctionClass::Datastore, "stats", true, false);
    functions.add(&FunctionClass::Dataclass(book), "search", true, false);
    functions.add(&FunctionClass::Entity(book), "lendTo", true, false);
    functions.add(&FunctionClass::Selection(book), "inner", false, false);
    functions.add_singleton("Mailer", true);
    functions.add(&FunctionClass::Singleton("Mailer".to_owned()), "ping", true, false);
    model.with_functions(functions)
}

#[test]
fn entries_for_functions_that_do_not_exist_are_told_where_functions_are_known() {
    let names = ["ds.stats", "ds.gone", "ds.authentify", "Book.search", "Book.lendTo", "Book.inner", "Book.gone", "Author.search"];
    let mut allowed: Vec<Value> = names.iter().map(|name| json!({ "applyTo": name, "type": "method", "execute": ["p"] })).collect();
    for (name, ty) in
        [("Mailer", "singleton"), ("Post", "singleton"), ("Mailer.ping", "singletonMethod"), ("Mailer.gone", "singletonMethod")]
    {
        allowed.push(json!({ "applyTo": name, "type": ty, "execute": ["p"] }));
    }
    let text = one_role(&["p"], json!(allowed)).to_string();
    let told = |model: &claviger_model::Model| brief(&Roles::parse(&text, model).unwrap().1);
    let at = |index: usize| format!("unknown_function permissions.allowed[{index}].applyTo");
    assert_eq!(told(&with_functions()), [1, 6, 7, 9, 11].map(at));
    assert!(told(&model()).is_empty(), "nothing is known of functions");
}
