//! Plans of reading (`rest-dialect.md` 6 to 10).

use claviger_query::{Aggregate, Base, ExplainNode, Outcome, PageForm, Plan, Projection};

use crate::support::*;

fn projection(plan: &Plan) -> &Projection {
    match plan.outcome() {
        Outcome::Entity(projection) | Outcome::Page(projection, _) => projection,
        other => panic!("{other:?}"),
    }
}

fn fields(url: &str) -> String {
    shape(projection(&read(url)))
}

const BOOK: &str = "ID isbn title price addedAt playTime mark cover* sample* shelfMark authorID author> vault> authorName=author.fullName \
                    vaultCode=vault.code heading=title label";

#[test]
fn every_attribute() {
    for url in ["Book", "Book(1)", "Book?$attributes=*", "Book?$attributes="] {
        assert_eq!(fields(url), BOOK, "{url}");
        assert!(!projection(&read(url)).is_cut());
    }
}

#[test]
fn chosen_attributes() {
    for (url, shape) in [
        ("Book/title,price", "title price"),
        ("Book/price, title", "title price"),
        ("Book?$attributes=title,price", "title price"),
        ("Book/title?$attributes=price", "title price"),
        ("Book?$attributes=author", "author>"),
        ("Book?$attributes=author.fullName,author.born,title", "title author{fullName born}"),
        ("Book?$attributes=author.*", "author{ID fullName born rating active profile portrait* books>}"),
        ("Author?$attributes=books", "books>"),
        ("Author?$attributes=books.title", "books{title}"),
        ("Book?$attributes=author.books.title", "author{books{title}}"),
        ("Author(7)/books?$expand=books", &format!("books{{{BOOK}}}")),
        ("Book/title,author.fullName?$expand=author", "title author{fullName}"),
        ("Book/author.fullName", "author{fullName}"),
        ("Book/title?$expand=cover", "title cover*"),
    ] {
        assert_eq!(fields(url), shape, "{url}");
    }
    assert_eq!(fields("Author(7)?$expand=books"), format!("ID fullName born rating active profile portrait* books{{{BOOK}}}"));
    assert!(fields("Book?$expand=author,author.books").contains("author{ID fullName born rating active profile portrait* books{ID"));
    assert!(
        fields("Book?$attributes=*,author.fullName").starts_with("ID isbn title")
            && fields("Book?$attributes=*,author.fullName").contains("author{fullName}")
    );
    assert!(projection(&read("Book?$attributes=title")).is_cut());
    assert!(!projection(&read("Book/title")).is_cut());
}

#[test]
fn wrong_attribute_lists() {
    for (url, codes) in [
        ("Book/nothing", vec![1500, 1804]),
        ("Book/costNote", vec![1500, 1804]),
        ("Book?$attributes=author.nothing", vec![1500, 1804]),
        ("Book?$attributes=title.x", vec![1500, 1804]),
        ("Author?$attributes=profile.city", vec![1500, 1804]),
        ("Book/applyDiscount", vec![1500, 1804]),
        ("Book?$expand=nothing", vec![1805]),
        ("Book?$expand=title", vec![1805]),
        ("Book/,", vec![1816]),
        ("Boook", vec![1800]),
        ("Hidden", vec![1800]),
        ("book", vec![1800]),
    ] {
        assert_eq!(refused("Admin", url), codes, "{url}");
    }
}

#[test]
fn keys() {
    for (url, parts) in [
        ("Author(7)", Some(vec!["7"])),
        ("Author[7]", Some(vec!["7"])),
        ("Author[\"7\"]", Some(vec!["7"])),
        ("Author(v7)", None),
        ("Author[1,2]", None),
        ("Country(FR)", Some(vec!["'FR'"])),
        ("Country[\"FR\"]", Some(vec!["'FR'"])),
        ("Place[\"A\",3]", Some(vec!["'A'", "3"])),
        ("Place(\"A\",3)", Some(vec!["'A'", "3"])),
        ("Place[\"A\"]", None),
    ] {
        let found = key(read(url).base());
        assert_eq!(
            found.as_deref(),
            parts.map(|parts| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>()).as_deref(),
            "{url}"
        );
    }
    let Base::Unique { attribute, value: found, .. } = read("Book:isbn(978-1)").base().clone() else { panic!() };
    assert_eq!((name(attribute), found.as_ref().map(value)), ("isbn", Some("'978-1'".to_owned())));
    assert_eq!(refused("Admin", "Book:nothing(1)"), [1500, 1804]);
    assert_eq!(refused("Admin", "Book:author(1)"), [1500, 1804]);
}

#[test]
fn pages() {
    assert_eq!((read("Author").skip(), read("Author").top()), (0, 100));
    assert_eq!(read("Book").top(), 40);
    assert_eq!((read("Book?$skip=5&$top=0").skip(), read("Book?$skip=5&$top=0").top()), (5, 0));
    assert_eq!(read("Book?$top=100000").top(), 100_000);
    assert_eq!(read("Book?$top=99999999999999999999").top(), 1_000_000);
    let form = |url: &str| match read(url).outcome() {
        Outcome::Page(_, form) => *form,
        other => panic!("{other:?}"),
    };
    assert_eq!(form("Book?$asArray"), PageForm::AsArray);
    assert_eq!(form("Book?$format=looker&$asArray=true"), PageForm::Looker);
    assert_eq!(form("Book?$format=JSON"), PageForm::Selection);
    assert_eq!(refused("Admin", "Book?$format=xml"), [1801]);
}

#[test]
fn flat_forms() {
    assert_eq!(fields("Author?$asArray&$expand=books"), "ID fullName born rating active profile portrait*");
    assert_eq!(fields("Book?$asArray&$attributes=title,author.fullName"), "title author>");
    assert_eq!(fields("Author?$format=looker"), "ID fullName born rating active");
    assert_eq!(fields("Book?$format=looker&$attributes=title,author.fullName"), "title author.fullName=author.fullName");
}

#[test]
fn orders() {
    let order = |url: &str| {
        let plan = read(url);
        let term = |order: &claviger_query::Order| {
            format!("{}{}", if order.descending { "-" } else { "+" }, show_operand(&order.operand, plan.scopes()))
        };
        plan.order().iter().map(term).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order("Book?$orderby=\"price desc, title ASC,ID\""), "-price +title +ID");
    assert_eq!(order("Book?$orderby=price%20desc"), "-price");
    assert_eq!(order("Book?$orderby=author.fullName"), "+author.fullName");
    assert_eq!(order("Author?$orderby=profile.age desc"), "-profile/age");
    assert_eq!(order("Book?$filter=\"price < 20 order by title desc\""), "-title");
    assert_eq!(order("Book?$filter=\"order by title desc\"&$orderby=ID"), "+ID");
    assert_eq!(order("Book?$orderby=:1 desc&$params=[\"title\"]"), "-title");
    for (url, codes) in [
        ("Book?$orderby=nothing", vec![1500, 1810]),
        ("Book?$orderby=costNote", vec![1500, 1810]),
        ("Book?$orderby=title down", vec![1810]),
        ("Author?$orderby=books.title", vec![1810]),
        ("Author?$orderby=profile", vec![1810]),
        ("Book?$orderby=cover", vec![1810]),
        ("Book?$orderby=author", vec![1810]),
    ] {
        assert_eq!(refused("Admin", url), codes, "{url}");
    }
}

#[test]
fn aggregates() {
    let compute = |url: &str| match read(url).outcome() {
        Outcome::Compute { columns, single, distinct } => {
            (columns.iter().map(|column| (column.name.clone(), column.aggregates.clone())).collect::<Vec<_>>(), *single, *distinct)
        }
        other => panic!("{other:?}"),
    };
    use Aggregate::*;
    let all = vec![Count, Sum, Average, Min, Max];
    assert_eq!(compute("Book/price/?$compute=sum"), (vec![("price".into(), vec![Sum])], Some(Sum), false));
    assert_eq!(compute("Book?$attributes=price&$compute=$all"), (vec![("price".into(), all.clone())], None, false));
    assert_eq!(compute("Book/title?$compute=$all").0, [("title".into(), vec![Count, Min, Max])]);
    assert_eq!(compute("Book/playTime,addedAt?$compute=max").0.len(), 2);
    assert_eq!(compute("Author/profile.age?$compute=$all").0, [("profile.age".into(), all)]);
    assert!(compute("Book/author.fullName?$compute=count&$distinct=true").2);
    let plan = read("Book/authorName?$distinct=true&$skip=1&$filter=\"price > 3\"");
    assert!(matches!(plan.outcome(), Outcome::Distinct(_)));
    assert_eq!((plan.skip(), plan.top()), (1, u64::MAX));
    for (url, codes) in [
        ("Book/title?$compute=sum", vec![1817]),
        ("Book/price?$compute=median", vec![1817]),
        ("Book?$compute=sum", vec![1816]),
        ("Book/nothing?$compute=sum", vec![1500, 1804]),
        ("Book/author?$distinct=true", vec![1817]),
        ("Book/cover?$distinct=true", vec![1817]),
        ("Book/title,price?$distinct=true", vec![1817]),
        ("Author/books.title?$distinct=true", vec![1817]),
        ("Book(1)/price?$compute=sum", vec![1813]),
    ] {
        assert_eq!(refused("Admin", url), codes, "{url}");
    }
}

#[test]
fn explanations() {
    let plan = read("Book?$filter=\"author.fullName = I@ and price > 10\"&$queryplan=true");
    let explain = plan.explain().unwrap();
    assert!(explain.plan && !explain.path);
    let ExplainNode::And(nodes) = &explain.root else { panic!() };
    let [ExplainNode::Item { text, below, .. }, ExplainNode::Item { text: second, .. }] = nodes.as_slice() else { panic!() };
    assert_eq!((text.as_str(), second.as_str()), ("Join on Table : Author  :  Book.authorID = Author.ID", "Book.price > 10"));
    let [ExplainNode::Item { text, .. }] = below.as_slice() else { panic!() };
    assert_eq!(text, "Author.fullName = I@");
    assert!(read("Book?$queryplan=true").explain().is_none(), "without filter: ignored");
}

#[test]
fn later_features_answer_the_dialects_errors() {
    for (url, codes) in [
        ("Book/$entityset/AB", vec![1802]),
        ("Book?$method=entityset", vec![1813]),
        ("Author(7)/books?$expand=books&$method=subentityset", vec![1813]),
        ("Author?$method=subentityset", vec![1815]),
        ("Book?$method=update", vec![1813]),
        ("Book(1)?$method=delete", vec![1813]),
        ("Book(1)?$lock=true", vec![1813]),
        ("$info", vec![1611]),
        ("$singleton/Mailer/ping", vec![1827]),
        ("$entityset/$release", vec![1802]),
        ("$nothing", vec![1800]),
    ] {
        assert_eq!(refused("Admin", url), codes, "{url}");
    }
}

#[test]
fn at_most_four_to_many_relations_are_expanded_inside_one_another() {
    read("Author?$attributes=books.author.books.author.books.author.books.title");
    read("Author?$expand=books.author.books.author.books.author.books");
    for list in [
        "$attributes=books.author.books.author.books.author.books.author.books.title",
        "$expand=books.author.books.author.books.author.books.author.books",
    ] {
        assert_eq!(refused("Admin", &format!("Author?{list}")), [1804], "{list}");
    }
}
