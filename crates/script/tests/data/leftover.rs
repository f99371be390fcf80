//! Nothing that a call does to the data API is seen by the next.

use serde_json::json;

use crate::common::library::{Library, library_call, library_pool, outcome};

#[tokio::test]
async fn nothing_of_the_data_api_can_be_changed_for_the_next_call() {
    let attacks = [
        "ds.left = 1; ds.Book.left = 1; ds.Book.all = () => 1; Object.getPrototypeOf(ds.Book).left = 1;",
        "for (let at = ds; at !== null; at = Object.getPrototypeOf(at)) try { at.left = 1; at.all = 1; Object.defineProperty(at, 'Book', { value: 1 }) } catch {}",
        "for (let at = ds.Book; at !== null; at = Object.getPrototypeOf(at)) try { at.left = 1 } catch {}",
        "for (let at = ds.Book; at !== null; at = Object.getPrototypeOf(at)) try { at.all = () => 1; delete at.all } catch {}",
        "for (let at = ds.Book.get(1); at !== null; at = Object.getPrototypeOf(at)) try { at.left = 1 } catch {}",
        "for (let at = ds.Book.get(1); at !== null; at = Object.getPrototypeOf(at)) for (const name of ['save', 'title', 'getKey']) try { delete at[name]; Object.defineProperty(at, name, { value: () => 1 }) } catch {}",
        "for (let at = ds.Book.all(); at !== null; at = Object.getPrototypeOf(at)) try { Object.defineProperty(at, 'first', { value: () => 1 }) } catch {}",
        "for (let at = ds.Book.all(); at !== null; at = Object.getPrototypeOf(at)) try { Object.setPrototypeOf(at, { left: 1 }) } catch {}",
        "ds.Book.all.left = 1; ds.Book.get(1).save.left = 1; session.left = 1; session.hasPrivilege = 1; response.left = 1; fetch.left = 1;",
        "for (const name of ['hasPrivilege', 'promote']) { session[name].left = 1; }",
        "Object.getPrototypeOf(ds.Book.all()[Symbol.iterator]()).next = () => ({ done: true });",
        "Object.getPrototypeOf(await fetch('x')).text = () => 'left'; ",
        "(await fetch('x')).constructor.prototype.left = 1;",
        "(await fetch('x')).headers.constructor.prototype.get = () => 'left';",
        "response('x').constructor.prototype.left = 1;",
        "const { get, set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Object.getPrototypeOf(ds.Book.get(1))), 'title') ?? {}; get.left = 1; set.left = 1;",
        "session.key.left = 1; session.key.id = 9;",
        "BookEntity.prototype.label = 1; BookEntity.left = 1; Book.prototype.left = 1; Object.setPrototypeOf(BookEntity.prototype, { left: 1 });",
        "Object.prototype.left = 1;",
    ];
    let look = "const answer = await fetch('x');
        const found = [ds.left, ds.Book.left, typeof ds.Book.all, ds.Book.get(1).left, typeof ds.Book.get(1).save, ds.Book.get(1).title, ds.Book.get(1).label, ds.Book.get(1).getKey(),
            ds.Book.all().left, ds.Book.all().first().ID, [...ds.Book.all()].length, ds.Book.all.left, ds.Book.get(1).save.left, session.left, typeof session.hasPrivilege,
            session.hasPrivilege.left, response.left, fetch.left, await answer.text(), answer.left, answer.headers.get('x-method'), response('x').left, session.key.left,
            session.key.id, BookEntity.left, ds.Book.all().length, ds.Book.all()[3].ID,
            Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Object.getPrototypeOf(ds.Book.get(1))), 'title').get.left];
        return found;";
    let nothing = json!(null);
    let wanted = json!([
        nothing, nothing, "function", nothing, "function", "Book 1", "l", 1, nothing, 0, 250, nothing, nothing, nothing, "function",
        nothing, nothing, nothing, "{}", nothing, "GET", nothing, nothing, 5, nothing, 250, 3, nothing
    ]);
    let all: Vec<&str> = attacks.iter().copied().chain([look]).collect();
    let imports = "import { Book, BookEntity } from './Book.js';\n".to_owned();
    let class = imports + &crate::common::class(&all);
    let pool = library_pool(&[
        ("DataStore.js", &class),
        ("Book.js", "export class Book {} export class BookEntity { get label() { return 'l' } }"),
    ])
    .await;
    let library = Library::new();
    let worker = pool.idle_workers();
    let look = library_call("DataStore", &format!("attack{}", attacks.len()), json!([]));
    assert_eq!(outcome(&pool, &look, &library).await["value"], wanted);
    for (number, attack) in attacks.iter().enumerate() {
        outcome(&pool, &library_call("DataStore", &format!("attack{number}"), json!([])), &library).await;
        assert_eq!(outcome(&pool, &look, &library).await["value"], wanted, "after {attack}");
    }
    // The same engine all the time.
    assert_eq!(pool.idle_workers(), worker);
}

#[tokio::test]
async fn entities_of_one_call_are_no_use_to_forge_others() {
    let cases = [
        ("return Object.create(ds.Book.get(1)).title", json!("this is no entity")),
        ("return new Proxy(ds.Book.get(1), {}).title", json!("this is no entity")),
        ("return ds.Book.get(1).save.call({})", json!("this is no entity")),
        ("return Object.create(ds.Book.all())[0]", json!("this is no entity selection")),
        ("return ds.Book.all.call(ds)", json!("this is no dataclass")),
        ("return typeof Object.create(ds).Book.all", json!("function")),
        ("const made = new (ds.Book.get(1).constructor)(); return Object.keys(made)", json!([])),
        ("return typeof host + typeof tools + typeof call + typeof MODEL", json!("undefinedundefinedundefinedundefined")),
    ];
    crate::common::library::check(&[], &cases).await;
}

/// A module that keeps nothing runs once for all calls: what it declares is frozen. Names are reached by other ways than those that make a module
/// run for each call.
#[tokio::test]
async fn a_module_that_runs_once_keeps_nothing_of_a_call() {
    let file = "
        import * as names from './lib.js';
        import { tagged } from './lib.js';
        class Base { static again() {} base() {} [Symbol.iterator]() {} }
        function helper() {}
        const arrow = () => {};
        const list = Object.freeze([Object.freeze({ inner: Object.freeze([1]) })]);
        function* counting() { yield 1 }
        export class BookEntity extends Base { static exposed = ['of']; of() { return new.target } get label() { return 'label' } }
        export class AuthorEntity extends Base { static types = { seen: 'object' }; constructor() { super(); this.made = new.target } get seen() { return this.made } }
        export class DataStore {
          static exposed = ['set', 'get'];
          all() {
            const author = ds.Author.get(1), book = ds.Book.get(1), chain = [];
            for (let at of [author, book, this])
              for (; at !== null; at = Object.getPrototypeOf(at)) chain.push(at);
            const found = [
              helper, arrow, list, list[0], list[0].inner, counting, counting['prototype'], names, Base, BookEntity, AuthorEntity, DataStore,
              AuthorEntity.types, BookEntity.exposed, author.seen, author.seen['prototype'], tagged``, tagged``.raw, ds.Book, ds.Author.all, ds,
              session, this.all, Base.again, ...chain.slice(1),
            ];
            for (const holder of [Base, BookEntity, AuthorEntity, DataStore, Base['prototype'], AuthorEntity['prototype'], ...chain])
              for (const key of Reflect.ownKeys(holder)) {
                const { value, get, set } = Object.getOwnPropertyDescriptor(holder, key);
                found.push(...[value, get, set].filter((item) => typeof item === 'function' || (typeof item === 'object' && item !== null)));
              }
            return found.filter((item) => item !== this && item !== author && item !== book && !(item instanceof Date));
          }
          set() {
            let kept = 0;
            for (const at of this.all()) {
              try { at.left = 1; kept++ } catch {}
              try { Object.defineProperty(at, 'left', { value: 1 }); kept++ } catch {}
              try { Object.setPrototypeOf(at, { left: 1 }); kept++ } catch {}
              if (Array.isArray(at)) try { at.push('left'); kept++ } catch {}
            }
            return kept;
          }
          get() { return this.all().filter((at) => at.left === 1 || (Array.isArray(at) && at.includes('left'))).length }
        }";
    let library = "export const tagged = (strings) => strings;";
    // A private field on what cannot be frozen: such a module runs for each call.
    let stamping = "
        class Given { constructor(object) { return object } }
        export class Marks extends Given {
          #mark = 1;
          static singleton = 'session';
          static exposed = ['set', 'get'];
          static find(object) { return #mark in object }
          set() { new Marks(globalThis); return Marks.find(globalThis) }
          get() { return Marks.find(globalThis) }
        }";
    let pool = library_pool(&[("DataStore.js", file), ("lib.js", library), ("Marks.js", stamping)]).await;
    let library = Library::new();
    let worker = pool.idle_workers();
    for _ in 0..2 {
        for function in ["set", "get"] {
            let found = outcome(&pool, &library_call("DataStore", function, json!([])), &library).await;
            assert_eq!(found["value"], json!(0), "{function}: {found}");
        }
    }
    for (function, marked) in [("set", true), ("get", false), ("get", false)] {
        let found = outcome(&pool, &library_call("Marks", function, json!([])), &library).await;
        assert_eq!(found["value"], json!(marked), "{function}: {found}");
    }
    assert_eq!(pool.idle_workers(), worker);
}

/// A class that is the same in all calls may be extended by one that is not, and may be known by two names.
#[tokio::test]
async fn classes_of_both_kinds_inherit_from_each_other() {
    let pool = library_pool(&[
        ("Author.js", "export class AuthorEntity { name() { return this.getKey() + 'a' } }"),
        ("Book.js", "let u; import { AuthorEntity } from './Author.js'; export class BookEntity extends AuthorEntity { name() { return super.name() + 'b' } }"),
        (
            "DataStore.js",
            "export class DataStore { static exposed = ['names']; helper() { return 1 } lend() {} names() {
                return [ds.Book.get(1).name(), ds.Author.get(1).name(), ds.Book.get(2).name(), this.helper.name, 'prototype' in this.helper] } }",
        ),
    ])
    .await;
    for _ in 0..2 {
        let found = outcome(&pool, &library_call("DataStore", "names", json!([])), &Library::new()).await;
        assert_eq!(found["value"], json!(["1ab", "1a", "2ab", "helper", false]), "{found}");
    }
}
