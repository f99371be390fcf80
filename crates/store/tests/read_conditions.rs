//! Conditions over an attached table whose values are not always what their column says (`rest-dialect.md` 9.2, settlements).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use claviger_model::attach::model_from_tables;
use claviger_model::{AttrRef, Model, SimpleDate, Value};
use claviger_query::{Base, Comparison, Operand, Order, Predicate, ScopeId, Scopes};
use claviger_store::layout::{AttachedStamps, Layout};
use claviger_store::sql::{Tables, Writer, select};
use claviger_store::sqlite::connection::Link;
use claviger_store::sqlite::introspect::{attached_layout, introspect};
use rusqlite::Connection;

const DATA: &str = r#"
    CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, amount INTEGER, price NUMERIC(10,2), ratio REAL, fresh BOOLEAN, day DATE, at DATETIME,
        took TIME, extra JSON);
    INSERT INTO item VALUES
        (1, 'Éclair', 10, 2.50, 0.5, 1, '2024-02-28', '2024-02-28 16:40:00', '01:30:00', '{"city": "Évora", "n": 1.50, "tags": ["a", "B"], "deep": {"x": true}}'),
        (2, 'eclair au café', 9, 2.5, 1.5, 0, '2024-02-28 10:00:00', 1709138400, 60000, '{"city": null, "n": 10, "tags": [], "deep": {"x": false}}'),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (4, 'Zoë', 'many', 'dear', 'half', 'maybe', 'soon', 'later', 'long', '{broken'),
        (5, 'zebra 50%', 100, 10, -2, 1, '1999-12-31', '1999-12-31T23:59:59.500Z', '-00:00:01', '{"n": "ten", "tags": "none", "list": [{"r": 1, "t": "x"}, {"r": 5, "t": "y"}]}');
"#;

struct Fixture {
    link: Link,
    model: Model,
    layout: Layout,
}

impl Fixture {
    fn new() -> Self {
        let link = Link::new(Connection::open_in_memory().unwrap()).unwrap();
        link.db.execute_batch(DATA).unwrap();
        let (model, problems) = model_from_tables("shop", &introspect(&link.db, "main").unwrap());
        assert!(problems.iter().all(|problem| problem.code != "error"), "{problems:?}");
        let layout = attached_layout(&link.db, "main", &model, AttachedStamps::Hash, 0).unwrap();
        Self { link, model, layout }
    }

    fn at(&self, name: &str) -> AttrRef {
        let class = &self.model.dataclasses()[0];
        class.at(class.find(name).unwrap_or_else(|| panic!("no attribute {name}")).id)
    }

    fn column(&self, name: &str) -> Operand {
        Operand::Attribute(ScopeId(0), self.at(name))
    }

    fn json(&self, path: &[&str]) -> Operand {
        Operand::Json(ScopeId(0), self.at("extra"), path.iter().map(|step| (*step).to_owned()).collect())
    }

    /// Keys of the entities that satisfy a condition.
    fn find(&self, condition: &Predicate) -> Vec<i64> {
        let tables = Tables::new(&self.model, &self.layout);
        let class = self.model.dataclasses()[0].id;
        let sql = select::keys(tables, class, &Scopes::default(), &Base::All, Some(condition));
        let mut statement = self.link.db.prepare(&sql.text).unwrap_or_else(|error| panic!("{error}: {}", sql.text));
        let keys = statement.query_map(rusqlite::params_from_iter(&sql.binds), |row| row.get(0)).unwrap();
        let keys: Vec<i64> = keys.collect::<Result<_, _>>().unwrap();
        let counting = select::count(tables, class, &Scopes::default(), &Base::All, Some(condition));
        let count: i64 = self.link.db.query_row(&counting.text, rusqlite::params_from_iter(&counting.binds), |row| row.get(0)).unwrap();
        assert_eq!(count, keys.len() as i64);
        keys
    }

    fn compare(&self, operand: Operand, comparison: Comparison, value: Value) -> [Vec<i64>; 2] {
        let condition = Predicate::Compare(operand, comparison, value);
        [self.find(&condition), self.find(&Predicate::Not(Box::new(condition)))]
    }

    fn sorted(&self, operand: Operand, descending: bool) -> Vec<i64> {
        let tables = Tables::new(&self.model, &self.layout);
        let scopes = Scopes::default();
        let mut writer = Writer::new(tables, &scopes);
        let order = writer.order_clause(self.model.dataclasses()[0].id, &[Order { operand, descending }]);
        let sql = writer.finish(format!("SELECT s0.id FROM item AS s0{order}"));
        let mut statement = self.link.db.prepare(&sql.text).unwrap();
        statement.query_map(rusqlite::params_from_iter(&sql.binds), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn texts_compare_without_case_and_accents() {
    let f = Fixture::new();
    assert_eq!(f.compare(f.column("name"), Comparison::Equal, text("ECLAIR")), [vec![1], vec![2, 4, 5]]);
    assert_eq!(f.compare(f.column("name"), Comparison::NotEqual, text("éclair")), [vec![2, 4, 5], vec![1]]);
    assert_eq!(f.compare(f.column("name"), Comparison::Greater, text("z")), [vec![4, 5], vec![1, 2]]);
    assert_eq!(f.find(&Predicate::Keyword(f.column("name"), "cafe".into())), [2]);
    assert_eq!(f.find(&Predicate::Keyword(f.column("name"), "caf".into())), [0_i64; 0]);
    assert_eq!(f.find(&Predicate::In(f.column("name"), vec![text("ZOE"), text("éclair")])), [1, 4]);
    assert_eq!(f.find(&Predicate::Not(Box::new(Predicate::In(f.column("name"), vec![text("ZOE")])))), [1, 2, 5]);
    assert_eq!(f.sorted(f.column("name"), false), [3, 1, 2, 5, 4]);
    assert_eq!(f.sorted(f.column("name"), true), [4, 5, 2, 1, 3]);
}

#[test]
fn numbers_and_the_texts_among_them() {
    let f = Fixture::new();
    assert_eq!(f.compare(f.column("amount"), Comparison::Greater, Value::Int(9))[0], [1, 5]);
    assert_eq!(f.compare(f.column("amount"), Comparison::LessOrEqual, Value::Int(10))[0], [1, 2]);
    assert_eq!(f.compare(f.column("amount"), Comparison::Equal, Value::Int(10))[0], [1]);
    assert_eq!(f.compare(f.column("ratio"), Comparison::Less, Value::Double(1.0))[0], [1, 5]);
    assert_eq!(f.compare(f.column("fresh"), Comparison::Equal, Value::Bool(true))[0], [1, 5]);
    assert_eq!(f.find(&Predicate::IsNull(f.column("amount"))), [3]);
}

#[test]
fn decimals_compare_exactly() {
    let f = Fixture::new();
    let price = |digits: &str| Value::Decimal(digits.parse().unwrap());
    assert_eq!(f.compare(f.column("price"), Comparison::Equal, price("2.500")), [vec![1, 2], vec![5]]);
    assert_eq!(f.compare(f.column("price"), Comparison::Less, price("10")), [vec![1, 2], vec![5]]);
    assert_eq!(f.compare(f.column("price"), Comparison::Greater, price("2.4999999999999999999")), [vec![1, 2, 5], vec![]]);
    assert_eq!(f.find(&Predicate::In(f.column("price"), vec![price("1e1")])), [5]);
}

#[test]
fn dates_in_every_form() {
    let f = Fixture::new();
    let day = Value::Date(SimpleDate { year: 2024, month: 2, day: 28 });
    assert_eq!(f.compare(f.column("day"), Comparison::Equal, day.clone()), [vec![1, 2], vec![5]]);
    assert_eq!(f.compare(f.column("day"), Comparison::Less, day), [vec![5], vec![1, 2]]);
    assert_eq!(f.compare(f.column("at"), Comparison::Equal, Value::Instant(1_709_138_400_000))[0], [1, 2]);
    assert_eq!(f.compare(f.column("at"), Comparison::Less, Value::Instant(946_684_800_000))[0], [5]);
    assert_eq!(f.compare(f.column("took"), Comparison::GreaterOrEqual, Value::Duration(60_000)), [vec![1, 2], vec![5]]);
    assert_eq!(f.find(&Predicate::Not(Box::new(Predicate::IsNull(f.column("day"))))), [1, 2, 4, 5]);
}

#[test]
fn object_properties_compare_by_their_own_type() {
    let f = Fixture::new();
    assert_eq!(f.compare(f.json(&["city"]), Comparison::Equal, text("evora")), [vec![1], vec![]]);
    assert_eq!(f.compare(f.json(&["n"]), Comparison::Equal, Value::Decimal("1.5".parse().unwrap())), [vec![1], vec![2, 5]]);
    assert_eq!(f.compare(f.json(&["n"]), Comparison::Greater, Value::Int(2)), [vec![2], vec![1]]);
    assert_eq!(f.compare(f.json(&["n"]), Comparison::Equal, text("TEN")), [vec![5], vec![1, 2]]);
    assert_eq!(f.compare(f.json(&["deep", "x"]), Comparison::Equal, Value::Bool(true)), [vec![1], vec![2]]);
    assert_eq!(f.find(&Predicate::IsNull(f.json(&["city"]))), [2, 3, 4, 5]);
    let length = Operand::Length(Box::new(f.json(&["tags"])));
    assert_eq!(f.compare(length, Comparison::Less, Value::Int(2)), [vec![2], vec![1]]);
    // Null, then numbers, then texts.
    assert_eq!(f.sorted(f.json(&["n"]), false), [3, 4, 1, 2, 5]);
}

#[test]
fn names_in_paths_are_data() {
    let f = Fixture::new();
    assert_eq!(f.find(&Predicate::IsNull(f.json(&["x') OR 1=1 --", "\"; DROP TABLE item"]))).len(), 5);
}

#[test]
fn many_conditions_stay_within_the_engines_depth() {
    let f = Fixture::new();
    let condition = |n: i64| Predicate::Compare(f.column("amount"), Comparison::Equal, Value::Int(n));
    assert_eq!(f.find(&Predicate::Or((0..3000).map(condition).collect())), [1, 2, 5]);
    assert_eq!(f.find(&Predicate::And(Vec::new())).len(), 5);
    assert_eq!(f.find(&Predicate::Or(Vec::new())).len(), 0);
}
