//! Which modules keep nothing.

use super::super::scan::scan;

fn stateless(text: &str) -> Option<Vec<String>> {
    super::stateless(text, &scan(text))
}

#[test]
fn functions_classes_and_constants_keep_nothing() {
    for (text, names) in [
        ("", vec![]),
        ("'use strict'; import { a, b as c } from './x.js'\nimport './y.js'; export * from './z.js'; export { a as d }", vec![]),
        (
            "export class A { x() { return new Map() } static y(a = {}) {} get z() {} static async *w() {} [Symbol.iterator]() {} }",
            vec!["A"],
        ),
        (
            "export class A { static exposed = ['x', \"y\"]; static types = { a: 'string' }\n static query = { a(op) { return x(op) }, b: (v) => `x${v}` } }",
            vec!["A"],
        ),
        ("export class A { items = []; #count = new Map();\n when = Date.now()\n next = () => { this.#count++ } }", vec!["A"]),
        ("class A extends B { x = 1; y() {} static most = 10 }\nexport default class {}", vec!["A", "__claviger_default"]),
        ("export default function () {}", vec!["__claviger_default"]),
        ("const a = 1, b = -2 * (3 + 4), c = 'x' + `y`, d = a;\r\nconst e = null\r\nfunction f() {}", vec!["a", "b", "c", "d", "e", "f"]),
        ("const f = function () { let x }, g = async (a, b = {}) => a ? a : b, h = x => x\n  .y(z)\nconst i = 1", vec!["f", "g", "h", "i"]),
        ("export const list = Object.freeze([1, 'a', Object.freeze({ b: Object.freeze([2]), c() {} , d, e: x => x })])", vec!["list"]),
        (
            "function f({ a } = {}) { const g = {}, [h] = []; g.x = 1; this.y = 2; g[0] ||= 1; if (list.x === 1 || list.y <= 2 || f) return `${f()}` }\n const list = 1",
            vec!["f", "list"],
        ),
        ("function f(a) { return a.replace(/x\\/y/g, '') / 2 + (a) / 3 }", vec!["f"]),
    ] {
        assert_eq!(stateless(text), Some(names.into_iter().map(str::to_owned).collect()), "{text}");
    }
}

#[test]
fn what_may_keep_something_is_found() {
    for text in [
        "let a",
        "var a = 1",
        "const a = new Map()",
        "const a = []",
        "const a = {}",
        "const a = f()",
        "const a = f``",
        "const a = `${f()}`",
        "const a = /x/g",
        "const a = b.c",
        "const a = b[0]",
        "const a = class { static b = [] }",
        "const a = typeof f",
        "const { a } = b",
        "const a = Object.freeze(new Map())",
        "const a = Object.freeze([f()])",
        "const a = Object.freeze({ [f()]: 1 })",
        "const a = Object.freeze({ ...b })",
        "const a = Object.freeze({ b() { this.c } })",
        "const a = Object.freeze([[1]])",
        "const a = Object.create({})",
        "const a = '' + Object.freeze({})",
        "const a = +b",
        "const a = 1 + b",
        "const a = 0 ? x => x : new Map()",
        "const f = (() => new Map())()",
        "const f = function () { return {} }()",
        "const f = () => {}\n(cache.x)()",
        "const f = x => x\nlet cache = 1",
        "const f = x => x; cache()",
        "const f = x => x\ncache()",
        "const f = x => x, cache = new Map()",
        "function f() {} f()",
        "function f() {}\n[1].map(f)",
        "export default f()",
        "export default new Map()",
        "export default []",
        "export let a = 1",
        "if (a) {}",
        "class A { static { } }",
        "class A { static a = new Map() }",
        "class A { static a = f() }",
        "class A { static a = [] }",
        "class A { static events = [new Map()] }",
        "class A { static #a = 1 }",
        "class A { a = 1\n static b = new Map() }",
        "class A { a = b.static\n static c = new Map() }",
        "class A { #a() {} }",
        "class A { get #a() {} }",
        "class A { static async #a() {} }",
        "class A { [f()]() {} }",
        "class A { a() {}\n [f()] = 1 }",
        "class A { static [f()]() {} }",
        "class A extends B { #a = 1 }",
        "class A extends f() { }",
        "class A extends b.c { }",
        "class A extends class { static b = [] } { }",
        "class A { static a }",
        "class A { static valueOf() { this.cache = 1 } }",
        "class A { static f = () => this.cache }",
        "class A { static f() { super.x = 1 } }",
        "class A { static f() { return `${this.x = 1}` } }",
        "class Object { static freeze() {} } const a = Object.freeze([1])",
        "import { Object } from './x.js'; const a = Object.freeze([1])",
        "class Symbol {}",
        "class NaN { static valueOf() { return 1 } } const a = 1 + NaN",
        "function \u{2118}() {}",
        "class A {}\nconst f = x => x++\n[A].forEach(a => { a.x = 1 })",
        "const f = x => y => {}\n(() => {})()",
        "class A { static f = x => x++\n[g(A)]() {} }",
        "class A { static a = x => y => {}\n*'static'() {} static c = new Map() }",
        "const async = 1; const f = async\nfunction g() {}",
        "const f = x => typeof\nfunction g() {}",
    ] {
        assert_eq!(stateless(text), None, "{text}");
    }
}

#[test]
fn a_text_that_ends_too_early_keeps_something() {
    for text in ["class", "class A {", "const", "const a", "const a =", "function f(", "export", "import", "const a = Object.freeze(["] {
        assert_eq!(stateless(text), None, "{text}");
    }
}
