//! Names of the dialect and how names of databases become such (`interface.md` 7, `data-model.md` DC-1, AT-1).

use std::collections::HashSet;

/// Attribute that switches on change tracking (`data-model.md` 8); the only attribute name allowed to begin with `__`.
pub const GLOBAL_STAMP: &str = "__GlobalStamp";
/// Dataclass of the deleted entities (`data-model.md` 8); its attributes begin with `__`, too.
pub const DELETED_RECORDS: &str = "__DeletedRecords";

/// Attribute of [`DELETED_RECORDS`]: the global stamp of the deletion.
pub const DELETED_STAMP: &str = "__Stamp";

/// The attributes of [`DELETED_RECORDS`].
pub const DELETED_RECORDS_ATTRIBUTES: [&str; 4] = ["__PrimaryKey", DELETED_STAMP, "__TableName", "__TableNumber"];

/// Characters that a name of the dialect may hold (`rest-dialect.md` 9.2 `name`).
pub fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Begins with a letter and holds only what the dialect's identifiers allow.
pub fn is_valid_name(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_alphabetic) && name.chars().all(is_name_char)
}

/// A database's name as a name of the dialect: other characters become `_`, a leading non-letter gets `T_` before it.
pub(crate) fn sanitize(name: &str) -> String {
    let mut clean: String = name.chars().map(|c| if is_name_char(c) { c } else { '_' }).collect();
    if !clean.chars().next().is_some_and(char::is_alphabetic) {
        clean.insert_str(0, "T_");
    }
    clean
}

/// Names for a list of database names, no two alike. A name that can stay as it is keeps itself; only changed ones give way.
/// `fold_case`: two names that differ only in case count as alike (dataclasses).
pub(crate) fn assign(names: &[&str], fold_case: bool, keep: &[&str]) -> (Vec<String>, HashSet<String>) {
    let token = |name: &str| if fold_case { name.to_lowercase() } else { name.to_owned() };
    let mut taken = HashSet::new();
    let mut assigned = vec![None; names.len()];
    for (slot, name) in assigned.iter_mut().zip(names) {
        if (is_valid_name(name) || keep.contains(name)) && taken.insert(token(name)) {
            *slot = Some((*name).to_owned());
        }
    }
    for (slot, name) in assigned.iter_mut().zip(names) {
        if slot.is_none() {
            let free = first_free(&sanitize(name), |candidate| !taken.contains(&token(candidate)));
            taken.insert(token(&free));
            *slot = Some(free);
        }
    }
    (assigned.into_iter().flatten().collect(), taken)
}

/// The name itself, or with `_2`, `_3`, ... behind it.
pub(crate) fn first_free(name: &str, is_free: impl Fn(&str) -> bool) -> String {
    if is_free(name) {
        return name.to_owned();
    }
    (2..=u32::MAX).map(|n| format!("{name}_{n}")).find(|candidate| is_free(candidate)).unwrap_or_default()
}

/// First letter lower-cased.
pub(crate) fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Name of the N -> 1 relation of a single foreign key column before collisions: what is left of the column, and whether the ending of a key was cut.
pub(crate) fn relation_stem(column: &str) -> (String, bool) {
    let cut = ["_id", "Id", "ID"].iter().find_map(|ending| column.strip_suffix(ending)).map(|rest| rest.trim_end_matches('_'));
    match cut {
        Some(rest) if !rest.is_empty() => (lower_first(rest), true),
        _ => (lower_first(column), false),
    }
}

/// 32 upper-case hexadecimal digits derived from names: constant as long as the names are (`uuid` of what has none in its file).
pub(crate) fn derive_uuid(parts: &[&str]) -> String {
    // FNV-1a, 128 bits: an identifier for clients' caches, nothing secret.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash ^= u128::from(byte);
            hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
    format!("{hash:032X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned() {
        assert_eq!(sanitize("Order Details"), "Order_Details");
        assert_eq!(sanitize("2024"), "T_2024");
        assert_eq!(sanitize("_x"), "T__x");
        assert_eq!(sanitize("Größe"), "Größe");
        assert_eq!(sanitize(""), "T_");
    }

    #[test]
    fn a_clean_name_wins_over_a_cleaned_one() {
        let (names, _) = assign(&["a b", "a_b", "a-b"], false, &[]);
        assert_eq!(names, ["a_b_2", "a_b", "a_b_3"]);
        let (names, _) = assign(&["T", "t"], true, &[]);
        assert_eq!(names, ["T", "t_2"]);
    }

    #[test]
    fn stems_of_foreign_keys() {
        assert_eq!(relation_stem("AlbumId"), ("album".into(), true));
        assert_eq!(relation_stem("authorID"), ("author".into(), true));
        assert_eq!(relation_stem("parent_id"), ("parent".into(), true));
        assert_eq!(relation_stem("ReportsTo"), ("reportsTo".into(), false));
        assert_eq!(relation_stem("ID"), ("iD".into(), false));
        assert_eq!(relation_stem("paid"), ("paid".into(), false));
    }

    #[test]
    fn uuids_depend_on_every_name() {
        assert_eq!(derive_uuid(&["a", "b"]).len(), 32);
        assert_ne!(derive_uuid(&["a", "b"]), derive_uuid(&["ab"]));
        assert_eq!(derive_uuid(&["a"]), derive_uuid(&["a"]));
    }
}
