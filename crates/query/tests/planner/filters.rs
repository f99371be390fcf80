//! What filters mean (`rest-dialect.md` 9.2, 9.3).

use crate::support::*;

#[test]
fn comparators_of_texts() {
    for (text, meaning) in [
        ("title = 'Slow Rivers'", "title = 'Slow Rivers'"),
        ("title == Slow Rivers", "title = 'Slow Rivers'"),
        ("title = 'Slow@'", "title ~ slow@"),
        ("title = '@RIV*rs'", "title ~ @riv@rs"),
        ("title = 'Él@@o'", "title ~ el@o"),
        ("title = '@'", "title ~ @"),
        ("title === 'Slow@'", "title = 'Slow@'"),
        ("title is 'Slow*'", "title = 'Slow*'"),
        ("title != 'Slow'", "title != 'Slow'"),
        ("title # 'Slow@'", "not title ~ slow@"),
        ("title !== 'Slow@'", "title != 'Slow@'"),
        ("title is not 'x'", "title != 'x'"),
        ("title < 'M'", "title < 'M'"),
        ("title >= M", "title >= 'M'"),
        ("title begin 'Slow @'", "title ~ slow @@"),
        ("title % 'Été'", "title % ete"),
        ("title in ['A','B@']", "(title in ['A'] | title ~ b@)"),
        ("title in [\\\"A\\\",\\\"B\\\"]", "title in ['A', 'B']"),
        ("title in ('A',null)", "(title in ['A'] | title is null)"),
        ("title in []", "()"),
        ("title = null", "title is null"),
        ("title != null", "not title is null"),
        ("title is not null", "not title is null"),
        ("title = 'null'", "title = 'null'"),
        ("title = ''", "title = ''"),
    ] {
        assert_eq!(filter("Book", text), meaning, "{text}");
    }
}

#[test]
fn literals_take_the_type_of_the_attribute() {
    for (class, text, meaning) in [
        ("Book", "price >= 5", "price >= 5.0"),
        ("Book", "price>=5", "price >= 5.0"),
        ("Book", "ID = v20", "ID = 20"),
        ("Book", "ID > 2.5", "ID > 2.5"),
        ("Book", "ID in [1,'2']", "ID in [1, 2]"),
        ("Book", "addedAt >= 2024-03-01", "addedAt >= @1709251200000"),
        ("Book", "addedAt >= '2024-03-01T10:00:00Z'", "addedAt >= @1709287200000"),
        ("Book", "playTime < '01:30:00'", "playTime < 5400000ms"),
        ("Author", "born = !!1991-08-04!!", "born = 1991-8-4"),
        ("Author", "born = 4!8!1991", "born = 1991-8-4"),
        ("Author", "active = TRUE", "active = true"),
        ("Book", "author = 7", "author = 7"),
        ("Book", "author in [7,8]", "author in [7, 8]"),
        ("Book", "author = null", "author is null"),
        ("Book", "label = 'x@'", "label ~ x@"),
    ] {
        assert_eq!(filter(class, text), meaning, "{text}");
    }
}

#[test]
fn null_logic_keeps_unknown_unknown() {
    // An order comparison with null never selects, also not under NOT.
    assert_eq!(filter("Book", "price < null"), "()");
    assert_eq!(filter("Book", "not (price < null)"), "not ()");
    let plan = read("Book?$filter=\"not (price < null)\"");
    assert_eq!(format!("{:?}", plan.filter().unwrap()), "Not(And([]))");
    assert_eq!(filter("Author", "active != true"), "active != true");
    assert_eq!(filter("Author", "not (active = true)"), "not active = true");
}

#[test]
fn relations_to_one() {
    assert_eq!(filter("Book", "author.fullName = 'I@' and author.born = null"), "(author.fullName ~ i@ & author.born is null)");
    assert_eq!(filter("Book", "authorName = 'I@'"), "author.fullName ~ i@");
    assert_eq!(filter("Book", "heading = 'x'"), "title = 'x'");
    let plan = read("Book?$filter=\"author.fullName = x or authorName = y\"&$orderby=author.fullName");
    assert_eq!(plan.scopes().all().len(), 2, "one related entity, one scope");
}

#[test]
fn conditions_joined_by_and_share_the_related_entity() {
    for (text, meaning) in [
        ("books.title = 'A@'", "some #1=books #1.title ~ a@"),
        ("books.title = 'A@' and books.title = 'B@'", "some #1=books (#1.title ~ a@ & #1.title ~ b@)"),
        ("books.title = 'A@' and books{2}.title = 'B@'", "(some #1=books #1.title ~ a@ & some #2=books #2.title ~ b@)"),
        ("books{3}.title = A and books{3}.ID = 1", "some #1=books (#1.title = 'A' & #1.ID = 1)"),
        ("books.title = A or books.ID = 1", "(some #1=books #1.title = 'A' | some #2=books #2.ID = 1)"),
        ("books.title = A and (books.ID = 1 or fullName = x)", "some #1=books (#1.title = 'A' & (#1.ID = 1 | fullName = 'x'))"),
        (
            "(books.ID = 1 or fullName = x) and (books.ID = 2 or fullName = y)",
            "(some #1=books ((#1.ID = 1 | fullName = 'x') & (#1.ID = 2 | fullName = 'y')) | ((() | fullName = 'x') & (() | fullName = 'y')))",
        ),
        (
            "(books.ID = 1 or fullName = x) and (books{2}.ID = 2 or fullName = y)",
            "((some #1=books #1.ID = 1 | fullName = 'x') & (some #2=books #2.ID = 2 | fullName = 'y'))",
        ),
        ("books.title = A and (books.ID = 1 and active = true)", "(active = true & some #1=books (#1.title = 'A' & #1.ID = 1))"),
        ("not (books.title = A)", "not some #1=books #1.title = 'A'"),
        ("books.title = A and not (books.ID = 1)", "(not some #2=books #2.ID = 1 & some #1=books #1.title = 'A')"),
        ("books.title = A except books.ID = 1", "(not some #2=books #2.ID = 1 & some #1=books #1.title = 'A')"),
        ("books.title != A", "some #1=books #1.title != 'A'"),
        ("books = null", "not some #1=books ()"),
        ("books != null", "some #1=books ()"),
        ("books.author.fullName = x and books.ID = 1", "some #1=books (#1.author.fullName = 'x' & #1.ID = 1)"),
        // An index on any step makes another reference.
        ("books.vault.code = A and books.vault{2}.code = B", "(some #1=books #1.vault.code = 'A' & some #3=books #3.vault.code = 'B')"),
        ("books.vault.stored.title = A and books.title = B", "some #1=books (#1.title = 'B' & some #3=#1.vault.stored #3.title = 'A')"),
        (
            "books.vault.stored.title = A and books.vault.stored{2}.title = B",
            "some #1=books some #3=#1.vault.stored (#3.title = 'A' & some #4=#1.vault.stored #4.title = 'B')",
        ),
    ] {
        assert_eq!(filter("Author", text), meaning, "{text}");
    }
}

#[test]
fn objects_and_arrays() {
    for (text, meaning) in [
        ("profile.city = 'Porto'", "profile/city = 'Porto'"),
        ("profile.city = Por@", "profile/city ~ por@"),
        ("profile.age > 30", "profile/age > 30"),
        ("profile.age = '30'", "profile/age = '30'"),
        ("profile.age = 1.5", "profile/age = 1.5"),
        ("profile.vip = true", "profile/vip = true"),
        ("profile.a.b.c = null", "profile/a/b/c is null"),
        ("profile = null", "profile is null"),
        ("profile.tags[].name = 'x'", "some #1=profile/tags #1/name = 'x'"),
        ("profile.langs[] = 'fr'", "some #1=profile/langs #1 = 'fr'"),
        ("profile.tags[].name != 'x'", "all #1=profile/tags #1/name != 'x'"),
        ("profile.tags[a].name != 'x'", "some #1=profile/tags #1/name != 'x'"),
        ("profile.tags[a].name = 'x' and profile.tags[A].rank > 3", "some #1=profile/tags (#1/name = 'x' & #1/rank > 3)"),
        (
            "profile.tags[a].name = 'x' and profile.tags[b].rank > 3",
            "(some #1=profile/tags #1/name = 'x' & some #2=profile/tags #2/rank > 3)",
        ),
        (
            "profile.tags[].name = 'x' and profile.tags[].rank > 3",
            "(some #1=profile/tags #1/name = 'x' & some #2=profile/tags #2/rank > 3)",
        ),
        ("profile.tags.length > 2", "length(profile/tags) > 2"),
        ("profile.a[].b[] = 1", "some #1=profile/a some #2=#1/b #2 = 1"),
    ] {
        assert_eq!(filter("Author", text), meaning, "{text}");
    }
}

#[test]
fn placeholders() {
    let with = |text: &str, params: &str| filter_with("Book", text, &format!("&$params={params}"));
    assert_eq!(with("title = :1 and price < :2", "[\"Slow@\",20]"), "(title ~ slow@ & price < 20.0)");
    assert_eq!(with("title = :2 or label = :2", "[0,\"x\"]"), "(title = 'x' | label = 'x')");
    assert_eq!(with(":1 = :2", "[\"title\",\"x\"]"), "title = 'x'");
    assert_eq!(with(":1 = :2", "[[\"author\",\"fullName\"],\"x\"]"), "author.fullName = 'x'");
    assert_eq!(with("ID in :1", "[[1,2]]"), "ID in [1, 2]");
    // In a list a placeholder is one value, or all of its array.
    assert_eq!(with("ID in [0,:1]", "[1]"), "ID in [0, 1]");
    assert_eq!(with("ID in [0,:1,3]", "[[1,\"v2\"]]"), "ID in [0, 1, 2, 3]");
    assert_eq!(with("title in [:1]", "[[\"A\",null,\"B@\"]]"), "(title in ['A'] | title is null | title ~ b@)");
    assert_eq!(with("ID in [:1]", "[[]]"), "()");
    assert_eq!(
        with("title = :who and :att = 3", "{\"parameters\":{\"who\":\"I@\"},\"attributes\":{\"att\":\"ID\"}}"),
        "(title ~ i@ & ID = 3)"
    );
    assert_eq!(with("title = :null", "[]"), "title is null");
    let code = |text: &str, params: &str| refused("Admin", &format!("Book?$filter=\"{text}\"&$params={params}"));
    assert_eq!(code("title = :2", "[\"a\"]"), [1279]);
    assert_eq!(code("title = :1", "[null]"), [1279]);
    assert_eq!(code("title = :129", "[1]"), [1279]);
    assert_eq!(code("addedAt > :1", "[\"soon\"]"), [1280]);
    assert_eq!(code("title = :1", "[[1]]"), [1280]);
    assert_eq!(code("title in :1", "[1]"), [1280]);
    for list in [":1", "[:1]", "[1,:1]"] {
        assert_eq!(code(&format!("ID in {list}"), "[[1,[2]]]"), [1280], "{list}");
        assert_eq!(code(&format!("ID in {list}"), "[[{}]]"), [1280], "{list}");
        assert_eq!(code(&format!("ID in {list}"), "[null]"), [1279], "{list}");
        assert_eq!(code(&format!("cover in {list}"), "[[1]]"), [1112], "{list}");
    }
    assert_eq!(code("cover in [:1]", "[1]"), [1112]);
    assert_eq!(code("title = :1", "[{\"formula\":\"1\"}]"), [1278]);
    assert_eq!(code("profile = :1", "[1]"), [1500, 1201]);
    assert_eq!(code(":1 = 3", "[5]"), [1280]);
}

#[test]
fn errors() {
    for (text, codes) in [
        ("nothing = 1", vec![1500, 1201]),
        ("Title = 1", vec![1500, 1201]),
        ("costNote = x", vec![1500, 1201]),
        ("author.nothing = 1", vec![1500, 1201]),
        ("title.x = 1", vec![1500, 1201]),
        ("title[] = 1", vec![1201]),
        ("author[].ID = 1", vec![1201]),
        ("title ~ 1", vec![1201]),
        ("addedAt = soon", vec![1201]),
        ("ID = none", vec![1201]),
        ("price <> 5", vec![1201]),
        ("eval(1=1)", vec![1278]),
        ("price begin 5", vec![1112]),
        ("price % 5", vec![1112]),
        ("cover = x", vec![1112]),
        ("sample % x", vec![1112]),
        ("author > 5", vec![1112]),
        ("author begin x", vec![1112]),
    ] {
        assert_eq!(filter_error("Book", text), codes, "{text}");
    }
    assert_eq!(filter_error("Author", "profile = x"), [1112]);
    assert_eq!(filter_error("Author", "active < true"), [1112]);
    assert_eq!(filter_error("Author", "books = 5"), [1112]);
    assert_eq!(filter("Book", "cover % x"), "()");
    assert_eq!(filter("Book", "cover != null"), "not cover is null");
}

#[test]
fn an_empty_filter_is_none() {
    assert!(read("Book?$filter=").filter().is_none());
    assert!(read("Book?$filter=\"\"").filter().is_none());
    assert!(read("Book(1)?$filter=\"nonsense(\"").filter().is_none(), "ignored on one entity");
}

#[test]
fn many_relations_are_refused_not_run() {
    let text = (1..100).map(|index| format!("books{{{index}}}.ID = {index}")).collect::<Vec<_>>().join(" and ");
    assert_eq!(filter_error("Author", &text), [1162]);
}
