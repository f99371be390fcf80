//! The grammar of `rest-dialect.md` 9.2, piece by piece.

use super::*;

fn condition(text: &str) -> Condition {
    match parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).condition {
        Some(Expr::Condition(condition)) => condition,
        other => panic!("{text}: {other:?}"),
    }
}

fn shape(text: &str) -> String {
    fn of(expr: &Expr) -> String {
        let list = |parts: &[Expr], word: &str| format!("({})", parts.iter().map(of).collect::<Vec<_>>().join(word));
        match expr {
            Expr::And(parts) => list(parts, " and "),
            Expr::Or(parts) => list(parts, " or "),
            Expr::Not(part) => format!("not {}", of(part)),
            Expr::Condition(condition) => condition.text.clone(),
        }
    }
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).condition.as_ref().map_or_else(String::new, of)
}

fn code(text: &str) -> i64 {
    parse(text).expect_err(text).code()
}

#[test]
fn every_comparator() {
    for (written, comparator) in [
        ("=", Comparator::Equal),
        ("==", Comparator::Equal),
        ("===", Comparator::Identical),
        ("#", Comparator::Different),
        ("!=", Comparator::Different),
        ("!==", Comparator::NotIdentical),
        ("<", Comparator::Less),
        ("<=", Comparator::LessOrEqual),
        (">", Comparator::Greater),
        (">=", Comparator::GreaterOrEqual),
        ("is", Comparator::Identical),
        ("IS NOT", Comparator::NotIdentical),
        ("begin", Comparator::Begin),
        ("%", Comparator::Keyword),
    ] {
        let found = condition(&format!("price {written} 5"));
        assert_eq!((found.comparator, found.value), (comparator, Literal::Bare("5".into())), "{written}");
    }
    assert_eq!(condition("price>=5").comparator, Comparator::GreaterOrEqual);
    assert_eq!(code("pricein (1)"), 1201);
}

#[test]
fn precedence_and_grouping() {
    assert_eq!(shape("a=1 or b=2 and c=3"), "(a=1 or (b=2 and c=3))");
    assert_eq!(shape("(a=1 or b=2) and c=3"), "((a=1 or b=2) and c=3)");
    assert_eq!(shape("a=1 || b=2 && c=3 | d=4 & e=5"), "(a=1 or (b=2 and c=3) or (d=4 and e=5))");
    assert_eq!(shape("a=1 except b=2 and c=3"), "(a=1 and not b=2 and c=3)");
    assert_eq!(shape("NOT a=1 AND b=2"), "(not a=1 and b=2)");
    assert_eq!(shape("not(title = Atlas)"), "not title = Atlas");
    assert_eq!(shape("not (a=1 or b=2)"), "not (a=1 or b=2)");
}

#[test]
fn quoted_texts() {
    for (written, text) in [
        ("''", ""),
        ("'Slow Rivers'", "Slow Rivers"),
        ("'a&b and c'", "a&b and c"),
        ("'O\\u0027Neil'", "O'Neil"),
        ("'O'Connor'", "O'Connor"),
        ("\"double\"", "double"),
        ("\\\"escaped\\\"", "escaped"),
        ("'\\ud83d\\ude00'", "😀"),
        ("'c:\\path'", "c:\\path"),
    ] {
        assert_eq!(condition(&format!("title = {written}")).value, Literal::Quoted(text.into()), "{written}");
    }
    assert_eq!(code("title = 'open"), 1201);
}

#[test]
fn bare_texts() {
    for (written, text) in [
        ("Slow Rivers", "Slow Rivers"),
        ("O'Neil", "O'Neil"),
        ("Slow Rivers and price > 3", "Slow Rivers"),
        ("Slow Rivers order by title", "Slow Rivers"),
        ("Android or x = 1", "Android"),
        ("-12.5", "-12.5"),
        ("!!2024-03-01!!", "!!2024-03-01!!"),
        ("Atlas (old)", "Atlas (old)"),
        ("@art@", "@art@"),
    ] {
        let query = parse(&format!("title = {written}")).unwrap();
        let first = match query.condition.unwrap() {
            Expr::And(mut parts) | Expr::Or(mut parts) => parts.remove(0),
            other => other,
        };
        let Expr::Condition(first) = first else { panic!("{written}") };
        assert_eq!(first.value, Literal::Bare(text.into()), "{written}");
    }
    assert_eq!(condition("title = null").value, Literal::Null);
    assert_eq!(condition("title = :null").value, Literal::Null);
    assert_eq!(condition("title = 'null'").value, Literal::Quoted("null".into()));
}

#[test]
fn lists() {
    let list = |items: &[Literal]| Literal::List(items.to_vec());
    let (one, two) = (Literal::Bare("1".into()), Literal::Bare("2".into()));
    assert_eq!(condition("ID in [1, 2]").value, list(&[one.clone(), two.clone()]));
    assert_eq!(condition("ID IN (1,2)").value, list(&[one, two]));
    let texts = list(&[Literal::Quoted("a, b".into()), Literal::Quoted("c".into())]);
    assert_eq!(condition("title in [\\\"a, b\\\",\\\"c\\\"]").value, texts);
    assert_eq!(condition("title in ('a, b','c')").value, texts);
    assert_eq!(condition("title in :1").value, Literal::Placeholder("1".into()));
    assert_eq!(condition("title in []").value, list(&[]));
    assert_eq!(code("title in 3"), 1201);
}

#[test]
fn paths() {
    let PathAsk::Steps(steps) = condition("roles.actor{2}.tags[A].name = x").path else { panic!() };
    assert_eq!(steps[1], Step { name: "actor".into(), index: Some(2), array: None });
    assert_eq!(steps[2], Step { name: "tags".into(), index: None, array: Some(ArrayMark::Letter(b'a')) });
    assert_eq!(condition("tags[] = x").path, PathAsk::Steps(vec![Step { name: "tags".into(), index: None, array: Some(ArrayMark::Any) }]));
    assert_eq!(condition(":1 = :2").path, PathAsk::Placeholder("1".into()));
    assert_eq!(code("books{0}.title = x"), 1201);
    assert_eq!(code("books{x}.title = x"), 1201);
    assert_eq!(code("tags[ab] = x"), 1201);
}

#[test]
fn order_inside_and_alone() {
    let query = parse("price < 20 order by title desc, author.fullName ASC , ID").unwrap();
    assert_eq!(query.order.iter().map(|term| term.descending).collect::<Vec<_>>(), [true, false, false]);
    assert!(parse("order by title").unwrap().condition.is_none());
    assert_eq!(parse_order("price desc").unwrap().len(), 1);
    assert_eq!(parse_order("price down").unwrap_err().code(), 1810);
    assert_eq!(parse_order("price,,title").unwrap_err().code(), 1810);
}

#[test]
fn formulas_are_refused() {
    for text in ["eval(1=1)", "eval (1=1)", "Length(title) > 3"] {
        assert!(code(text) == 1278, "{text}");
    }
}

#[test]
fn errors_name_the_place() {
    let error = parse("title = 'a' and and").unwrap_err();
    assert!(error.items[0].message.contains("at character"), "{error}");
    for text in ["title", "title =", "= 3", "title = 'a' price = 3", "(title = 'a'", "title = a)", "and", "not", "title ~ 3"] {
        assert_eq!(code(text), 1201, "{text}");
    }
}

#[test]
fn hostile_sizes_are_refused() {
    assert_eq!(code(&format!("{}a=1{}", "(".repeat(10_000), ")".repeat(10_000))), 1201);
    assert_eq!(code(&"not ".repeat(10_000)), 1201);
    assert_eq!(code(&vec!["a=1"; 1000].join(" or ")), 1201);
    assert_eq!(code(&"a".repeat(100_000)), 1201);
}
