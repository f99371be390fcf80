//! What an engine wants to know of a plan before it runs it, and what it answers where there is nothing.

use claviger_model::{ClassId, Model};
use claviger_query::{Base, Error, ErrorKind, Outcome, Output, Plan, Projection, Restrictions};

/// Keys or values that are handed to the database on the caller's thread at most: more take a while before the first row is read.
const FEW: usize = 5_000;

/// The cost of a plan does not grow with the data: one row by key. By another unique value it may, where no index finds it.
pub(crate) fn is_light(plan: &Plan) -> bool {
    match (plan.outcome(), plan.base()) {
        (Outcome::Entity(projection), Base::Key { .. }) => {
            plan.filter().is_none() && !plan.restrictions().hides_entities() && is_single_row(projection)
        }
        _ => false,
    }
}

/// Certain not to be done in no time: many keys or values are handed to the database. A slice of a set, as it stands, is none of them.
pub(crate) fn is_heavy(plan: &Plan) -> bool {
    let restrictions = plan.restrictions();
    let is_slice = matches!(plan.base(), Base::Set(_))
        && matches!(plan.outcome(), Outcome::Page(..))
        && plan.filter().is_none()
        && plan.order().is_empty();
    (!is_slice && has_many_keys(plan.base()))
        || has_many_values(restrictions)
        || restrictions.selections().any(|seen| has_many_keys(seen.base()) || has_many_values(seen.restrictions()))
}

fn has_many_keys(base: &Base) -> bool {
    match base {
        Base::Set(keys) | Base::RelatedToAny { keys, .. } => keys.len() > FEW,
        Base::All | Base::Key { .. } | Base::Unique { .. } | Base::Related { .. } => false,
    }
}

fn has_many_values(restrictions: &Restrictions) -> bool {
    restrictions.values().any(|values| values.keys.len() > FEW)
}

/// True when one row of one statement holds all that is sent.
fn is_single_row(projection: &Projection) -> bool {
    projection.fields().iter().all(|field| match field.output() {
        Output::List(_) | Output::ExpandedMany(..) => false,
        Output::ExpandedOne(_, projection) | Output::Computed(_, projection) => is_single_row(projection),
        Output::Scalar | Output::Path(_) | Output::Media | Output::DeferredOne(_) | Output::DeferredMany => true,
    })
}

/// 1542, for an absent entity (`rest-dialect.md` 6.2, 6.3).
pub(crate) fn absent(model: &Model, class: ClassId, base: &Base) -> Error {
    let name = &model.dataclass(class).name;
    let message = match base {
        Base::Key { text, .. } | Base::Related { text, .. } => return Error::absent(name, text),
        Base::Unique { name: attribute, text, .. } => {
            format!("No entity of dataclass \"{name}\" has the value \"{text}\" in attribute \"{attribute}\"")
        }
        Base::All | Base::Set(_) | Base::RelatedToAny { .. } => format!("Dataclass \"{name}\" has no entity"),
    };
    Error::new(ErrorKind::NotFound, 1542, message)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use claviger_access::Grants;
    use claviger_model::{ComputedAttribute, Getter, StorageType, Value, ValueType};
    use claviger_query::{Answers, Ask, ComputedValues, KeyList, NoBytes, Options, Planner, Request, Select, SelectFrom, Selection, Verb};

    use super::*;

    const MODEL: &str = r#"{ "dataClasses": [
        { "name": "Author", "attributes": [
            { "name": "ID", "type": "long", "autosequence": true, "primKey": true },
            { "name": "books", "kind": "relatedEntities", "type": "BookSelection", "reversePath": true, "path": "author" } ] },
        { "name": "Book", "attributes": [
            { "name": "ID", "type": "long", "autosequence": true, "primKey": true },
            { "name": "price", "type": "long" },
            { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "integrity": "none" } ] } ] }"#;

    /// Books, whose attribute `c` code computes, and which not everybody sees.
    struct Library {
        planner: Planner,
        grants: Grants,
        author: ClassId,
        book: ClassId,
    }

    impl Library {
        fn new() -> Self {
            let mut model = Model::from_json(MODEL, "test").unwrap().0;
            let [author, book] = ["Author", "Book"].map(|name| model.find(name).unwrap().id);
            let getter = Getter::default();
            model.compute(book, ComputedAttribute { name: "c".to_owned(), ty: StorageType::Long, exposed: true, writable: false, getter });
            model.restrict(book);
            let grants = Grants::administration(&model);
            Self { planner: Planner::new(Arc::new(model), Options::default()), grants, author, book }
        }

        fn select(&self, from: SelectFrom<'_>, filter: Option<&str>, answers: &Answers) -> Selection {
            self.planner.select(&self.grants, &Select { filter, ..Select::of(from) }, answers).unwrap().ready().unwrap()
        }

        fn page(&self, from: SelectFrom<'_>, filter: Option<&str>) -> Plan {
            let answers = Answers::unrestricted();
            let selection = self.select(from, filter, &answers);
            self.planner.page(&self.grants, &selection, None, None, 0, 10, &answers).unwrap().ready().unwrap()
        }

        fn get(&self, url: &str, answers: &Answers) -> Plan {
            let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
            let ask = Ask::parse(Verb::Get, path, query).unwrap();
            match self.planner.plan_with(&self.grants, &ask, None, &NoBytes, answers).unwrap().ready().unwrap() {
                Request::Read(plan) => plan,
                other => panic!("{url}: {other:?}"),
            }
        }

        /// Values of `c` of so many books.
        fn values(&self, keys: &KeyList) -> ComputedValues {
            let class = self.planner.model().dataclass(self.book);
            let attribute = class.at(class.find("c").unwrap().id);
            ComputedValues { attribute, ty: ValueType::Int, keys: keys.clone(), values: vec![Value::Int(1); keys.len()] }
        }

        fn seeing(&self, seen: Option<Selection>) -> Answers {
            let mut answers = Answers::default();
            answers.set_rows(self.book, seen.map(Arc::new));
            answers
        }
    }

    #[test]
    fn plans_with_many_keys_or_values_are_heavy() {
        let library = Library::new();
        let all = Answers::unrestricted();
        for (count, is_many) in [(FEW, false), (FEW + 1, true)] {
            let keys = Arc::new(KeyList::whole((1..=count as i64).collect()));
            let books = || SelectFrom::Keys(library.book, Arc::clone(&keys));
            let of_authors = || SelectFrom::RelatedToAny(library.author, Arc::clone(&keys), "books");
            assert!(!is_heavy(&library.page(books(), None)), "a slice");
            assert_eq!(is_heavy(&library.page(books(), Some("price > 1"))), is_many);
            assert_eq!(is_heavy(&library.page(of_authors(), None)), is_many);

            let mut computing = library.seeing(None);
            computing.set_values(library.values(&keys));
            assert!(!is_heavy(&library.get("Book?$filter=\"price > 1\"", &computing)), "no values are asked for");
            assert_eq!(is_heavy(&library.get("Book?$filter=\"c > 1\"", &computing)), is_many);

            let mut computing = Answers::unrestricted();
            computing.set_values(library.values(&keys));
            for seen in [
                library.select(books(), None, &all),
                library.select(of_authors(), None, &all),
                library.select(SelectFrom::All(library.book), Some("c > 1"), &computing),
            ] {
                assert_eq!(is_heavy(&library.get("Book", &library.seeing(Some(seen.clone())))), is_many, "{:?}", seen.base());
            }
        }
        assert!(!is_heavy(&library.get("Book?$filter=\"price > 1\"", &library.seeing(None))));
    }
}
