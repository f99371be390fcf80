//! The text of functions: modules, what they import from one another, and where in them something stands.

mod module;
mod reader;
mod scan;
mod stateless;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(crate) use module::{Complaint, Import, Module, quote};
pub(crate) use reader::read;

/// A file of the folder `functions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Below the folder, with `/`: `Book.js`, `lib/dates.js`.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// What is wrong with functions, and where. `functions.md` 4.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[error("{path}:{line}: {message}")]
pub struct Finding {
    /// The file, below the folder.
    pub path: String,
    /// Counted from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

/// The path that `written` means in the file `base`, when it is relative and stays inside the folder.
pub(crate) fn resolve(base: &str, written: &str) -> Option<String> {
    if !(written.starts_with("./") || written.starts_with("../")) {
        return None;
    }
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in written.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The modules of `sources` by path, and what is wrong with how they import each other. Their syntax is fine.
pub(crate) fn read_all(sources: &[Source]) -> (BTreeMap<&str, Module>, Vec<Finding>) {
    let modules: BTreeMap<&str, Module> = sources.iter().map(|source| (source.path.as_str(), read(&source.text))).collect();
    let mut findings = Vec::new();
    for (&path, module) in &modules {
        let mut find = |line, message| findings.push(Finding { path: path.to_owned(), line, message });
        for Complaint { line, message } in &module.complaints {
            find(*line, message.clone());
        }
        for Import { from, line } in &module.imports {
            match resolve(path, from) {
                None => find(*line, format!("only files of the folder can be imported, by a path that begins with ./ or ../: \"{from}\"")),
                Some(target) if !modules.contains_key(target.as_str()) => find(*line, format!("there is no file {target}")),
                Some(_) => {}
            }
        }
    }
    findings.extend(circles(&modules));
    (modules, findings)
}

/// Paths of the modules that keep nothing, nor anything that they import; and of which no module changes anything.
pub(crate) fn stateless<'a>(modules: &BTreeMap<&'a str, Module>) -> BTreeSet<&'a str> {
    let changed: BTreeSet<String> = modules
        .iter()
        .filter(|(_, module)| module.effects.changes_imports)
        .flat_map(|(path, module)| module.imports.iter().filter_map(|import| resolve(path, &import.from)))
        .collect();
    // An own member of an object cannot be assigned where a frozen class has one of the name.
    let is_hidden = |name: &String| modules.values().any(|module| module.effects.assigned.contains(name));
    let has_hidden = |module: &Module| module.classes.values().any(|class| class.members.keys().any(is_hidden));
    let keeps_nothing = |path: &str, module: &Module| module.stateless.is_some() && !changed.contains(path) && !has_hidden(module);
    let mut found: BTreeSet<&str> = modules.iter().filter(|(path, module)| keeps_nothing(path, module)).map(|(path, _)| *path).collect();
    loop {
        let keeps = |import: &Import, path| resolve(path, &import.from).is_none_or(|target| !found.contains(target.as_str()));
        let fallen: Vec<&str> =
            found.iter().copied().filter(|&path| modules[path].imports.iter().any(|import| keeps(import, path))).collect();
        if fallen.is_empty() {
            return found;
        }
        for path in fallen {
            found.remove(path);
        }
    }
}

/// Imports that lead back to where they began; one finding for each file that closes a circle.
fn circles(modules: &BTreeMap<&str, Module>) -> Vec<Finding> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        Open,
        Done,
    }
    let mut marks: BTreeMap<&str, Mark> = BTreeMap::new();
    let mut findings = Vec::new();
    for &start in modules.keys() {
        // Files on the way, each with the number of its next import; no recursion, for chains may be long.
        let mut way: Vec<(&str, usize)> = Vec::new();
        if !marks.contains_key(start) {
            marks.insert(start, Mark::Open);
            way.push((start, 0));
        }
        while let Some((path, next)) = way.last_mut() {
            let path = *path;
            let Some(import) = modules[path].imports.get(*next) else {
                marks.insert(path, Mark::Done);
                way.pop();
                continue;
            };
            *next += 1;
            let Some((&target, _)) = resolve(path, &import.from).and_then(|target| modules.get_key_value(target.as_str())) else {
                continue;
            };
            match marks.get(target) {
                None => {
                    marks.insert(target, Mark::Open);
                    way.push((target, 0));
                }
                Some(Mark::Open) => {
                    let from = way.iter().position(|(path, _)| *path == target).unwrap_or(0);
                    let names: Vec<_> = way[from..].iter().map(|(path, _)| *path).chain([target]).collect();
                    let message = format!("imports go in a circle: {}", names.join(" → "));
                    findings.push(Finding { path: path.to_owned(), line: import.line, message });
                }
                Some(Mark::Done) => {}
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_relative_and_stay_inside() {
        assert_eq!(resolve("Book.js", "./lib/dates.js").as_deref(), Some("lib/dates.js"));
        assert_eq!(resolve("lib/a.js", "../Book.js").as_deref(), Some("Book.js"));
        for outside in ["std", "/etc/passwd", "../x.js", "./../../x.js", "node:fs", "file:///x.js"] {
            assert_eq!(resolve("Book.js", outside), None, "{outside}");
        }
    }

    #[test]
    fn a_module_keeps_what_those_that_it_imports_keep() {
        let texts = [
            ("a.js", "import './b.js'"),
            ("b.js", "export * from './c.js'"),
            ("c.js", "let kept = 1"),
            ("d.js", "import './e.js'"),
            ("e.js", ""),
        ];
        let modules = texts.iter().map(|(path, text)| (*path, read(text))).collect();
        assert_eq!(stateless(&modules), BTreeSet::from(["d.js", "e.js"]));
    }

    #[test]
    fn a_module_that_others_change_is_one_of_each_call() {
        let of = |texts: &[(&'static str, &str)]| {
            let modules = texts.iter().map(|(path, text)| (*path, read(text))).collect();
            stateless(&modules).into_iter().collect::<Vec<_>>()
        };
        let lib = ("lib.js", "export function f() {}");
        assert_eq!(of(&[("a.js", "let u; import { f } from './lib.js'; f.cache = 1"), lib]), [""; 0]);
        assert_eq!(of(&[("a.js", "let u; import { f } from './lib.js'; f()"), lib]), ["lib.js"]);
        let class = ("lib.js", "class A { g() {} 'h'() {} static k() {} } export const make = () => new A()");
        for member in ["g", "h", "k"] {
            assert_eq!(of(&[("a.js", &format!("let u; export const f = (o) => {{ o.{member} = 1 }}")), class]), [""; 0], "{member}");
        }
        assert_eq!(of(&[("a.js", "let u; export const f = (o) => { o.other = 1 }"), class]), ["lib.js"]);
    }

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<_> = files.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() }).collect();
        read_all(&sources).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn missing_files_and_circles_are_found_where_they_are_imported() {
        assert_eq!(findings(&[("a.js", "\nimport './b.js'")]), ["a.js:2: there is no file b.js"]);
        assert_eq!(
            findings(&[("a.js", "import './b.js'"), ("b.js", "\n\nexport * from './a.js'")]),
            ["b.js:3: imports go in a circle: a.js → b.js → a.js"]
        );
        assert_eq!(findings(&[("a.js", "import './b.js';import './c.js'"), ("b.js", "import './c.js'"), ("c.js", "")]), [""; 0]);
    }
}
