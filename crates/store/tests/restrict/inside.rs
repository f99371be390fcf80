//! What is read in a transaction that is open: the same that is seen outside of it.

use crate::reads::library;
use crate::world::World;

#[test]
fn an_open_transaction_shows_no_more() {
    for world in World::each(&library()) {
        let french = world.seeing(&[("Author", "country.code = 'FR'")]);
        for (url, seen) in [
            ("Author", 2),
            ("Author?$filter=\"rating < 5\"", 1),
            ("Author?$orderby=name desc&$top=1&$skip=1", 2),
            ("Author(1)?$expand=books,pupils", 1),
            ("Author:name(cid)", 1),
            ("Author/rating?$compute=$all", 2),
            ("Book?$filter=\"author.name = 'Bob'\"", 0),
            ("Book?$filter=\"author.name = 'Ann'\"", 3),
            ("Book(3)?$expand=author", 1),
        ] {
            let (answer, keys) = world.try_get_inside(url, &french).unwrap_or_else(|error| panic!("{url}: {error:?}"));
            assert_eq!(answer, world.get(url, &french), "{url}");
            assert_eq!(keys.len(), seen, "{url}");
        }
        assert!(world.try_get_inside("Author(2)", &french).is_err());
    }
}
