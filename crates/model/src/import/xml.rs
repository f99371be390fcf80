//! An XML file as a tree of elements with their lines. Text between elements means nothing in the files that are imported.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::problem::Problem;

/// Deeper nesting occurs in no file that is one of these.
const MAX_DEPTH: usize = 64;

/// One element.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Without prefix.
    pub(super) name: String,
    /// In order of the file, names without prefix.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// Line of its start, from 1.
    pub(super) line: usize,
}

impl Element {
    /// The attribute, unless it is absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The attribute, or an empty text.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    /// The attribute is `true`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// Children of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child of a name.
    pub(super) fn first(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// The root element. Document types are skipped; entities other than XML's own are an error.
pub(super) fn parse(text: &str) -> Result<Element, Problem> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut open: Vec<Element> = Vec::new();
    loop {
        let line = lines.at(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        let broken = |error: String| Problem { line, ..Problem::error("", "not-xml", format!("the file is not well-formed XML: {error}")) };
        let closed = match reader.read_event().map_err(|error| broken(error.to_string()))? {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(broken(format!("elements are nested more than {MAX_DEPTH} deep")));
                }
                open.push(element(&start, line).map_err(broken)?);
                continue;
            }
            Event::Empty(start) => element(&start, line).map_err(broken)?,
            Event::End(_) => match open.pop() {
                Some(element) => element,
                None => continue,
            },
            Event::Eof => {
                let message = open.last().map_or("there is no element".to_owned(), |element| format!("<{}> is not closed", element.name));
                return Err(broken(message));
            }
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => return Ok(closed),
        }
    }
}

fn element(start: &BytesStart<'_>, line: usize) -> Result<Element, String> {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = quick_xml::escape::unescape(&attribute.value).map_err(|error| error.to_string())?.into_owned();
        Ok((attribute.key.local_name().as_ref().to_owned(), value))
    });
    let attributes = attributes.collect::<Result<_, String>>()?;
    Ok(Element { name: start.local_name().as_ref().to_owned(), attributes, children: Vec::new(), line })
}

/// Counts lines while the reader moves on.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, position: usize) -> usize {
        if let Some(passed) = self.text.get(self.at..position) {
            self.line += passed.matches('\n').count();
            self.at = position;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_names_attributes_and_lines() {
        let root = parse(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE a SYSTEM \"a.dtd\">\n<a x='1 &amp; 2'>\n <b/>\n\n <c:b d:y=\"é\"><!-- no --></c:b>\n</a>",
        )
        .unwrap();
        assert_eq!((root.name.as_str(), root.line, root.get("x")), ("a", 3, Some("1 & 2")));
        let found: Vec<(usize, String)> = root.all("b").map(|child| (child.line, child.text("y"))).collect();
        assert_eq!(found, [(4, String::new()), (6, "é".to_owned())]);
    }

    #[test]
    fn what_is_broken_says_where() {
        for (text, line) in [("<a>\n<b></a>", 2), ("<a>\n\n", 3), ("", 1), ("<a x=\"&nothing;\"/>", 1), ("<a\nx='1' x='2'/>", 1)] {
            let problem = parse(text).unwrap_err();
            assert_eq!((problem.code, problem.line), ("not-xml", line), "{text}: {problem}");
        }
        let deep = "<a>".repeat(200_000);
        assert!(parse(&deep).unwrap_err().message.contains("nested"));
    }
}
