//! One module as a function: its imports become arguments, its exports what it returns.
//!
//! A module is compiled once and called anew for each call from outside, so that its variables begin anew each time; what a module of the language
//! keeps for ever would be state between calls. One that keeps nothing is called once, and what it declares is frozen. Lines stay where they were.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::writes::Effects;

/// A class written at the top of a module, for messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClassPlace {
    /// The line of its name.
    pub(crate) line: u32,
    /// Lines of its members, by name.
    pub(crate) members: BTreeMap<String, u32>,
    /// Lines of texts in the lists of its statics (`exposed`, …), by static and text.
    pub(crate) texts: BTreeMap<(String, String), u32>,
}

/// An `import` or `export … from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// As written.
    pub(crate) from: String,
    /// Its line.
    pub(crate) line: u32,
}

/// What is said against a module, at a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// A module that was read.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) imports: Vec<Import>,
    pub(crate) classes: BTreeMap<String, ClassPlace>,
    pub(crate) complaints: Vec<Complaint>,
    /// `const … = import(…);` for the first line.
    pub(super) heads: String,
    /// Members of what is returned.
    pub(super) tail: String,
    /// What is written over what.
    pub(super) edits: Vec<(usize, usize, String)>,
    /// Lines of exported names.
    pub(crate) exports: BTreeMap<String, u32>,
    /// Names of what it declares, when it keeps nothing itself.
    pub(crate) stateless: Option<Vec<String>>,
    /// What it does to others.
    pub(super) effects: Effects,
    /// Names by which it knows what it imports.
    pub(super) imported: BTreeSet<String>,
}

/// The function's name for what a path exports. Nobody calls a variable like this by chance.
pub(crate) const IMPORT: &str = "__claviger_import";
/// The function that is told what a module declares.
const DECLARED: &str = "__claviger_declared";

impl Module {
    /// The module's text as an expression that is a function. `globals` are names that each call has for itself; `resolve` gives the path that an
    /// import means; `is_stateless`: neither it nor what it imports keeps anything.
    pub(crate) fn as_function(
        &self,
        text: &str,
        is_stateless: bool,
        globals: &[String],
        mut resolve: impl FnMut(&str) -> String,
    ) -> String {
        let mut out = String::with_capacity(text.len() + 256);
        let _ = write!(out, "(function({IMPORT},{DECLARED}");
        for name in globals {
            let _ = write!(out, ",{name}");
        }
        // In a block, where a module may declare what is also a global.
        out.push_str("){\"use strict\";{");
        let mut paths = |written: &str| {
            let mut filled = String::with_capacity(written.len());
            let mut rest = written;
            // Imports stand as `\u{1}path\u{1}` until paths are known: a character that no path has.
            while let Some((before, after)) = rest.split_once('\u{1}') {
                let (path, after) = after.split_once('\u{1}').unwrap_or((after, ""));
                filled.push_str(before);
                let _ = write!(filled, "{IMPORT}({})", quote(&resolve(path)));
                rest = after;
            }
            filled.push_str(rest);
            filled
        };
        out.push_str(&paths(&self.heads));
        // A first line `#!…` is a comment only at the very beginning.
        if text.starts_with("#!") {
            out.push_str("//");
        }
        let mut at = 0;
        for (start, end, new) in &self.edits {
            out.push_str(&text[at..*start]);
            out.push_str(new);
            at = *end;
        }
        out.push_str(&text[at..]);
        if is_stateless {
            let _ = write!(out, "\n;{DECLARED}({})", self.stateless.as_deref().unwrap_or_default().join(","));
        }
        let _ = write!(out, "\n;return{{__proto__:null,{}}};}}}})", paths(&self.tail));
        out
    }
}

/// A text of the language.
pub(crate) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn function(text: &str) -> String {
        read(text).as_function(text, false, &[], |path| path.to_owned())
    }

    #[test]
    fn imports_go_to_the_first_line_and_leave_their_lines_behind() {
        let text = "import a, { b as c } from './x.js';\nimport * as d\n from \"./y.js\"\nimport './z.js'\nc()";
        let new = function(text);
        assert!(new.starts_with(
            "(function(__claviger_import,__claviger_declared){\"use strict\";{const{\"default\":a,\"b\":c}=__claviger_import(\"./x.js\");const \
             d=Object.freeze({...__claviger_import(\"./y.js\")});__claviger_import(\"./z.js\");"
        ));
        assert_eq!(new.lines().position(|line| line.contains("c()")), text.lines().position(|line| line.contains("c()")));
    }

    #[test]
    fn exports_are_returned() {
        for (text, tail) in [
            ("export class A { x() {} }", "\"A\":A,"),
            ("export async function* f() {}", "\"f\":f,"),
            ("export const a = (1, 2), b = x => { y, z }\nnot, this", "\"a\":a,\"b\":b,"),
            ("const a = 1; export { a as b, a }", "\"b\":a,\"a\":a,"),
            ("export { a as default } from './x.js'", "\"default\":__claviger_import(\"./x.js\")[\"a\"],"),
            ("export default 1 + 1", "\"default\":__claviger_default,"),
            ("export default class A {}", "\"default\":A,"),
            ("export default function () {}\n(1)", "\"default\":__claviger_default,"),
            ("export * from './x.js'", "...(({default:_,...rest})=>rest)(__claviger_import(\"./x.js\")),"),
        ] {
            let new = function(text);
            assert!(new.ends_with(&format!("\n;return{{__proto__:null,{tail}}};}}}})")), "{new}");
            assert!(!new.contains("export "), "{new}");
        }
    }

    #[test]
    fn an_unnamed_declaration_ends_with_its_brace() {
        assert!(function("export default function () {}\n(1)").contains("const __claviger_default= function () {};\n(1)"));
    }

    #[test]
    fn places_of_classes_and_their_members() {
        let module = read(
            "\nexport class A extends B({}) {\n  static exposed = [\n    'one',\n    \"two\"];\n  one() { two() }\n  get two() {}\n}\n",
        );
        let class = &module.classes["A"];
        assert_eq!(class.line, 2);
        assert_eq!(class.members, BTreeMap::from([("exposed".to_owned(), 3), ("one".to_owned(), 6), ("two".to_owned(), 7)]));
        assert_eq!(class.texts[&("exposed".to_owned(), "two".to_owned())], 5);
    }

    #[test]
    fn what_a_function_cannot_stand_for_is_said() {
        for text in ["export let a = 1", "\nexport const { a } = b", "import x from './x' with { type: 'json' }", "export { a as 'b c' }"] {
            assert_eq!(read(text).complaints.len(), 1, "{text}");
        }
        assert_eq!(read("\nexport const { a } = b").complaints[0].line, 2);
    }
}
