//! Other applications' datastores: the whole data API on what another one answers.

use serde_json::json;

use crate::common::library::{Library, check, library_call, library_pool, outcome};

const OPEN: &str = "const shop = openDatastore({ hostname: 'https://shop.test', 'api-key': 'cv_x' }, 'shop');";

#[tokio::test]
async fn another_datastore_has_the_same_functions() {
    let with_shop = |body: &str| format!("{OPEN} {body}");
    let cases = [
        (
            "return [shop.Book.get(1).title, shop.Book.get(999), shop.Book.all().length, shop.Book.getCount()]",
            json!(["Book 1", null, 250, 250]),
        ),
        (
            "return [shop.Book.query('ID = :1', 7).first().title, shop.Book.all()[3].ID, shop.Book.all().slice(0, 2).extract('ID')]",
            json!(["Book 7", 3, [0, 1]]),
        ),
        ("const book = shop.Book.get(1); book.title = 'new'; return [book.save().success, shop.Book.get(1).title]", json!([true, "new"])),
        (
            "const book = shop.Book.new(); book.title = 'made'; book.save(); return [book.isNew(), shop.Book.get(book.getKey()).title]",
            json!([false, "made"]),
        ),
        ("return [shop.Book.get(1).drop().success, shop.Book.get(1)]", json!([true, null])),
        ("return shop.Book.get(1).author.books.length > 0", json!(true)),
        ("return Object.keys(shop.Book.get(1).toObject())", json!(["ID", "title", "price", "author"])),
        ("return Object.keys(Object.getPrototypeOf(shop))", json!(["Book", "Author"])),
        // What it does not offer.
        (
            "return [typeof shop.Nothing, typeof shop.Book.get(1).length, typeof shop.Country]",
            json!(["undefined", "undefined", "undefined"]),
        ),
        // The application's own is another one.
        ("return [typeof ds.Book.create, typeof ds.stats, typeof ds.getInfo]", json!(["undefined", "undefined", "undefined"])),
        ("ds.Book.get(1).author = shop.Author.get(1)", json!("Book.author takes an entity of Author, a key or null")),
        ("return ds.Book.all().or(shop.Book.all())", json!("an entity selection or entity of Book is needed")),
        ("return shop.Book.get(1)", json!({ "ID": 1, "title": "Book 1", "price": 0.1 })),
    ]
    .map(|(body, wanted)| (with_shop(body), wanted));
    check(&[], &cases.iter().map(|(body, wanted)| (body.as_str(), wanted.clone())).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn functions_of_another_datastore_are_members() {
    let with_shop = |body: &str| format!("{OPEN} {body}");
    let cases = [
        ("return shop.stats(1, [2], undefined)", json!([{}, "stats", [1, [2], null], {}])),
        (
            "return shop.Book.create({ title: 'a', at: new Date(0), bytes: new Uint8Array([1]) })",
            json!([{ "dataclass": "Book" }, "create", [{ "title": "a", "at": "1970-01-01T00:00:00.000Z", "bytes": "AQ==" }], {}]),
        ),
        ("return shop.Book.cheapest().extract('ID')", json!([2, 1])),
        ("return shop.Book.all().raise(3)[1]", json!("raise")),
        ("const again = shop.Book.get(5).again(); again.title = 'twice'; return [again.getKey(), again.save().success]", json!([5, true])),
        (
            "return shop.stats(shop.Book.get(2), ds.Book.get(1))[3]",
            json!({ "0": { "entity": "Book", "key": 2, "stamp": 1, "values": {} } }),
        ),
        ("return shop.stats(shop.Book.query('ID = :1', 7))[3][0].selection", json!("Book")),
        ("return shop.Book.new().again()", json!("again can be called when the entity is saved")),
        // Attributes and what the API has come first.
        ("return [shop.Book.get(1).title, shop.Book.all().length]", json!(["Book 1", 250])),
    ]
    .map(|(body, wanted)| (with_shop(body), wanted));
    check(&[], &cases.iter().map(|(body, wanted)| (body.as_str(), wanted.clone())).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_datastore_is_known_by_its_alias() {
    check(
        &[],
        &[
            (
                "return ds('shop').getInfo()",
                json!({ "type": "4D Server", "networked": true, "localID": "shop",
                "connection": { "hostname": "shop.test:443", "tls": true, "idleTimeout": 60, "user": "" } }),
            ),
            ("return [ds('nobody'), ds() === ds, ds().Book.get(1).title]", json!([null, true, "Book 1"])),
            (
                "return [ds('shop') === ds('shop'), openDatastore({ hostname: 'https://shop.test' }, 'shop') === ds('shop')]",
                json!([true, true]),
            ),
            (
                "try { openDatastore({ hostname: 'https://nobody.test' }, 'x') } catch (error) { return [error.errCode, error.message] }",
                json!([1610, "A remote request to host nobody.test has failed"]),
            ),
            ("openDatastore('https://shop.test', 'shop')", json!("openDatastore takes an object with hostname and api-key, and a text")),
            (
                "openDatastore({ hostname: 'https://shop.test' })",
                json!("openDatastore takes an object with hostname and api-key, and a text"),
            ),
        ],
    )
    .await;
}

/// The server counts what is open for each call: a number of one call is another datastore in the next.
#[tokio::test]
async fn what_a_singleton_keeps_of_it_is_no_use_in_another_call() {
    let files = [(
        "Keeper.js",
        "export class Keeper { static singleton = 'shared'; keep() { this.shop = ds('shop'); this.book = this.shop.Book.get(1); return this.book.title }
         use() { try { return this.shop.Book.get(1).title } catch (error) { return [error.message, this.book.title] } } }",
    )];
    let pool = library_pool(&files).await;
    let library = Library::new();
    let kept = outcome(&pool, &library_call("Keeper", "keep", json!([])), &library).await;
    assert_eq!(kept["value"], "Book 1");
    let used = outcome(&pool, &library_call("Keeper", "use", json!([])), &library).await;
    assert_eq!(used["value"], json!(["the datastore was opened by a call that has ended", "Book 1"]));
}
