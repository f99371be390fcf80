//! The datastore and dataclasses.

use serde_json::json;

use crate::common::library::{Library, check, library_call, library_pool, outcome};

const BOOK: &str = "export class Book { cheapest(n = 2) { return this.all().orderBy('price asc').slice(0, n) } make(title) { const book = this.new(); book.title = title; book.save(); return book } }
    export class BookSelection { total() { return this.sum('price') } }
    export class BookEntity {
        static types = { label: 'string' };
        get label() { return `${this.title} (${this.author?.fullName})` }
        set label(value) { this.title = value.toUpperCase() }
        get plain() { return 1 }
        lend() { return `${this.title} lent` }
        forbidden() { return 1 }
    }";

#[tokio::test]
async fn entities_are_found_by_key() {
    check(
        &[],
        &[
            ("return ds.Book.get(7).title", json!("Book 7")),
            ("return [ds.Book.get(9999), ds.Book.get(null), ds.Country.get('PT').name]", json!([null, null, "Portugal"])),
            ("ds.Book.get({})", json!("a key of Book is a number, a text or a list of them")),
            (
                "return [ds.Book.getCount(), ds.Book.getInfo(), ds.Country.getInfo()]",
                json!([250, { "name": "Book", "primaryKey": "ID" }, { "name": "Country", "primaryKey": "code" }]),
            ),
            ("ds.Book = 1", json!("ds.Book cannot be changed")),
            ("return typeof ds.Nothing", json!("undefined")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_collection_becomes_entities() {
    check(
        &[],
        &[
            ("const made = ds.Book.fromCollection([{ ID: 5, title: 'five' }, { title: 'new', author: { __KEY: 1 } }, { __KEY: 6, price: '7.5' }]); return [made.length, ds.Book.get(5).title, made[1].author.fullName, ds.Book.get(6).price, ds.Book.getCount()]", json!([3, "five", "Ben", 7.5, 251])),
            ("ds.Book.fromCollection([{ title: 'forbidden' }])", json!("no such title")),
            ("ds.Book.fromCollection([1])", json!("fromCollection takes a list of objects")),
        ],
    )
    .await;
}

#[tokio::test]
async fn functions_of_the_operator_are_called_from_inside() {
    check(
        &[("Book.js", BOOK)],
        &[
            ("return ds.Book.cheapest().ID", json!([0, 1])),
            ("return ds.Book.make('x').getKey()", json!(1250)),
            ("return ds.Book.query('ID in :1', [10, 20]).total()", json!(3.0)),
            ("return ds.Book.all()[4].label", json!("Book 4 (Ben)")),
            ("const book = ds.Book.get(4); book.label = 'loud'; return [book.title, book.touchedAttributes()]", json!(["LOUD", ["title"]])),
            ("ds.Book.get(4).plain = 'x'", json!("Book.plain cannot be changed")),
            ("return ds.Book.get(4).toObject('label')", json!({ "label": "Book 4 (Ben)" })),
            ("return ds.Book.get(1).lend()", json!("Book 1 lent")),
            ("return ds.Book.get(1).forbidden()", json!("No permission to execute")),
            ("return this.honest(1, 2)", json!({ "sum": 3, "before": 1 })),
            ("return ds.honest(1, 2)", json!({ "sum": 3, "before": 1 })),
            ("return [ds.Book instanceof Object, ds.Book.constructor.name]", json!([true, "Book"])),
        ],
    )
    .await;
}

#[tokio::test]
async fn classes_may_have_fields_and_private_members() {
    let text = "export class BookEntity { #n = 2; seen = []; #twice(value) { return value * this.#n } double() { this.seen.push(1); return [this.#twice(this.ID), this.seen.length] } }
        export class Book { #kind = 'book'; kind() { return this.#kind } } export class BookSelection { #add() { return this.length + 1 } more() { return this.#add() } }
        export class AuthorEntity { fullName = 'x' } export class Author {} class Base { #b() { return 1 } b() { return this.#b() } }
        export class Country extends Base {} export class CountryEntity extends Base {}";
    check(
        &[("all.js", text)],
        &[
            ("const book = ds.Book.get(4); return [book.double(), book.double()]", json!([[8, 1], [8, 2]])),
            (
                "return [ds.Book.kind(), ds.Book.all().more(), ds.Country.b(), ds.Country.get('PT').b(), ds.Country.get('PT').name]",
                json!(["book", 251, 1, 1, "Portugal"]),
            ),
            ("ds.Author.get(1)", json!("AuthorEntity has a field fullName, which Author has already")),
        ],
    )
    .await;
    let datastore = "export class DataStore { #n = 0; #next() { return ++this.#n } next() { return this.#next() + ds.other() } other() { return this.#next() } }";
    let pool = library_pool(&[("DataStore.js", datastore)]).await;
    for _ in 0..2 {
        let result = outcome(&pool, &library_call("DataStore", "next", json!([])), &Library::new()).await;
        assert_eq!(result["value"], json!(3), "{result}");
    }
}

#[tokio::test]
async fn one_class_may_stand_behind_several() {
    let base = "class Named { name() { return this.getKey() + '!' } save(mode) { const result = super.save?.(mode); return result } }
        export class BookEntity extends Named {} export class AuthorEntity extends Named { name() { return super.name() + '?' } }";
    check(
        &[("all.js", base)],
        &[(
            "return [ds.Book.get(1).name(), ds.Author.get(2).name(), ds.Book.get(1).title, ds.Author.get(1).fullName]",
            json!(["1!", "2!?", "Book 1", "Ben"]),
        )],
    )
    .await;
}

#[tokio::test]
async fn transactions_are_nested_and_have_one_copy_of_each_entity() {
    check(
        &[],
        &[
            ("ds.startTransaction(); const one = ds.Book.get(1), two = ds.Book.get(1); ds.cancelTransaction(); return [one === two, ds.Book.get(1) === ds.Book.get(1)]", json!([true, false])),
            ("ds.startTransaction(); const one = ds.Book.get(3); one.author.fullName = 'X'; return [ds.Author.get(0).fullName, one.author === ds.Book.get(6).author]", json!(["X", true])),
            ("ds.startTransaction(); ds.Book.get(1).drop(); ds.startTransaction(); ds.Book.get(2).drop(); ds.validateTransaction(); ds.cancelTransaction(); return ds.Book.getCount()", json!(250)),
            ("ds.startTransaction(); ds.Book.get(1).drop(); ds.startTransaction(); ds.Book.get(2).drop(); ds.cancelTransaction(); ds.validateTransaction(); return ds.Book.getCount()", json!(249)),
            ("ds.validateTransaction()", json!("there is no transaction")),
            ("ds.cancelTransaction()", json!("there is no transaction")),
        ],
    )
    .await;
}
