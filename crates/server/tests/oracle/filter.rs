//! Filters that are both text (for the product) and a function (for the oracle). The evaluator is brute force on purpose: it tries
//! every choice of related entities, and knows nothing of SQL.

use proptest::prelude::*;

use crate::world::{Class, Entity, Field, Scalar, World, fold};

/// How one attribute is reached from the entity that is filtered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// Relations walked, with a class index on the to-many ones.
    pub steps: Vec<(&'static str, u32)>,
    pub field: Field,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Equal,
    Exactly,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Begin,
}

#[derive(Clone, Debug)]
pub enum Filter {
    Condition(Path, Op, Scalar),
    In(Path, Vec<Scalar>),
    IsNull(Path, bool),
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
}

/// Three-valued logic; the order is the one that `and` (min) and `or` (max) need.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Truth {
    False,
    Unknown,
    True,
}

impl Truth {
    fn of(claim: bool) -> Self {
        if claim { Self::True } else { Self::False }
    }
    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl Path {
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, index) in &self.steps {
            text.push_str(name);
            if *index > 1 {
                text.push_str(&format!("{{{index}}}"));
            }
            text.push('.');
        }
        text + self.field.name
    }

    /// The to-many reference that it goes through, if any: conditions with one reference speak of one entity.
    fn reference(&self) -> Option<Vec<(&'static str, u32)>> {
        let last = self.steps.iter().rposition(|(name, _)| *name == "books")?;
        Some(self.steps[..=last].to_vec())
    }
}

impl Filter {
    pub fn text(&self) -> String {
        match self {
            Self::Condition(path, op, value) => {
                let op = match op {
                    Op::Equal => "=",
                    Op::Exactly => "===",
                    Op::Different => "!=",
                    Op::Less => "<",
                    Op::LessOrEqual => "<=",
                    Op::Greater => ">",
                    Op::GreaterOrEqual => ">=",
                    Op::Begin => "begin",
                };
                format!("{} {op} {}", path.text(), value.literal())
            }
            Self::In(path, values) => {
                format!("{} in ({})", path.text(), values.iter().map(Scalar::literal).collect::<Vec<_>>().join(", "))
            }
            Self::IsNull(path, true) => format!("{} = null", path.text()),
            Self::IsNull(path, false) => format!("{} != null", path.text()),
            Self::And(parts) => join(parts, " and "),
            Self::Or(parts) => join(parts, " or "),
            Self::Not(part) => format!("not ({})", part.text()),
        }
    }

    /// Every path named anywhere.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Condition(path, ..) | Self::In(path, _) | Self::IsNull(path, _) => vec![path],
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::paths).collect(),
            Self::Not(part) => part.paths(),
        }
    }

    /// True when the entity is selected: some choice of related entities makes the whole true.
    pub fn value(&self, world: &World, entity: &Entity) -> Truth {
        let mut references = Vec::new();
        self.open_references(&mut references);
        let mut best = Truth::False;
        choose(world, entity, &references, &mut Vec::new(), &mut |chosen| best = best.max(self.under(world, entity, chosen)));
        best
    }

    /// References outside of any `not`.
    fn open_references(&self, found: &mut Vec<Vec<(&'static str, u32)>>) {
        match self {
            Self::Condition(path, ..) | Self::In(path, _) | Self::IsNull(path, _) => {
                if let Some(reference) = path.reference()
                    && !found.contains(&reference)
                {
                    found.push(reference);
                }
            }
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.open_references(found)),
            Self::Not(_) => {}
        }
    }

    fn under(&self, world: &World, entity: &Entity, chosen: &[(Vec<(&'static str, u32)>, Option<&Entity>)]) -> Truth {
        match self {
            Self::And(parts) => parts.iter().map(|part| part.under(world, entity, chosen)).min().unwrap_or(Truth::True),
            Self::Or(parts) => parts.iter().map(|part| part.under(world, entity, chosen)).max().unwrap_or(Truth::False),
            Self::Not(part) => part.value(world, entity).not(),
            Self::Condition(path, ..) | Self::In(path, _) | Self::IsNull(path, _) => {
                let Some(reference) = path.reference() else {
                    let end = walk_to_one(world, entity, &path.steps);
                    return self.test(end.and_then(|end| end.get(path.field.name)));
                };
                let from = chosen.iter().find(|(name, _)| *name == reference).and_then(|(_, entity)| *entity);
                // "At least one related entity satisfies it": never unknown.
                let Some(from) = from else { return Truth::False };
                let end = walk_to_one(world, from, &path.steps[reference.len()..]);
                Truth::of(self.test(end.and_then(|end| end.get(path.field.name))) == Truth::True)
            }
        }
    }

    fn test(&self, stored: Option<&Scalar>) -> Truth {
        match (self, stored) {
            (Self::IsNull(_, wanted), stored) => Truth::of(stored.is_none() == *wanted),
            (_, None) => Truth::Unknown,
            (Self::In(_, values), Some(stored)) => Truth::of(values.iter().any(|value| equal(stored, value, true))),
            (Self::Condition(_, op, value), Some(stored)) => Truth::of(match op {
                Op::Equal => equal(stored, value, true),
                Op::Exactly => equal(stored, value, false),
                Op::Different => !equal(stored, value, true),
                Op::Less => stored.order(value).is_lt(),
                Op::LessOrEqual => stored.order(value).is_le(),
                Op::Greater => stored.order(value).is_gt(),
                Op::GreaterOrEqual => stored.order(value).is_ge(),
                Op::Begin => match (stored, value) {
                    (Scalar::Text(stored), Scalar::Text(value)) => fold(stored).starts_with(&fold(value)),
                    _ => false,
                },
            }),
            _ => Truth::False,
        }
    }
}

fn join(parts: &[Filter], word: &str) -> String {
    parts
        .iter()
        .map(|part| if matches!(part, Filter::And(_) | Filter::Or(_)) { format!("({})", part.text()) } else { part.text() })
        .collect::<Vec<_>>()
        .join(word)
}

fn equal(stored: &Scalar, value: &Scalar, wildcards: bool) -> bool {
    match (stored, value) {
        (Scalar::Text(stored), Scalar::Text(value)) if wildcards => matches(&fold(stored), &fold(value)),
        (Scalar::Text(stored), Scalar::Text(value)) => fold(stored) == fold(value),
        _ => stored.order(value).is_eq(),
    }
}

/// `@` stands for any run of characters.
fn matches(text: &str, pattern: &str) -> bool {
    match pattern.split_once('@') {
        None => text == pattern,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|tail| (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| matches(&tail[at..], rest))),
    }
}

fn walk_to_one<'w>(world: &'w World, entity: &'w Entity, steps: &[(&'static str, u32)]) -> Option<&'w Entity> {
    steps.iter().try_fold(entity, |at, (name, _)| world.to_one(at, name))
}

/// Calls `visit` with every choice: for each reference one of its related entities, or none.
fn choose<'w>(
    world: &'w World,
    entity: &'w Entity,
    references: &[Vec<(&'static str, u32)>],
    chosen: &mut Vec<(Vec<(&'static str, u32)>, Option<&'w Entity>)>,
    visit: &mut dyn FnMut(&[(Vec<(&'static str, u32)>, Option<&'w Entity>)]),
) {
    let Some((reference, rest)) = references.split_first() else {
        visit(chosen);
        return;
    };
    let mut candidates: Vec<Option<&Entity>> = vec![None];
    if let Some(owner) = walk_to_one(world, entity, &reference[..reference.len() - 1]) {
        candidates.extend(world.books_of(owner).map(Some));
    }
    for candidate in candidates {
        chosen.push((reference.clone(), candidate));
        choose(world, entity, rest, chosen, visit);
        chosen.pop();
    }
}

/// Random filters over a class.
pub fn filters(class: Class) -> BoxedStrategy<Filter> {
    let leaf = condition(class, true);
    let scalar = condition(class, false);
    let negated = prop_oneof![
        condition(class, true),
        prop::collection::vec(scalar.clone(), 1..3).prop_map(Filter::And),
        prop::collection::vec(scalar, 1..3).prop_map(Filter::Or),
    ]
    .prop_map(|part| Filter::Not(Box::new(part)));
    prop_oneof![4 => leaf, 1 => negated]
        .prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
                prop::collection::vec(inner, 2..4).prop_map(Filter::Or)
            ]
        })
        .boxed()
}

fn condition(class: Class, to_many: bool) -> BoxedStrategy<Filter> {
    let mut ways: Vec<(Vec<(&'static str, u32)>, Class)> = vec![(Vec::new(), class)];
    match class {
        Class::Book => {
            ways.push((vec![("author", 1)], Class::Author));
            if to_many {
                ways.push((vec![("author", 1), ("books", 1)], Class::Book));
            }
        }
        Class::Author => {
            if to_many {
                ways.push((vec![("books", 1)], Class::Book));
                ways.push((vec![("books", 2)], Class::Book));
            }
        }
    }
    let path = prop::sample::select(ways)
        .prop_flat_map(|(steps, end)| prop::sample::select(end.fields()).prop_map(move |field| Path { steps: steps.clone(), field }));
    path.prop_flat_map(|path| {
        let value = path.field.values();
        let ops = path.field.operators();
        let (first, second, third) = (path.clone(), path.clone(), path);
        prop_oneof![
            6 => (prop::sample::select(ops), value.clone()).prop_map(move |(op, value)| Filter::Condition(first.clone(), op, value)),
            1 => prop::collection::vec(value, 1..4).prop_map(move |values| Filter::In(second.clone(), values)),
            1 => any::<bool>().prop_map(move |null| Filter::IsNull(third.clone(), null)),
        ]
    })
    .boxed()
}
