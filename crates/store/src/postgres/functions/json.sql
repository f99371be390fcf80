-- Texts that the server refuses to take apart: an escaped U+0000, and halves of surrogate pairs.
FUNCTION clv_json_is_readable(text) RETURNS boolean
RETURN $1 ~ '^(?:[^\\]|\\[^u]|\\u(?!0000)(?:[0-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*$';

-- The same document with the sign for unreadable characters in their place; null where even that does not help.
FUNCTION clv_json_mended(text) RETURNS json
RETURN (SELECT CASE WHEN S.clv_json_is_readable(mended) THEN mended::json END
  FROM regexp_replace(
    regexp_replace($1, '(?<!\\)((\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2})(?!\\u[dD][c-fC-F])', '\1\\ufffd', 'g'),
    '(?<!\\)((\\\\)*)(\\u0000|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})', '\1\\ufffd', 'g') AS mended);

-- A document whose members can be asked for.
FUNCTION clv_json(json) RETURNS json
RETURN CASE WHEN strpos($1::text, '\u') = 0 THEN $1 WHEN S.clv_json_is_readable($1::text) THEN $1 ELSE S.clv_json_mended($1::text) END;

FUNCTION clv_json_string(json) RETURNS text
RETURN CASE WHEN json_typeof($1) = 'string' THEN S.clv_json($1) #>> '{}' END;

FUNCTION clv_json_number(json) RETURNS numeric
RETURN CASE WHEN json_typeof($1) = 'number' THEN S.clv_number($1::text) END;

-- Comparable by code points: null for absent and null; else a digit for the type and a body in whose order the values of the type stand.
FUNCTION clv_json_key(json) RETURNS text
RETURN CASE json_typeof($1)
  WHEN 'string' THEN '3' || S.clv_fold(S.clv_json_string($1))
  WHEN 'number' THEN coalesce('2' || S.clv_number_key(S.clv_json_number($1)), '4' || btrim($1::text, E' \t\n\r'))
  WHEN 'boolean' THEN CASE WHEN strpos($1::text, 't') > 0 THEN '11' ELSE '10' END
  WHEN 'object' THEN '4' || btrim($1::text, E' \t\n\r')
  WHEN 'array' THEN '4' || btrim($1::text, E' \t\n\r') END;

-- A text and its spelling as one, in the order of the first, then of the second.
FUNCTION clv_ordered(text, text) RETURNS text
RETURN replace($1, E'\x01', E'\x01\x02') || E'\x01\x01' || $2;

-- The second of the two.
FUNCTION clv_of_ordered(text) RETURNS text
RETURN substr($1, strpos($1, E'\x01\x01') + 2);

-- The same as the key, for sorting: texts of one fold by their spelling.
FUNCTION clv_json_order(json) RETURNS text
RETURN CASE WHEN json_typeof($1) = 'string' THEN S.clv_ordered(S.clv_json_key($1), S.clv_json_string($1)) ELSE S.clv_json_key($1) END;

-- A scalar as JSON text.
FUNCTION clv_json_value(json) RETURNS text
RETURN CASE WHEN json_typeof($1) NOT IN ('object', 'array') THEN btrim($1::text, E' \t\n\r') END;

-- The key with the value behind it: the smallest and the largest of them say which value it was.
FUNCTION clv_json_extreme(json) RETURNS text
RETURN S.clv_ordered(S.clv_json_key($1), coalesce(S.clv_json_string($1), S.clv_json_value($1), ''));

FUNCTION clv_json_of_extreme(text) RETURNS text
RETURN CASE
  WHEN $1 LIKE '3%' THEN to_json(S.clv_of_ordered($1))::text
  ELSE nullif(S.clv_of_ordered($1), '') END;

FUNCTION clv_json_elements(json) RETURNS json
RETURN CASE WHEN json_typeof($1) = 'array' THEN $1 END;

-- Number of elements of an array; of an object, its member of that name when it is a number.
FUNCTION clv_json_length(json) RETURNS double precision
RETURN CASE json_typeof($1)
  WHEN 'array' THEN json_array_length($1)
  WHEN 'object' THEN S.clv_real(S.clv_json_number(S.clv_json($1) -> 'length')) END;
