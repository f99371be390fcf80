-- Text without case and accents.
FUNCTION clv_fold_wide(text) RETURNS text
RETURN <fold>;

FUNCTION clv_fold(text) RETURNS text
RETURN CASE WHEN octet_length($1) = char_length($1) THEN lower($1 COLLATE "C") ELSE S.clv_fold_wide($1) END;

-- Every word of the second text, folded already, is a whole word of the first.
FUNCTION clv_words(text) RETURNS text[]
RETURN array_remove(regexp_split_to_array($1 COLLATE "C", '[^<word>]+'), '');

FUNCTION clv_keyword(text, text) RETURNS boolean
RETURN CASE WHEN cardinality(S.clv_words($2)) > 0 THEN S.clv_words(S.clv_fold($1)) @> S.clv_words($2) ELSE $1 IS NULL AND NULL END;

FUNCTION clv_upper_wide(text) RETURNS text
RETURN upper($1 COLLATE <full>);

FUNCTION clv_upper(text) RETURNS text
RETURN CASE WHEN octet_length($1) = char_length($1) THEN upper($1 COLLATE "C") ELSE S.clv_upper_wide($1) END;

FUNCTION clv_lower_wide(text) RETURNS text
RETURN lower($1 COLLATE <full>);

FUNCTION clv_lower(text) RETURNS text
RETURN CASE WHEN octet_length($1) = char_length($1) THEN lower($1 COLLATE "C") ELSE S.clv_lower_wide($1) END;

FUNCTION clv_uuid(text) RETURNS uuid
RETURN CASE WHEN translate($1, '-{}', '') ~ '^[0-9A-Fa-f]{32}$' THEN translate($1, '-{}', '')::uuid END;
