//! Which attributes were asked for, as a tree of names: path list, `$attributes`, `$expand` (`rest-dialect.md` 7.1 to 7.3).

use super::denial::malformed;
use crate::error::Error;

/// Relations deeper than this are refused: each level can multiply the answer.
const DEEPEST: usize = 16;

/// What was written of the attributes to send.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Wanted<'t> {
    /// Attribute list of the path.
    pub(super) list: Option<&'t str>,
    /// `$attributes`
    pub(super) attributes: Option<&'t str>,
    /// `$expand`
    pub(super) expand: Option<&'t str>,
}

impl Wanted<'_> {
    /// Nothing was written: every attribute.
    pub(super) fn is_plain(&self) -> bool {
        self.list.is_none() && self.attributes.is_none() && self.expand.is_none()
    }

    /// As one text, for a cache; never empty.
    pub(super) fn text(&self) -> String {
        let part = |text: Option<&str>| text.map_or("-".to_owned(), |text| format!("+{text}"));
        format!("{}\n{}\n{}", part(self.list), part(self.attributes), part(self.expand))
    }
}

/// One name and what was asked below it.
#[derive(Debug, Default)]
pub(super) struct Choice<'t> {
    /// `*` below this name.
    all: bool,
    /// Stands in the path list or in `$attributes`.
    pub(super) listed: bool,
    /// Stands in `$expand`.
    expanded: bool,
    children: Vec<(&'t str, Choice<'t>)>,
}

impl<'t> Choice<'t> {
    /// The tree of a request. `flat`: `$expand` is ignored (R13).
    pub(super) fn of(wanted: Wanted<'t>, flat: bool) -> Result<Self, Error> {
        let mut root = Self::default();
        if let Some(list) = wanted.list
            && root.add_list(list)? == 0
        {
            return Err(malformed(1816, "The attribute list is empty."));
        }
        if let Some(attributes) = wanted.attributes {
            root.add_list(attributes)?;
        }
        if let Some(expand) = wanted.expand
            && !flat
        {
            for path in names(expand) {
                let mut node = &mut root;
                for step in steps(path)? {
                    node = node.child_mut(step);
                    node.expanded = true;
                }
            }
        }
        // Nothing listed: every attribute.
        root.all |= !root.children.iter().any(|(_, child)| child.listed);
        Ok(root)
    }

    fn add_list(&mut self, list: &'t str) -> Result<usize, Error> {
        let mut count = 0;
        for path in names(list) {
            count += 1;
            let mut node = &mut *self;
            for step in steps(path)? {
                if step == "*" {
                    node.all = true;
                    break;
                }
                node = node.child_mut(step);
                node.listed = true;
            }
        }
        Ok(count)
    }

    fn child_mut(&mut self, name: &'t str) -> &mut Self {
        let at = self.children.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            self.children.push((name, Self::default()));
            self.children.len() - 1
        });
        &mut self.children[at].1
    }

    /// What was asked below this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|(known, _)| *known == name).map(|(_, child)| child)
    }

    /// Names asked for, in the order written.
    pub(super) fn children(&self) -> impl Iterator<Item = (&'t str, &Self)> {
        self.children.iter().map(|(name, child)| (*name, child))
    }

    /// Every attribute is sent: `*`, or expanded without a list of its own.
    pub(super) fn is_all(&self) -> bool {
        self.all || (self.expanded && !self.children.iter().any(|(_, child)| child.listed))
    }

    /// The related entity itself is sent, not a deferred link.
    pub(super) fn is_expanded(&self) -> bool {
        self.all || self.expanded || !self.children.is_empty()
    }

    /// Something below it was named one by one.
    pub(super) fn first_child(&self) -> Option<&'t str> {
        self.children.first().map(|(name, _)| *name)
    }
}

/// The items of a comma list, trimmed, empty ones dropped.
pub(super) fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn steps(path: &str) -> Result<impl Iterator<Item = &str>, Error> {
    if path.split('.').count() > DEEPEST {
        return Err(malformed(1806, format!("An attribute path may have {DEEPEST} steps at most.")));
    }
    Ok(path.split('.').map(str::trim))
}
