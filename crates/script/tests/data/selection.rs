//! Entity selections.

use serde_json::json;

use crate::common::library::{Library, check, library_call, library_pool, outcome};

#[tokio::test]
async fn rows_are_read_by_index_iteration_and_place() {
    check(
        &[],
        &[
            ("return ds.Book.all().length", json!(250)),
            ("return [...ds.Book.all()].map(book => book.ID).every((id, at) => id === at)", json!(true)),
            (
                "const all = ds.Book.all(); return [all[0].title, all[249].title, all[250] === undefined, all[-1] === undefined]",
                json!(["Book 0", "Book 249", true, true]),
            ),
            (
                "const all = ds.Book.all(); return [all.first().ID, all.last().ID, all.at(-2).ID, all.at(250) === undefined]",
                json!([0, 249, 248, true]),
            ),
            (
                "return [ds.Book.newSelection().first(), ds.Book.newSelection().last(), ds.Book.newSelection().length]",
                json!([null, null, 0]),
            ),
            ("return ds.Book.all().slice(-3).title", json!(["Book 247", "Book 248", "Book 249"])),
            ("return ds.Book.all().slice(1, -247).title", json!(["Book 1", "Book 2"])),
            ("return [ds.Book.all().slice(0, 1e25).length, ds.Book.all().slice(1e25).length, ds.Book.all().slice(Infinity).length, ds.Book.all().at(1e25)]", json!([250, 0, 0, null])),
            ("const all = ds.Book.all(); all[3].title = 'x'; return [all[3].title, all[3] === all[3]]", json!(["x", true])),
            ("ds.Book.all()[0] = 1", json!("an entity selection cannot be changed: 0")),
            ("ds.Book.all().colour = 1", json!("an entity selection cannot be changed: colour")),
            ("return Array.from(ds.Book.all(), (book, at) => book.ID - at).every(difference => difference === 0)", json!(true)),
        ],
    )
    .await;
}

#[tokio::test]
async fn queries_take_values_dates_entities_and_lists() {
    check(
        &[],
        &[
            ("return ds.Book.query('price > :1 and ID > :2', 24, 245).length", json!(4)),
            ("return ds.Book.query('ID = :wanted', { parameters: { wanted: 7 } }).first().title", json!("Book 7")),
            ("return ds.Book.query('author = :1', ds.Author.get(2)).length", json!(83)),
            ("return ds.Book.query('author in :1', ds.Author.query('fullName in :1', ['Ana', 'Cyd'])).length", json!(84 + 83)),
            ("return ds.Book.query('addedAt = :1', new Date(Date.UTC(2024, 2, 1, 10))).length", json!(250)),
            ("return ds.Book.query('nonsense')", json!("the query cannot be read")),
            ("try { ds.Book.query('nonsense') } catch (error) { return error.errCode }", json!(1821)),
            ("return ds.Book.all().query('ID in :1', [3, 4]).orderBy('ID desc').ID", json!([4, 3])),
            ("return ds.Book.all().orderBy([{ propertyPath: 'ID', descending: true }]).first().ID", json!(249)),
        ],
    )
    .await;
}

#[tokio::test]
async fn selections_are_combined() {
    check(
        &[],
        &[
            ("const a = ds.Book.query('ID in :1', [1, 2, 3]), b = ds.Book.query('ID in :1', [3, 4]); return [a.and(b).ID, a.or(b).ID, a.minus(b).ID, a.minus(ds.Book.get(1)).ID]", json!([[3], [1, 2, 3, 4], [1, 2], [2, 3]])),
            ("const a = ds.Book.query('ID in :1', [1, 2]); return [a.contains(ds.Book.get(1)), a.contains(ds.Book.get(3)), a.contains(ds.Book.new()), a.contains(ds.Author.get(1))]", json!([true, false, false, false])),
            ("ds.Book.all().and(ds.Author.all())", json!("an entity selection or entity of Book is needed")),
            ("ds.Book.all().and([1])", json!("an entity selection or entity of Book is needed")),
        ],
    )
    .await;
}

#[tokio::test]
async fn values_are_gathered() {
    check(
        &[],
        &[
            ("const s = ds.Book.query('ID in :1', [1, 2, 3]); return [s.sum('ID'), s.average('ID'), s.min('ID'), s.max('ID'), s.count('ID')]", json!([6.0, 2.0, 1, 3, 3])),
            ("return ds.Book.all().max('addedAt') instanceof Date", json!(true)),
            ("return ds.Book.all().distinct('author.fullName')", json!(["Ana", "Ben", "Cyd"])),
            ("return ds.Author.all().distinct('born')[0] instanceof Date", json!(true)),
            ("return ds.Book.query('ID in :1', [1, 2]).extract('author.fullName')", json!(["Ben", "Cyd"])),
            ("return ds.Author.all().extract('country.name')", json!(["Portugal", "France"])),
            ("return ds.Book.query('ID in :1', [1, 2]).extract('title', 't', 'author.fullName', 'by')", json!([{ "t": "Book 1", "by": "Ben" }, { "t": "Book 2", "by": "Cyd" }])),
            ("return ds.Book.query('ID in :1', [4]).toCollection('ID,author.fullName')", json!([{ "ID": 4, "author": { "fullName": "Ben" } }])),
            ("return ds.Book.all().toCollection(['ID'], { withKey: true, withStamp: true }, 10, 1)", json!([{ "ID": 10, "__KEY": 10, "__STAMP": 1 }])),
            ("return [ds.Book.all().author.length, ds.Book.all().author.books.length, ds.Book.all().author.country.name]", json!([3, 250, ["Portugal", "France"]])),
            ("return ds.Book.all().country.code", json!(["PT", "FR"])),
            // Not an attribute's values: what the selection itself has comes first.
            ("return [ds.Book.all().length, ds.Book.query('ID in :1', [5]).extract('length')]", json!([250, [5]])),
            ("return ds.Book.all().nothing === undefined", json!(true)),
            ("return ds.Author.all().portrait[0].length", json!(3)),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_could_not_be_dropped_is_kept() {
    let events = "export class BookEntity { static events = ['validateDrop']; validateDrop() { if (this.ID === 2) return { errCode: 9, message: 'no' } } }";
    let body = "const kept = ds.Book.query('ID in :1', [1, 2, 3]).drop(); return [kept.ID, ds.Book.getCount()]";
    check(&[("Book.js", events)], &[(body, json!([[2], 248]))]).await;
    check(&[], &[(body, json!([[], 247]))]).await;
}

#[tokio::test]
async fn relations_of_a_page_are_loaded_at_once() {
    let functions = "export class DataStore {
        up() { let n = 0; for (const book of ds.Book.all()) n += book.author.fullName.length; return n }
        twice() { let n = ''; for (const book of ds.Book.all().slice(0, 3)) n += book.author.country?.name; return n }
        down() { let n = 0; for (const author of ds.Author.all()) for (const book of author.books) n += 1; return n }
        lengths() { return Array.from(ds.Author.all(), author => author.books.length) }
        one() { return ds.Author.get(1).books.length }
        alias() { return Array.from(ds.Book.all().slice(0, 3), book => book.country?.code ?? null) }
        first() { return ds.Book.all().first().ID }
    }";
    let pool = library_pool(&[("DataStore.js", functions)]).await;
    let library = Library::new();
    for (function, wanted, asked) in [
        ("up", json!(750), "all:1 page:2 get:2"),
        ("twice", json!("PortugalFranceundefined"), "all:1 slice:1 page:1 get:2"),
        ("down", json!(250), "all:1 page:1 children:1"),
        ("lengths", json!([84, 83, 83]), "all:1 page:1 children:1"),
        ("one", json!(83), "get:1 related:1 count:1"),
        ("alias", json!(["PT", "FR", null]), "all:1 slice:1 page:1 get:2"),
        ("first", json!(0), "all:1 page:1"),
    ] {
        let result = outcome(&pool, &library_call("DataStore", function, json!([])), &library).await;
        assert_eq!(result["value"], wanted, "{function}: {result}");
        assert_eq!(library.asked(), asked, "{function}");
    }
}

#[tokio::test]
async fn too_many_children_are_loaded_one_by_one() {
    let library = Library::new();
    let books = library.state.lock().data.tables["Book"][0].clone();
    for id in 1000..2500 {
        let mut book = books.clone();
        book.1.insert("ID".to_owned(), json!(id));
        library.state.lock().data.tables.get_mut("Book").unwrap().push(book);
    }
    let functions = "export class DataStore { down() { let n = 0; for (const author of ds.Author.all()) for (const book of author.books) n += 1; return n } }";
    let pool = library_pool(&[("DataStore.js", functions)]).await;
    let result = outcome(&pool, &library_call("DataStore", "down", json!([])), &library).await;
    assert_eq!(result["value"], json!(1750), "{result}");
    assert_eq!(library.asked(), "all:1 page:8 children:1 related:3");
}
