//! The table of expected results (`roles-privileges.md` 9), every cell, and its two variants; by bits, by explanation and by resolved table.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use claviger_access::{Action, Caller, Grants, Resolved, Resource, Roles, Scope, explain, explain_attribute};
use claviger_model::{FunctionClass, Functions, Model};
use support::{ROLES, action, attribute, class, model, roles};

const CALLERS: [Caller<'_>; 5] = [
    Caller::Role(Some("Visitor")),
    Caller::Role(Some("reader")),
    Caller::Role(Some("Clerk")),
    Caller::Role(Some("Admin")),
    Caller::Administration,
];

/// Access, then one letter for each of Visitor, Reader, Clerk, Admin, Administration key.
const TABLE: [(&str, &str); 19] = [
    ("read Country", "yyyyy"),
    ("create Country", "nnnny"),
    ("read Book.title", "nyyyy"),
    ("read Book.price", "nnnyy"),
    ("filter Book.price", "nnnyy"),
    ("create Book", "nnnyy"),
    ("update Book.title", "nnnyy"),
    ("update Book.price", "nnnyy"),
    ("drop Book", "nnnyy"),
    ("drop Author", "nnnny"),
    ("execute Book.search", "nyyyy"),
    ("execute Book.lendTo", "nnyyy"),
    ("inside Book.title", "nnyyy"),
    ("inside Book.price", "nnnyy"),
    ("execute ds.stats", "nnnyy"),
    ("execute ds.other", "nnnny"),
    ("execute Mailer.ping", "yyyyy"),
    ("execute Mailer.send", "nnnyy"),
    ("execute Clock.now", "nnnny"),
];

fn grants(roles: &Roles, caller: Caller<'_>, model: &Model) -> Grants {
    match caller {
        Caller::Role(role) => Grants::for_role(roles, role, model),
        Caller::Administration => Grants::administration(model),
        Caller::ProtectedAdministration => Grants::for_role(&Roles::absent(), None, model),
    }
}

/// Changing or deleting needs reading too (section 3, "Consistency").
fn with_reading(may: impl Fn(Action) -> bool, action: Action) -> bool {
    may(action) && (may(Action::Read) || !matches!(action, Action::Update | Action::Drop))
}

fn by_bits(access: &str, grants: &Grants, model: &Model) -> bool {
    let (what, target) = access.split_once(' ').unwrap();
    let (scope, member) = target.split_once('.').unwrap_or((target, ""));
    match what {
        "inside" => {
            let lend_to = Scope::Dataclass("Book");
            let inside = grants.inside(lend_to, "lendTo", model);
            let at = attribute(model, scope, member);
            grants.function(lend_to, "lendTo") && with_reading(|action| inside.attribute(at, action), Action::Update)
        }
        "execute" => match (scope, model.find(scope)) {
            ("ds", _) => grants.function(Scope::Datastore, member),
            (_, Some(class)) => grants.function(Scope::Dataclass(&class.name), member),
            (_, None) => grants.function(Scope::Singleton(scope), member),
        },
        // A filter needs what reading needs (4.4).
        "filter" => grants.attribute(attribute(model, scope, member), Action::Read),
        what if member.is_empty() => with_reading(|action| grants.dataclass(class(model, scope).id, action), action(what)),
        what => with_reading(|action| grants.attribute(attribute(model, scope, member), action), action(what)),
    }
}

fn by_explanation(access: &str, roles: &Roles, caller: Caller<'_>, model: &Model) -> bool {
    let (what, target) = access.split_once(' ').unwrap();
    let resource = Resource::parse(target, model);
    let what = if what == "filter" { "read" } else { what };
    with_reading(|action| explain(roles, caller, &resource, action).allowed, action(what))
}

fn check(roles: &Roles, table: &[(&str, &str)]) {
    let model = model();
    for (access, expected) in table {
        let bits: String =
            CALLERS.iter().map(|caller| if by_bits(access, &grants(roles, *caller, &model), &model) { 'y' } else { 'n' }).collect();
        assert_eq!(&bits, expected, "{access}");
        if !access.starts_with("inside") {
            let told: String =
                CALLERS.iter().map(|caller| if by_explanation(access, roles, *caller, &model) { 'y' } else { 'n' }).collect();
            assert_eq!(&told, expected, "explained: {access}");
        }
    }
}

fn without_datastore_lists(restricted: bool) -> Roles {
    let mut file: serde_json::Value = serde_json::from_str(ROLES).unwrap();
    for action in ["read", "create", "update", "drop", "execute"] {
        file["permissions"]["allowed"][0][action] = serde_json::json!([]);
    }
    file["restrictedByDefault"] = restricted.into();
    roles(&file.to_string())
}

#[test]
fn an_attribute_is_explained_as_it_is_granted() {
    let (model, roles) = (model(), roles(ROLES));
    for caller in CALLERS.iter().copied().chain([Caller::ProtectedAdministration]) {
        let grants = grants(&roles, caller, &model);
        for class in model.dataclasses() {
            for attribute in &class.attributes {
                for action in [Action::Create, Action::Read, Action::Update, Action::Drop] {
                    let told = explain_attribute(&roles, caller, class, attribute, action);
                    let granted = grants.attribute(class.at(attribute.id), action);
                    assert_eq!(told.allowed, granted, "{caller:?} {action:?} {}.{}", class.name, attribute.name);
                    assert!(!told.reason.is_empty());
                }
            }
        }
    }
}

#[test]
fn the_table_as_it_stands() {
    check(&roles(ROLES), &TABLE);
}

#[test]
fn the_table_without_datastore_lists_restricted() {
    check(&without_datastore_lists(true), &TABLE);
}

#[test]
fn the_table_without_datastore_lists_unrestricted() {
    let changed = TABLE.map(|(access, expected)| match access {
        "create Country" | "execute ds.other" | "execute Clock.now" => (access, "yyyyy"),
        // The visitor lacks read.
        "drop Author" => (access, "nyyyy"),
        _ => (access, expected),
    });
    check(&without_datastore_lists(false), &changed);
}

#[test]
fn a_missing_or_unknown_role_is_a_guest() {
    let (roles, model) = (roles(ROLES), model());
    for role in [None, Some("Nobody"), Some("")] {
        let grants = Grants::for_role(&roles, role, &model);
        assert_eq!(grants.privileges(), ["guest"]);
        assert!(grants.dataclass(class(&model, "Country").id, Action::Read));
        assert!(!grants.dataclass(class(&model, "Book").id, Action::Read));
    }
}

#[test]
fn a_missing_file_lets_nobody_in() {
    let model = model();
    let grants = Grants::for_role(&Roles::absent(), Some("Admin"), &model);
    let open = Grants::for_role(&Roles::unrestricted(), None, &model);
    for class in model.dataclasses() {
        for action in [Action::Create, Action::Read, Action::Update, Action::Drop, Action::Execute] {
            assert!(!grants.dataclass(class.id, action));
            assert!(open.dataclass(class.id, action));
        }
    }
    assert!(!grants.function(Scope::Datastore, "stats") && !grants.function(Scope::Singleton("Mailer"), "ping"));
}

#[test]
fn guarded_are_functions_that_may_not_be_called_and_those_that_lend() {
    let bare = model();
    let mut functions = Functions::default();
    let book = FunctionClass::Dataclass(class(&bare, "Book").id);
    for name in ["search", "lendTo"] {
        functions.add(&book, name, true, false);
    }
    // Not exposed: nothing is asked of it.
    functions.add(&book, "inner", false, false);
    functions.add(&FunctionClass::Datastore, "stats", true, false);
    functions.add_singleton("Mailer", true);
    functions.add(&FunctionClass::Singleton("Mailer".to_owned()), "ping", true, false);
    let model = bare.with_functions(functions);
    let roles = roles(ROLES);
    let guarded = |caller| grants(&roles, caller, &model).guarded().to_vec();
    assert_eq!(guarded(Caller::Role(Some("Visitor"))), ["Book.search", "Book.lendTo", "ds.stats"]);
    assert_eq!(guarded(Caller::Role(Some("Clerk"))), ["Book.lendTo", "ds.stats"]);
    // He may call it; it lends all the same.
    assert_eq!(guarded(Caller::Role(Some("Admin"))), ["Book.lendTo"]);
    assert!(guarded(Caller::Administration).is_empty());
}

#[test]
fn promotion_lends_and_does_not_stay() {
    let (roles, model) = (roles(ROLES), model());
    let clerk = Grants::for_role(&roles, Some("Clerk"), &model);
    let inside = clerk.inside(Scope::Dataclass("Book"), "lendTo", &model);
    assert!(inside.has_privilege("CURATE") && !clerk.has_privilege("curate"));
    assert_ne!(inside.id(), clerk.id());
    // A function called from inside keeps what was lent (PR-7).
    assert!(inside.inside(Scope::Datastore, "stats", &model).has_privilege("curate"));
    // PR-1: promotion belongs to the function that is named.
    assert!(!clerk.inside(Scope::Dataclass("Author"), "lendTo", &model).has_privilege("curate"));
}

#[test]
fn own_lists_are_told() {
    let (roles, model) = (roles(ROLES), model());
    let grants = Grants::for_role(&roles, Some("Reader"), &model);
    let price = attribute(&model, "Book", "price");
    assert!(grants.has_own_list(price, Action::Read) && grants.has_own_list(price, Action::Update));
    assert!(!grants.has_own_list(price, Action::Drop) && !grants.has_own_list(attribute(&model, "Book", "title"), Action::Read));
}

/// One value in two guises: what a list keeps from `author` must not come out of `authorID`, and the other way round.
#[test]
fn a_relation_and_its_foreign_key_guard_each_other() {
    let model = r#"{ "dataClasses": [
        { "name": "Author", "attributes": [ { "name": "ID", "kind": "storage", "type": "long", "primKey": true } ] },
        { "name": "Book", "attributes": [
            { "name": "ID", "kind": "storage", "type": "long", "primKey": true },
            { "name": "title", "kind": "storage", "type": "string" },
            { "name": "authorID", "kind": "storage", "type": "long" },
            { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID" },
            { "name": "editorID", "kind": "storage", "type": "long" },
            { "name": "editor", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "editorID" } ] } ] }"#;
    let model = Model::from_json(model, "pair").unwrap().0;
    let file = r#"{ "restrictedByDefault": false, "privileges": [ { "privilege": "more" } ],
        "roles": [ { "role": "Less", "privileges": [] }, { "role": "More", "privileges": ["more"] } ],
        "permissions": { "allowed": [
            { "applyTo": "Book.author", "type": "attribute", "update": ["more"], "drop": ["more"], "describe": ["more"] },
            { "applyTo": "Book.editorID", "type": "attribute", "read": ["more"], "create": ["more"] } ] } }"#;
    let (roles, _) = Roles::parse(file, &model).unwrap();
    let (less, more) = (Grants::for_role(&roles, Some("Less"), &model), Grants::for_role(&roles, Some("More"), &model));
    let denied = |grants: &Grants, name: &str| {
        let at = attribute(&model, "Book", name);
        Action::ALL.into_iter().filter(|action| !grants.attribute(at, *action)).map(Action::name).collect::<Vec<_>>().join(" ")
    };
    for name in ["author", "authorID", "editor", "editorID", "title"] {
        assert_eq!(denied(&more, name), "", "{name}");
    }
    assert_eq!(denied(&less, "author"), "update drop describe");
    assert_eq!(denied(&less, "authorID"), "update drop", "a name is no value: the catalog lists it");
    assert_eq!((denied(&less, "editorID").as_str(), denied(&less, "editor").as_str()), ("create read", "create read"));
    assert_eq!(denied(&less, "title"), "");
    assert!(less.has_own_list(attribute(&model, "Book", "authorID"), Action::Drop));
    let resolved = Resolved::of(&roles, Caller::Role(Some("Less")), &model);
    let editor = resolved.dataclasses[1].attributes.iter().find(|attribute| attribute.name == "editor").unwrap();
    assert_eq!((editor.read.allowed, editor.read.by.as_str()), (false, "permissions.allowed[1].read"));
}

#[test]
fn describe_lists_hide_from_the_catalog_only() {
    let mut file: serde_json::Value = serde_json::from_str(ROLES).unwrap();
    file["permissions"]["allowed"][3]["describe"] = serde_json::json!(["lend"]);
    file["permissions"]["allowed"][4]["describe"] = serde_json::json!(["curate"]);
    let (roles, model) = (roles(&file.to_string()), model());
    let seen = |role: &str| {
        let grants = Grants::for_role(&roles, Some(role), &model);
        let price = attribute(&model, "Book", "price");
        let classes: String = model.dataclasses().iter().map(|class| if grants.describes(class.id) { 'y' } else { 'n' }).collect();
        (classes, grants.describes_attribute(price), grants.dataclass(class(&model, "Book").id, Action::Read))
    };
    assert_eq!(seen("Reader"), ("ynyy".to_owned(), false, true));
    assert_eq!(seen("Clerk"), ("yyyy".to_owned(), false, true));
    assert_eq!(seen("Admin"), ("yyyy".to_owned(), true, true));
}

#[test]
fn decisions_name_the_list_that_decided() {
    let (roles, model) = (roles(ROLES), model());
    let by = |caller, target: &str, action| {
        let decision = explain(&roles, caller, &Resource::parse(target, &model), action);
        (decision.allowed, decision.by)
    };
    let clerk = Caller::Role(Some("Clerk"));
    let list = |index: usize, action: &str| format!("permissions.allowed[{index}].{action}");
    assert_eq!(by(clerk, "Book.title", Action::Read), (true, list(3, "read")));
    assert_eq!(by(clerk, "Book.price", Action::Read), (false, list(4, "read")));
    assert_eq!(by(clerk, "Book.price", Action::Update), (false, list(3, "update")));
    assert_eq!(by(clerk, "Author", Action::Drop), (false, list(0, "drop")));
    assert_eq!(by(clerk, "Mailer.send", Action::Execute), (false, list(7, "execute")));
    assert_eq!(by(Caller::Administration, "Author", Action::Drop), (true, "administration".to_owned()));
    let free = without_datastore_lists(false);
    let decision = explain(&free, clerk, &Resource::parse("Author", &model), Action::Drop);
    assert_eq!((decision.allowed, decision.by.as_str()), (true, "restrictedByDefault"));
    assert!(explain(&roles, clerk, &Resource::Datastore, Action::Read).reason.contains("[none]"));
}

#[test]
fn the_resolved_table_agrees_with_the_bits() {
    let (roles, model) = (roles(ROLES), model());
    for caller in CALLERS {
        let (table, grants) = (Resolved::of(&roles, caller, &model), grants(&roles, caller, &model));
        // The hidden dataclass is not listed.
        assert_eq!(table.dataclasses.len(), 3);
        for row in &table.dataclasses {
            let class = class(&model, &row.name);
            for (action, cell) in [
                (Action::Create, &row.create),
                (Action::Read, &row.read),
                (Action::Update, &row.update),
                (Action::Drop, &row.drop),
                (Action::Execute, &row.execute),
            ] {
                assert_eq!(cell.allowed, grants.dataclass(class.id, action), "{} {action:?}", row.name);
            }
            for cells in &row.attributes {
                assert_ne!(cells.name, "costNote");
                assert_eq!(cells.read.allowed, grants.attribute(attribute(&model, &row.name, &cells.name), Action::Read));
            }
        }
    }
    let clerk = Resolved::of(&roles, Caller::Role(Some("clerk")), &model);
    assert_eq!(clerk.role.as_deref(), Some("Clerk"));
    assert_eq!(clerk.privileges, ["browse", "lend", "guest"]);
    assert_eq!(clerk.summary.to_string(), "reads 3 of 3 dataclasses, changes none, deletes none");
    let lend_to = &clerk.dataclasses[1].functions[0];
    assert_eq!((lend_to.name.as_str(), lend_to.execute.allowed, lend_to.promotes.as_slice()), ("lendTo", true, &["curate".to_owned()][..]));
    assert_eq!(clerk.singletons[0].functions[0].name, "ping");
    let json = serde_json::to_value(&clerk).unwrap();
    assert_eq!(json["dataclasses"][1]["read"], serde_json::json!({ "allowed": true, "by": "permissions.allowed[3].read" }));
}

#[test]
fn an_administration_key_passes_every_test() {
    let model = model();
    let grants = Grants::administration(&model);
    for class in model.dataclasses() {
        for action in Action::ALL {
            assert!(grants.dataclass(class.id, action));
            assert!(class.attributes.iter().all(|attribute| grants.attribute(class.at(attribute.id), action)));
        }
    }
    assert!(grants.is_administration() && grants.has_privilege("webadmin") && !grants.has_privilege("guest"));
}

#[test]
fn the_table_lists_the_functions_there_are_and_what_they_lend() {
    use claviger_model::FunctionClass;
    let (roles, plain) = (roles(ROLES), model());
    let book = plain.find("Book").unwrap().id;
    let mut functions = claviger_model::Functions::default();
    functions.add(&FunctionClass::Datastore, "other", true, false);
    functions.add(&FunctionClass::Dataclass(book), "search", true, false);
    functions.add(&FunctionClass::Entity(book), "search", true, false);
    functions.add(&FunctionClass::Selection(book), "inner", false, false);
    functions.add(&FunctionClass::Entity(book), "lendTo", true, false);
    functions.add_singleton("Clock", true);
    functions.add(&FunctionClass::Singleton("Clock".to_owned()), "now", true, false);
    functions.add_singleton("Cart", false);
    functions.add(&FunctionClass::Singleton("Cart".to_owned()), "add", true, false);
    let model = plain.with_functions(functions);
    let table = |role| Resolved::of(&roles, Caller::Role(Some(role)), &model);
    let clerk = table("Clerk");
    let of = |functions: &[claviger_access::explain::ResolvedFunction]| -> Vec<String> {
        functions.iter().map(|function| format!("{} {:?} {}", function.name, function.kinds, function.execute.allowed)).collect()
    };
    assert_eq!(of(&clerk.datastore.functions), ["other [\"datastore\"] false", "stats [] false"]);
    let of_book = |table: &Resolved| table.dataclasses.iter().find(|class| class.name == "Book").unwrap().clone();
    let listed = of_book(&clerk);
    assert_eq!(of(&listed.functions), ["lendTo [\"entity\"] true", "search [\"dataclass\", \"entity\"] true"]);
    let singletons: Vec<_> = clerk.singletons.iter().map(|singleton| (singleton.name.as_str(), of(&singleton.functions))).collect();
    assert_eq!(singletons, [("Clock", vec!["now [\"singleton\"] false".to_owned()]), ("Mailer", vec!["ping [] true".to_owned()])]);
    // `lendTo` lends curate, which may change books and not their price.
    let lent = vec!["Book.lendTo".to_owned()];
    assert_eq!((listed.update.allowed, &listed.update.lent_by), (false, &lent));
    let price = listed.attributes.iter().find(|attribute| attribute.name == "price").unwrap();
    assert!(!price.update.allowed && price.update.lent_by.is_empty());
    assert!(listed.read.allowed && listed.read.lent_by.is_empty(), "what is granted needs no loan");
    // A reader may not call it, and an administrator has nothing to gain.
    assert!(of_book(&table("Reader")).update.lent_by.is_empty());
    assert!(of_book(&Resolved::of(&roles, Caller::Administration, &model)).update.lent_by.is_empty());
}
