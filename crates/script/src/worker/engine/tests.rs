//! The engine without a process around it.

use super::*;
use crate::Action;
use crate::protocol::Prelude;

#[derive(Default)]
struct Recorder {
    lines: Vec<Line>,
}

impl Port for Recorder {
    fn host(&mut self, operation: &str, arguments: &str) -> Result<String, Refusal> {
        match operation {
            "echo" => Ok(arguments.to_owned()),
            _ => Err(Refusal::Error(Thrown { message: format!("no {operation}"), code: Some(1500), ..Thrown::default() })),
        }
    }
    fn console(&mut self, line: Line) {
        self.lines.push(line);
    }
}

fn sources(files: &[(&str, &str)]) -> Vec<Source> {
    files.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
}

fn load(files: &[(&str, &str)], prelude: Prelude) -> Result<(Engine, Registry, Rc<RefCell<Recorder>>), Vec<String>> {
    let load = Load { sources: sources(files), dataclasses: vec!["Book".to_owned()], prelude, memory: 32 << 20 };
    let port = Rc::new(RefCell::new(Recorder::default()));
    match crate::worker::syntax::check(&load).and_then(|()| Engine::load(&load, port.clone())) {
        Ok((engine, registry)) => Ok((engine, registry, port)),
        Err(findings) => Err(findings.iter().map(ToString::to_string).collect()),
    }
}

fn request(action: Action, class: &str, function: &str, this: &str, arguments: &str) -> Call {
    Call {
        action,
        class: class.to_owned(),
        function: function.to_owned(),
        this: raw(this.to_owned()),
        each: false,
        arguments: raw(arguments.to_owned()),
        caller: raw("{\"name\":\"Ines\"}".to_owned()),
        timeout_ms: 1000,
        output: 1 << 20,
    }
}

fn call(engine: &Engine, action: Action, class: &str, function: &str, this: &str, arguments: &str) -> Ending {
    engine.call(&request(action, class, function, this, arguments))
}

/// The result's JSON, or the message of the error.
fn eval(engine: &Engine, function: &str, arguments: &str) -> String {
    match call(engine, Action::Function, "DataStore", function, "null", arguments).outcome {
        Ok(value) => value.get().to_owned(),
        Err(failure) => failure.to_string(),
    }
}

fn expression(text: &str) -> String {
    let file = format!("export class DataStore {{ async f(...args) {{ return {text}; }} }}");
    let (engine, ..) = load(&[("a.js", &file)], Prelude::default()).unwrap_or_else(|findings| panic!("{findings:?}"));
    eval(&engine, "f", "[1]")
}

#[test]
fn values_leave_as_json() {
    for (text, json) in [
        ("undefined", "null"),
        ("null", "null"),
        ("args", "[1]"),
        ("'\\ud800'", "\"\\ud800\""),
        ("{ a: new Date(0), b: undefined, c: NaN }", "{\"a\":\"1970-01-01T00:00:00.000Z\",\"c\":null}"),
        ("await new Promise(done => setTimeout(done, 1, 'late'))", "\"late\""),
        ("new Promise(() => {})", "the function waits for something that never happens"),
        ("1n", "Do not know how to serialize a BigInt"),
    ] {
        let got = expression(text);
        assert!(got == json || json.starts_with("Do not") && got.to_lowercase().contains("bigint"), "{text}: {got}");
    }
}

#[test]
fn globals_of_the_web() {
    for (text, json) in [
        ("[...new TextEncoder().encode('aü')]", "[97,195,188]"),
        ("new TextDecoder().decode(new Uint8Array([239, 187, 191, 97, 255]))", "\"a\u{fffd}\""),
        ("new URL('../b?x=1#y', 'https://u:p@Example.com:443/a/c').href", "\"https://u:p@example.com/b?x=1#y\""),
        (
            "(u => (u.searchParams.append('q', 'a b&'), u.port = '8080', u.hash = 'z', u))(new URL('http://h/p?x=1'))",
            "\"http://h:8080/p?x=1&q=a+b%26#z\"",
        ),
        ("[...new URLSearchParams('a=1&b=%C3%BC+&a=2')]", "[[\"a\",\"1\"],[\"b\",\"ü \"],[\"a\",\"2\"]]"),
        ("URL.canParse('nothing')", "false"),
        ("/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())", "true"),
        ("crypto.getRandomValues(new Uint8Array(64)).some(byte => byte !== 0)", "true"),
        (
            "(a => { a.a = a; const b = structuredClone(a); return [b !== a, b.a === b, b.m.get('k')] })({ m: new Map([['k', 7]]) })",
            "[true,true,7]",
        ),
        (
            "(() => { try { structuredClone(() => 1) } catch (error) { return String(error) } })()",
            "\"DataCloneError: functions and symbols cannot be cloned\"",
        ),
        (
            "typeof eval + typeof WeakRef + typeof Atomics + typeof require + typeof process",
            "\"undefinedundefinedundefinedundefinedundefined\"",
        ),
        // What frozen prototypes would refuse, and ordinary code does.
        ("(() => { class E extends Error { constructor(m) { super(m); this.name = 'E' } } return String(new E('m')) })()", "\"E: m\""),
        ("(() => { const o = {}; o.toString = () => 'mine'; return `${o}` })()", "\"mine\""),
    ] {
        assert_eq!(expression(text), json, "{text}");
    }
}

#[test]
fn nothing_stays_from_call_to_call() {
    let text = "
        let count = 0; const seen = new Map(); const pattern = /a/g;
        import { next } from './lib/counter.js';
        export class DataStore {
            static n = 0; static #p = 0;
            count() { globalThis.leak = (globalThis.leak ?? 0) + 1; seen.set(seen.size, 1); pattern.test('aa');
                      return [++count, ++DataStore.n, ++DataStore.#p, next(), globalThis.leak, seen.size, pattern.lastIndex] }
            pollute() { for (const change of [
                () => { Object.prototype.x = 1 }, () => { Array.prototype.push = 1 }, () => { JSON.parse = 1 }, () => { console.log = 1 }, () => { Promise.prototype.then = 1 },
                () => { Object.getPrototypeOf(function* () {}).x = 1 }, () => { Error.prepareStackTrace = () => 1 }, () => { RegExp.prototype.exec = 1 },
                () => { Map.prototype.get = 1 }, () => { URL.prototype.x = 1 }, () => { DataStore = 1 }, () => { Object.defineProperty(globalThis, 'JSON', { value: 1 }) },
                () => { Object.prototype.toString = 1 }, () => { Object.getPrototypeOf([][Symbol.iterator]()).next = 1 }, () => { Object.prototype.__proto__ = {} }]) {
                try { change() } catch { continue } return String(change) } return 'kept' }
        }";
    let counter = "let n = 0; export const next = () => ++n;";
    let (engine, ..) = load(&[("a.js", text), ("lib/counter.js", counter)], Prelude::default()).unwrap();
    for _ in 0..3 {
        assert_eq!(eval(&engine, "count", "[]"), "[1,1,1,1,1,1,1]");
        assert_eq!(eval(&engine, "pollute", "[]"), "\"kept\"");
    }
}

#[test]
fn code_does_not_come_out_of_text() {
    for text in [
        "new Function('return 1')()",
        "(() => 1).constructor('return 1')()",
        "(async () => 1).constructor('return 1')()",
        "(function* () {}).constructor('yield 1')()",
        "(async function* () {}).constructor('yield 1')()",
        "Reflect.construct((class {}).constructor, ['return 1'])",
    ] {
        assert_eq!(expression(text), "code cannot be made out of text", "{text}");
    }
    assert!(expression("await import('std')").to_lowercase().contains("load"), "{}", expression("await import('std')"));
}

#[test]
fn limits_are_named() {
    for (text, limit) in [
        ("(() => { for (;;); })()", "time"),
        ("(() => { for (;;) try { for (;;); } catch {} })()", "time"),
        ("(function f() { queueMicrotask(f) })()", "time"),
        ("(f => f(f))(f => f(f))", "stack"),
        ("(a => { for (;;) a.push('x'.repeat(1e6) + a.length) })([])", "memory"),
        ("(() => { throw null })()", "memory"),
        ("'x'.repeat(2e6)", "output"),
        ("await new Promise(done => setTimeout(done, 1e6))", "time"),
    ] {
        assert_eq!(expression(text), format!("the function reached the limit of {limit}"), "{text}");
    }
}

#[test]
fn actions_and_instances() {
    let text = "export class BookEntity {
        static types = { label: 'string' };
        static query = { label(event) { return 'title = ' + event.value } };
        get label() { return `<${this.title}>` }
        set label(value) { this.title = value }
        shout() { return who() + this.title }
        ask(...values) { return host('echo', ...values) }
    }";
    let prelude = Prelude {
        text: "((host) => { let caller; return { begin(from) { caller = from }, globals: () => ({ who: () => caller.name, host }) } })"
            .to_owned(),
        globals: vec!["who".to_owned(), "host".to_owned()],
    };
    let (engine, ..) = load(&[("a.js", text)], prelude).unwrap();
    let act = |action, name: &str, arguments: &str| {
        call(&engine, action, "BookEntity", name, "{\"title\":\"T\",\"__proto__\":{\"x\":1}}", arguments)
            .outcome
            .map(|value| value.get().to_owned())
            .unwrap_or_else(|failure| failure.to_string())
    };
    assert_eq!(act(Action::Get, "label", "[]"), "\"<T>\"");
    assert!(act(Action::Set, "label", "[\"N\"]").starts_with("{\"title\":\"N\""));
    assert_eq!(act(Action::Query, "label", "[{\"value\":1}]"), "\"title = 1\"");
    assert_eq!(act(Action::Function, "shout", "[]"), "\"InesT\"");
    assert_eq!(act(Action::Function, "ask", "[1,\"a\"]"), "[1,\"a\"]");
    assert_eq!(act(Action::Function, "hasOwnProperty", "[]"), "there is no function hasOwnProperty");
}

#[test]
fn a_module_may_declare_what_is_also_a_global() {
    let text = "const ds = 1, JSON = 2; function console() { return 3 } export class DataStore { f() { return [ds, JSON, console()] } }";
    let prelude = Prelude { text: "(() => ({ globals: () => ({ ds: 0 }) }))".to_owned(), globals: vec!["ds".to_owned()] };
    let (engine, ..) = load(&[("a.js", text)], prelude).unwrap();
    assert_eq!(eval(&engine, "f", "[]"), "[1,2,3]");
}

#[test]
fn one_call_serves_a_page_of_instances() {
    let text = "export class BookEntity { get label() { return this.n * 2 } async slow() { return this.n } }";
    let (engine, ..) = load(&[("a.js", text)], Prelude::default()).unwrap();
    for (action, function, wanted) in [(Action::Get, "label", "[2,4]"), (Action::Function, "slow", "[1,2]")] {
        let ending = engine.call(&Call { each: true, ..request(action, "BookEntity", function, "[{\"n\":1},{\"n\":2}]", "[]") });
        assert_eq!(ending.outcome.unwrap().get(), wanted);
    }
}

#[test]
fn errors_have_code_and_place() {
    let text =
        "export class DataStore {\n  f() {\n    const error = new TypeError('bad');\n    error.errCode = 4711;\n    throw error;\n  }\n}";
    let (engine, ..) = load(&[("lib/a.js", text)], Prelude::default()).unwrap();
    let Err(Failure::Thrown(thrown)) = call(&engine, Action::Function, "DataStore", "f", "null", "[]").outcome else { panic!() };
    assert_eq!((thrown.name.as_str(), thrown.message.as_str(), thrown.code), ("TypeError", "bad", Some(4711)));
    assert!(thrown.stack.contains("lib/a.js:3:"), "{}", thrown.stack);
}

#[test]
fn findings_have_file_and_line() {
    let found = |text: &str| load(&[("a.js", text)], Prelude::default()).err().unwrap_or_default();
    for (text, line, word) in [
        ("\nexport class Book { f( }", 2, ""),
        ("\nexport class Book {\n static exposed = [\n'f'] }", 4, "exposes f"),
        ("\n\nexport class Boot {}", 3, "Boot is no dataclass"),
        ("export class Book { static singleton = 'shared' }", 1, "cannot be a singleton"),
        ("export class Mailer { static singleton = 'other' }", 1, "singleton is"),
        ("export class Book {\nstatic exposed = 'f'; f() {} }", 2, "wrong form"),
        ("export class Book {\nf() {}\nstatic onHttpGet = ['f'] }", 3, "onHttpGet"),
        ("export class Book {\nstatic events = ['saving']; saving() {} }", 2, "event"),
        ("export class BookEntity {\nstatic exposed = ['a']; get a() {} }", 2, "type"),
        ("\n\nnull.x;", 3, "TypeError"),
        ("\nimport fs from 'fs';", 2, "only files of the folder"),
    ] {
        let found = found(text);
        assert!(found.len() == 1 && found[0].starts_with(&format!("a.js:{line}: ")) && found[0].contains(word), "{text}: {found:?}");
    }
    // One path ends as another does, or with what another is.
    for path in ["lib/a.js", "b a.js", "(a.js"] {
        for (text, line) in [("\n\nnull.x;", 3), ("\nexport class Book { f( }", 2)] {
            let found = load(&[("a.js", ""), ("c/lib/a.js", ""), (path, text), ("z.js", "")], Prelude::default()).err().unwrap();
            assert!(found.len() == 1 && found[0].starts_with(&format!("{path}:{line}: ")), "{path}: {found:?}");
        }
    }
    let thrower = "export const fail = () => {\n  null.x;\n};";
    let found = load(&[("a.js", "import { fail } from './lib/a.js';\nfail();"), ("lib/a.js", thrower)], Prelude::default()).err().unwrap();
    assert!(found.len() == 1 && found[0].starts_with("lib/a.js:2: "), "{found:?}");
    let twice = load(&[("a.js", "export class Book {}"), ("b.js", "\nexport class Book {}")], Prelude::default()).err().unwrap();
    assert_eq!(twice, ["b.js:2: Book is exported by a.js:1 too"]);
}

#[test]
fn console_lines_are_for_the_log() {
    let text = "export class DataStore { f() { console.log('a', { b: 1 }); console.error(new Error('no')); } }";
    let (engine, _, port) = load(&[("a.js", text)], Prelude::default()).unwrap();
    eval(&engine, "f", "[]");
    let lines = &port.borrow().lines;
    assert_eq!(lines[0], Line { level: "log".to_owned(), text: "a {\"b\":1}".to_owned() });
    assert!(lines[1].level == "error" && lines[1].text.starts_with("Error: no"));
}

/// A module that runs once does what it does when it runs for each call, and what one call puts somewhere the next does not get.
#[test]
fn running_once_makes_no_difference() {
    let class = |members: &str| format!("export class DataStore {{ {members} }}");
    let put_get = |before: &str, put: &str, get: &str| {
        format!("{before}\n{}", class(&format!("put(v) {{ {put} }} get() {{ return {get} ?? null }}")))
    };
    let modules = [
        put_get("function remember() { return null }", "remember = () => v", "remember()"),
        put_get("class C {}", "C = class { static x = v }", "C.x"),
        put_get("function remember() { return null }", "[remember] = [() => v]", "remember()"),
        put_get("function remember() { return null }", "for (remember of [() => v]);", "remember()"),
        put_get("function remember() { return null }", "return `${remember = () => v}`", "remember()"),
        put_get("function remember() { return null }", "\\u0072emember = () => v", "remember()"),
        put_get("const cache = 0 ? x => x : new Map();", "cache.set(1, v)", "cache.get(1)"),
        put_get("class A { static valueOf() { this.cache = new Map(); return 1 } } const one = +A;", "A.cache.set(1, v)", "A.cache.get(1)"),
        put_get(
            "class Object { static freeze(x) { return new Map() } } const cache = Object.freeze([1]);",
            "cache.set(1, v)",
            "cache.get(1)",
        ),
        put_get("// x\u{2028}let cache = new Map();", "cache.set(1, v)", "cache.get(1)"),
        put_get("const f = x => x\rlet cache = new Map()\r", "cache.set(1, v)", "cache.get(1)"),
        put_get("const put = (v) => { arguments[0] = v }, get = () => arguments[0];", "put(v)", "typeof get() === 'function'"),
        put_get("function half(of){ return of / 2 } let cache = new Map(); { 1/1 }", "cache.set(1, v)", "cache.get(1)"),
        put_get("class P { static items = [] }", "P.items.push(v); return P.items", "P.items.length"),
        put_get("class P { static total = 0; add(v) { this.constructor.total += v; return P.total } }", "return new P().add(v)", "P.total"),
        put_get("class P { static seen = {}; static of(v) { return this.seen[v] ??= v } }", "return P.of(v)", "P.seen.length"),
        put_get("class A { x() {} }", "const a = new A(); a.x = v; return a.x", "new A().x"),
        put_get("const id = '' + Object.freeze({ toString() { return crypto.randomUUID() } })", "return id.length", "id.length"),
        put_get("const table = Object.freeze([1, { a: 2 }])", "try { table.push(v) } catch (error) { return error.name }", "table"),
        put_get("class A { items = []; add(v) { this.items.push(v); return this.items } }", "return new A().add(v)", "new A().items"),
        put_get("function f(a = []) { a.push(1); return a }", "return [f(), f(), v]", "f()"),
        put_get("function remember() { return null }", "(remember) = () => v", "remember()"),
        put_get("function remember() { return null }", "for ((remember) of [() => v]);", "remember()"),
        put_get("function remember() { return null }", "let x\n/'/; remember = () => v; /'/", "remember()"),
        put_get("function remember() { return null }", "return `${o.let}${[remember] = [() => v]}`", "remember()"),
        put_get("class C { static valueOf() { return 5 } }\nconst bump = v => v * C++", "bump(v)", "typeof C"),
        put_get("class C { static valueOf() { return 5 } }", "1..e+C++", "typeof C"),
        put_get("const bump = () => 0x1_e+arguments.length++, get = () => 0x1_e+arguments.length", "bump()", "typeof get"),
        put_get("class A {}\nconst f = x => x++\n[A].forEach((a) => { a.cache = new Map() })", "A.cache.set(1, v)", "A.cache.get(1)"),
        put_get("class A {}\nconst f = x => y => {}\n[A].forEach((a) => { a.cache = new Map() })", "A.cache.set(1, v)", "A.cache.get(1)"),
        put_get("const async = 1; const f = async\nfunction remember() { return null }", "remember = () => v", "remember()"),
        put_get(
            "class NaN { static valueOf() { [NaN].forEach(a => { a.cache = new Map() }); return 1 } } const one = 1 + NaN",
            "NaN.cache.set(1, v)",
            "NaN.cache.get(1)",
        ),
        put_get("function \u{2118}() { return null }", "\u{2118} = () => v", "\u{2118}()"),
        put_get("const table = Object.freeze([{ n: 0 }])", "const row = table[0]; row.n += v; return row.n", "table[0].n"),
        put_get(
            "class A { 'g'() {} static k() {} } class L extends A {}",
            "const a = new A(); a.g = v; L.k = v; return [a.g, L.k]",
            "typeof L.k",
        ),
        put_get("class A { g() {} } class B extends A { constructor() { super(); [this.g] = [1] } }", "return new B().g", "new B().g"),
    ];
    for text in modules {
        let run = |text: &str| {
            let (engine, ..) = load(&[("a.js", text)], Prelude::default()).unwrap_or_else(|findings| panic!("{text}: {findings:?}"));
            [("get", "[]"), ("put", "[7]"), ("get", "[]"), ("put", "[8]"), ("get", "[]")].map(|(name, values)| eval(&engine, name, values))
        };
        let (once, anew) = (run(&text), run(&format!("let unused; {text}")));
        assert_eq!(once, anew, "{text}");
        assert_eq!((&once[0], &once[2]), (&once[2], &once[4]), "{text}");
    }
}

#[test]
fn a_module_that_runs_once_cannot_be_made_to_load_others_later() {
    let text = "export class DataStore { f() { return __claviger_import('lib.js').n() } }";
    let (engine, ..) =
        load(&[("a.js", text), ("lib.js", "let n = 0; export const next = () => ++n; export { next as n }")], Prelude::default()).unwrap();
    assert_eq!([eval(&engine, "f", "[]"), eval(&engine, "f", "[]")], ["1", "1"]);
}
