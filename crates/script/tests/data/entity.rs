//! Entities.

use serde_json::json;

use crate::common::library::{Library, check, library_call, library_pool, outcome};

#[tokio::test]
async fn values_are_what_their_types_say() {
    check(
        &[],
        &[
            ("const { born, profile, portrait } = ds.Author.get(1); return [born instanceof Date, born.toISOString(), profile.tags, portrait instanceof Uint8Array, [...portrait]]", json!([true, "1970-03-01T00:00:00.000Z", ["a"], true, [1, 2, 3]])),
            ("return ds.Book.get(1).addedAt", json!("2024-03-01T10:00:00.000Z")),
            ("const book = ds.Book.get(1); book.addedAt.setFullYear(1); return [book.addedAt.getFullYear(), book.touched()]", json!([2024, false])),
            // Not readable for the caller: the row does not name it.
            ("return typeof ds.Book.get(1).secret", json!("undefined")),
            ("return ds.Book.get(1).authorName", json!("Ben")),
            ("return [ds.Author.get(2).country, ds.Book.new().author, ds.Book.new().title, ds.Author.new().books.length]", json!([null, null, null, 0])),
            ("return [ds.Book.get(0).country.name, ds.Book.get(2).country]", json!(["Portugal", null])),
            ("return Object.keys(ds.Book.get(1).toJSON())", json!(["ID", "title", "price", "length", "addedAt", "fixed", "authorID"])),
            ("return { book: ds.Country.get('PT'), all: ds.Country.all(), bytes: new Uint8Array([1, 2]), at: new Date(0) }", json!({ "book": { "code": "PT", "name": "Portugal" }, "all": [{ "code": "PT", "name": "Portugal" }, { "code": "FR", "name": "France" }], "bytes": "AQI=", "at": "1970-01-01T00:00:00.000Z" })),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_assigned_is_touched_and_saved() {
    check(
        &[],
        &[
            ("const book = ds.Book.get(1); book.title = 'x'; return [book.touched(), book.touchedAttributes(), book.save(), book.touched(), book.getStamp(), ds.Book.get(1).title]", json!([true, ["title"], { "success": true }, false, 2, "x"])),
            ("return ds.Book.get(1).save()", json!({ "success": true })),
            ("const book = ds.Book.new(); const before = [book.isNew(), book.getKey(), book.getStamp()]; book.title = 'n'; book.save(); return [before, book.isNew(), book.getKey(), book.getStamp(), book.getKey(true)]", json!([[true, null, 0], false, 1250, 1, "1250"])),
            ("const book = ds.Book.new(); book.ID = 3000; book.author = ds.Author.new(); return book.getKey()", json!(3000)),
            ("const country = ds.Country.new(); country.code = 'DE'; country.name = 'G'; country.save(); return [country.getKey(), ds.Country.get('DE').name]", json!(["DE", "G"])),
            ("const one = ds.Book.get(1), two = ds.Book.get(1); one.title = 'a'; two.title = 'b'; one.save(); return two.save()", json!({ "success": false, "status": 2, "statusText": "Stamp has changed" })),
            ("const book = ds.Book.get(1); book.title = 'forbidden'; return book.save()", json!({ "success": false, "status": 4, "statusText": "Other error", "errors": [{ "message": "no such title", "errCode": 1523 }] })),
            ("const author = ds.Author.get(1); author.profile.tags.push('b'); const touched = author.touchedAttributes(); author.save(); return [touched, ds.Author.get(1).profile]", json!([["profile"], { "tags": ["a", "b"] }])),
            ("const author = ds.Author.get(1); author.born = new Date(Date.UTC(1999, 11, 31, 23)); author.portrait = new Uint8Array([9]); author.save(); const now = ds.Author.get(1); return [now.born, [...now.portrait]]", json!(["1999-12-31T00:00:00.000Z", [9]])),
            ("const book = ds.Book.get(1); book.addedAt = new Date(NaN); book.price = Infinity; book.save(); const now = ds.Book.get(1); return [now.addedAt, now.price]", json!([null, null])),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_save_that_merges_keeps_what_others_have_changed() {
    let failed = json!({ "success": false, "status": 6, "statusText": "Auto merge failed" });
    check(
        &[],
        &[
            ("const one = ds.Book.get(1), two = ds.Book.get(1); one.title = 'a'; one.save(); two.price = 9; return [two.save('merge'), two.title, two.price, two.getStamp(), two.touched()]", json!([{ "success": true, "autoMerged": true }, "a", 9, 3, false])),
            ("const one = ds.Book.get(1), two = ds.Book.get(1).clone(); one.title = 'a'; one.save(); two.addedAt = new Date(0); two.author = ds.Author.get(2); return [two.save({ merge: true }).autoMerged, two.title, two.author.fullName, ds.Book.get(1).addedAt]", json!([true, "a", "Cyd", "1970-01-01T00:00:00.000Z"])),
            ("const book = ds.Book.get(1); book.title = 'a'; return [book.save('merge'), ds.Book.get(1).title]", json!([{ "success": true }, "a"])),
            ("const book = ds.Book.new(); book.title = 'n'; return [book.save('merge'), book.getStamp()]", json!([{ "success": true }, 1])),
            // The same attribute, under one of its names or another.
            ("const one = ds.Book.get(1), two = ds.Book.get(1); one.title = 'a'; one.save(); two.title = 'b'; two.price = 9; return [two.save('merge'), two.title, two.touched(), ds.Book.get(1).title, ds.Book.get(1).price]", json!([failed, "b", true, "a", 0.1])),
            ("const one = ds.Book.get(1), two = ds.Book.get(1); one.author = 2; one.save(); two.authorID = 0; return [two.save('merge'), ds.Book.get(1).author.fullName]", json!([failed, "Cyd"])),
            ("const one = ds.Author.get(1), two = ds.Author.get(1); one.profile.tags.push('b'); one.save(); two.fullName = 'x'; return two.save('merge').status", json!(2)),
            ("const one = ds.Author.get(1), two = ds.Author.get(1); one.fullName = 'x'; one.save(); two.profile.tags.push('b'); return two.save('merge').status", json!(2)),
        ],
    )
    .await;
}

#[tokio::test]
async fn values_as_they_were_read_are_sent_for_a_merge_alone() {
    // Objects and bytes too, which others may have changed (ST-5).
    let author = "export class DataStore { f() { const author = ds.Author.get(1); author.profile.tags.push('b'); author.fullName = 'x'; return author.save('merge') } }";
    let (pool, library) = (library_pool(&[("DataStore.js", author)]).await, Library::new());
    outcome(&pool, &library_call("DataStore", "f", json!([])), &library).await;
    let base = library.state.lock().arguments.last().unwrap()[1]["base"].clone();
    assert_eq!(base, json!({ "fullName": "Ben", "profile": { "tags": ["a"] }, "portrait": { "bytes": 4 } }));
    let text = "export class DataStore { f(mode) { const book = ds.Book.get(1); book.title = 'a'; book.author = 2; book.secret = 's'; return book.save(mode) } }";
    let pool = library_pool(&[("DataStore.js", text)]).await;
    for (mode, base) in [("merge", json!({ "title": "Book 1", "author": 1 })), ("", serde_json::Value::Null)] {
        let library = Library::new();
        outcome(&pool, &library_call("DataStore", "f", json!([mode])), &library).await;
        let state = library.state.lock();
        assert_eq!(state.asked.last().map(String::as_str), Some("save"));
        assert_eq!(state.arguments.last().unwrap()[1]["base"], base, "{mode}");
    }
}

#[tokio::test]
async fn what_is_declared_and_not_implemented_is_not_there() {
    check(
        &[],
        &[
            ("const author = ds.Author.get(1); return ['label' in author, 'label' in ds.Author.all(), Object.keys(author.toObject()).includes('label'), 'authorLabel' in ds.Book.get(1)]", json!([false, false, false, false])),
            ("ds.Author.get(1).label = 'x'", json!("object is not extensible")),
        ],
    )
    .await;
    let label = "export class AuthorEntity { get label() { return `<${this.fullName}>` } set label(value) { this.fullName = value } }";
    check(
        &[("Author.js", label)],
        &[
            (
                "const author = ds.Author.get(1); return [author.label, author.toObject('label'), 'label' in ds.Author.all()]",
                json!(["<Ben>", { "label": "<Ben>" }, false]),
            ),
            (
                "const author = ds.Author.get(1); author.fromObject({ label: 'x' }); return [author.fullName, author.touchedAttributes()]",
                json!(["x", ["fullName"]]),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_cannot_be_assigned_says_its_name() {
    check(
        &[],
        &[
            ("ds.Book.get(1).fixed = 'x'", json!("Book.fixed cannot be changed")),
            ("ds.Book.get(1).authorName = 'x'", json!("Book.authorName cannot be changed")),
            ("ds.Author.get(1).books = []", json!("Author.books cannot be changed")),
            ("ds.Book.get(1).author = ds.Book.get(2)", json!("Book.author takes an entity of Author, a key or null")),
            ("ds.Book.get(1).author = { ID: 1 }", json!("Book.author takes an entity of Author, a key or null")),
            ("ds.Book.get(1).title = ds.Book.get(2)", json!("Book.title cannot be an entity")),
            ("ds.Book.get(1).title = () => 1", json!("Book.title cannot be a function")),
            ("ds.Book.get(1).titel = 'x'", json!("object is not extensible")),
            ("ds.Author.get(1).__proto__ = {}", json!("object is not extensible")),
        ],
    )
    .await;
}

#[tokio::test]
async fn relations_take_entities_keys_and_null() {
    check(
        &[],
        &[
            ("const book = ds.Book.get(1); book.author = ds.Author.get(2); return [book.author.fullName, book.authorID, book.save().success, ds.Book.get(1).author.fullName]", json!(["Cyd", 2, true, "Cyd"])),
            ("const book = ds.Book.get(1); book.author = 0; return [book.author.fullName, book.save().success, ds.Book.get(1).authorID]", json!(["Ana", true, 0])),
            ("const book = ds.Book.get(1); book.author = null; book.save(); return [book.author, ds.Book.get(1).author]", json!([null, null])),
            ("const book = ds.Book.get(1); book.authorID = 2; return [book.author.fullName, book.touchedAttributes()]", json!(["Cyd", ["authorID"]])),
            ("const book = ds.Book.get(1); book.author = 2; book.authorID = 0; return [book.author.fullName, book.touchedAttributes()]", json!(["Ana", ["authorID"]])),
            ("const author = ds.Author.new(), book = ds.Book.get(1); author.fullName = 'N'; book.author = author; const early = book.save(); author.save(); return [early.errors[0].message, book.save().success, ds.Book.get(1).author.fullName]", json!(["author has not been saved yet: save it first", true, "N"])),
            // What was saved in between is seen, though all authors of the page were loaded at once.
            ("const names = []; for (const book of ds.Book.all().slice(0, 6)) { book.author.fullName += '!'; names.push(book.author.save().success); } return [names.every(Boolean), ds.Author.all().fullName]", json!([true, ["Ana!!", "Ben!!", "Cyd!!"]])),
            ("const all = ds.Author.all(); const before = all[0].books.length; ds.Book.get(0).drop(); return [before, all[1].books.length, all[0].books.length]", json!([84, 83, 83])),
        ],
    )
    .await;
}

#[tokio::test]
async fn entities_are_dropped_locked_and_read_anew() {
    check(
        &[],
        &[
            ("const book = ds.Book.get(1); return [book.drop(), book.title, book.drop(), book.save(), book.reload(), ds.Book.get(1)]", json!([{ "success": true }, "Book 1", { "success": false, "status": 5, "statusText": "Entity does not exist anymore" }, { "success": true }, { "success": false, "status": 5, "statusText": "Entity does not exist anymore" }, null])),
            ("const one = ds.Book.get(1), two = ds.Book.get(1); one.title = 'a'; one.save(); return [two.drop().status, two.drop('force').success]", json!([2, true])),
            ("const one = ds.Book.get(1), two = ds.Book.get(1); one.title = 'a'; one.save(); two.title = 'lost'; return [two.reload(), two.title, two.touched(), two.getStamp()]", json!([{ "success": true }, "a", false, 2])),
            ("const book = ds.Book.get(1); return [book.lock('reload'), book.unlock(), book.unlock().success]", json!([{ "success": true, "wasReloaded": true }, { "success": true }, false])),
            ("return [ds.Book.new().drop().status, ds.Book.new().lock().status, ds.Book.new().reload().status]", json!([5, 5, 5])),
        ],
    )
    .await;
}

#[tokio::test]
async fn entities_become_objects_and_objects_entities() {
    check(
        &[],
        &[
            ("return ds.Author.get(1).toObject()", json!({ "ID": 1, "fullName": "Ben", "born": "1970-03-01T00:00:00.000Z", "profile": { "tags": ["a"] }, "portrait": "AQID", "country": { "__KEY": "FR" } })),
            ("return ds.Book.get(1).toObject('ID, author.fullName, author.country.*', { withKey: true, withStamp: true })", json!({ "ID": 1, "author": { "fullName": "Ben", "country": { "code": "FR", "name": "France" } }, "__KEY": 1, "__STAMP": 1 })),
            ("return ds.Author.get(1).toObject(['books.ID']).books.length", json!(83)),
            ("const book = ds.Book.new(); book.fromObject({ __KEY: 77, title: 5, price: '1.5', addedAt: '2020-01-01', fixed: 'x', nothing: 1, author: { __KEY: 2 }, length: 'no' }); return [book.toObject('ID,title,price,addedAt,fixed,length'), book.author.fullName, book.touchedAttributes()]", json!([{ "ID": 77, "title": "5", "price": 1.5, "addedAt": "2020-01-01T00:00:00.000Z", "fixed": null, "length": null }, "Cyd", ["title", "price", "addedAt", "author", "ID"]])),
            ("const book = ds.Book.get(1); book.fromObject({ author: { __KEY: 999 } }); return [book.author.fullName, book.touched()]", json!(["Ben", false])),
            ("const book = ds.Book.get(1); book.title = 'x'; const copy = book.clone(); copy.title = 'y'; copy.author = 2; return [book.title, copy.title, book.diff(copy), book.diff(copy, 'title').length]", json!(["x", "y", [{ "attributeName": "title", "value": "x", "otherValue": "y" }, { "attributeName": "authorID", "value": 1, "otherValue": 2 }, { "attributeName": "author", "value": { "ID": 1, "fullName": "Ben", "born": "1970-03-01", "profile": { "tags": ["a"] }, "portrait": { "bytes": 4 } }, "otherValue": { "ID": 2, "fullName": "Cyd", "born": "1970-03-01", "profile": { "tags": ["a"] }, "portrait": { "bytes": 4 } } }], 1])),
            ("ds.Book.new().clone()", json!("a new entity cannot be cloned before it is saved")),
            ("ds.Book.get(1).diff(ds.Author.get(1))", json!("diff takes an entity of Book")),
        ],
    )
    .await;
}
