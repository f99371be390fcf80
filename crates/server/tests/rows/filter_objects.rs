//! Row 49: paths into objects and arrays (`rest-dialect.md` 9.2 "Paths").

use serde_json::json;

use crate::library::{Library, app};

#[track_caller]
fn finds(library: &Library, cases: &[(&str, &[i64])]) {
    for (filter, ids) in cases {
        assert_eq!(library.filter("Author", filter).ids(), *ids, "{filter}");
    }
}

#[test]
fn row_49_properties() {
    let library = app();
    finds(
        &library,
        &[
            ("profile.city = 'Paris'", &[1]),
            ("profile.city = 'paris'", &[1]),
            ("profile.city = '@o@'", &[2, 6]),
            ("profile.city === '@o@'", &[]),
            ("profile.city != 'Paris'", &[2, 6]),
            ("profile.city begin 'par'", &[1]),
            ("profile.city % 'oslo'", &[6]),
            ("profile.city in ['Paris', 'Oslo']", &[1, 6]),
            ("profile.city > 'D'", &[1, 6]),
            ("profile.age = 54", &[1, 5]),
            ("profile.age > 50", &[1, 5, 6]),
            ("profile.age != 54", &[2, 6]),
            ("profile.age in [39, 61]", &[2, 6]),
            ("profile.a.b.c = 1", &[]),
            ("profile.city.deeper = 'x'", &[]),
            ("profile.City = 'Paris'", &[]),
        ],
    );
}

#[test]
fn row_49_numbers_in_objects_compare_as_numbers() {
    let library = app();
    let person = |id: i64, age: serde_json::Value| json!({ "ID": id, "fullName": format!("P{id}"), "profile": { "n": age } });
    library
        .post(
            "/rest/Author?$method=update",
            &json!([person(21, json!(9)), person(22, json!(10.5)), person(23, json!(100)), person(24, json!(true))]),
        )
        .ok();
    finds(&library, &[("profile.n > 9.5", &[22, 23]), ("profile.n < 100", &[21, 22]), ("profile.n = true", &[24])]);
}

#[test]
fn row_49_any_element() {
    let library = app();
    finds(
        &library,
        &[
            ("profile.tags[].name = 'poet'", &[1, 2]),
            ("profile.tags[].name = 'POET'", &[1, 2]),
            ("profile.tags[].name = 'n@'", &[2, 6]),
            ("profile.tags[].rank > 3", &[1, 2]),
            ("profile.tags[].rank = 1", &[1, 2]),
            ("profile.tags[].rank in [2, 5]", &[1, 6]),
            ("profile.langs[] = 'fr'", &[1]),
            ("profile.langs[] = 'en'", &[1, 2, 6]),
            ("profile.langs[] = 'x'", &[]),
            ("profile.nothing[] = 'x'", &[]),
            ("profile.nothing[].name = 'x'", &[]),
            ("profile.city[] = 'x'", &[]),
        ],
    );
}

#[test]
fn row_49_conditions_without_letter_are_independent() {
    finds(
        &app(),
        &[
            ("profile.tags[].name = 'poet' and profile.tags[].rank > 3", &[1, 2]),
            ("profile.tags[].name = 'novel' and profile.tags[].name = 'poet'", &[2]),
            ("profile.langs[] = 'fr' and profile.langs[] = 'en'", &[1]),
        ],
    );
}

#[test]
fn row_49_a_letter_means_the_same_element() {
    finds(
        &app(),
        &[
            ("profile.tags[a].name = 'poet' and profile.tags[a].rank > 3", &[1]),
            ("profile.tags[A].name = 'poet' and profile.tags[a].rank > 3", &[1]),
            ("profile.tags[z].name = 'poet' and profile.tags[Z].rank > 3", &[1]),
            ("profile.tags[a].name = 'novel' and profile.tags[a].rank > 3", &[2]),
            ("profile.tags[a].name = 'poet' and profile.tags[b].rank > 3", &[1, 2]),
            ("profile.tags[a].name = 'poet' and profile.tags[].rank > 3", &[1, 2]),
            ("profile.tags[a].name = 'essay' and profile.tags[a].rank > 3", &[]),
            ("profile.tags[a].name = 'poet' and rating > 1 and profile.tags[a].rank = 1", &[2]),
            (
                "profile.tags[a].name = 'poet' and profile.tags[a].rank > 3 and profile.tags[b].name = 'essay' and profile.tags[b].rank = 1",
                &[1],
            ),
            ("profile.langs[a] = 'en'", &[1, 2, 6]),
        ],
    );
}

#[test]
fn row_49_different_over_arrays() {
    let library = app();
    // An empty array is left out of the comparison: whether "all differ" in it is nobody's word.
    finds(
        &library,
        &[
            ("profile.langs[] != 'fr' and ID != 3", &[2, 6]),
            ("profile.langs[] # 'en' and ID != 3", &[]),
            ("profile.langs[a] != 'fr'", &[1, 2, 6]),
            ("profile.langs[a] != 'en'", &[1, 6]),
            ("profile.tags[].name != 'poet' and ID != 3", &[6]),
            ("profile.tags[a].name != 'poet'", &[1, 2, 6]),
            ("profile.tags[a].name != 'poet' and profile.tags[a].rank > 3", &[2]),
            ("profile.nothing[] != 'x'", &[]),
            ("profile.nothing[a] != 'x'", &[]),
        ],
    );
}

#[test]
fn row_49_over_a_relation() {
    let library = app();
    assert_eq!(library.filter("Book", "author.profile.tags[a].name = 'poet' and author.profile.tags[a].rank > 3").ids(), [11, 12]);
    assert_eq!(library.filter("Book", "author.profile.langs[] = 'no'").ids(), [16]);
    assert_eq!(library.filter("Book", "author.profile.age > 60").ids(), [16]);
}

#[test]
fn row_49_brackets_that_mean_nothing() {
    let library = app();
    for filter in ["profile.tags[1].name = 'poet'", "profile.tags[ab].name = 'poet'", "profile.tags[.name = 'poet'"] {
        let answer = library.filter("Author", filter);
        assert_eq!(answer.status, 400, "{answer}");
    }
}
