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

PROGRAM clv_json_string(value json) RETURNS text
BEGIN
  IF json_typeof(value) = 'string' THEN
    RETURN S.clv_json(value) #>> '{}';
  END IF;
  RETURN NULL;
END

PROGRAM clv_json_number(value json) RETURNS numeric
BEGIN
  IF json_typeof(value) = 'number' THEN
    RETURN S.clv_number(value::text);
  END IF;
  RETURN NULL;
END

-- Comparable by code points: null for absent and null; else a digit for the type and a body in whose order the values of the type stand.
PROGRAM clv_json_key(value json) RETURNS text
DECLARE
  kind text := json_typeof(value);
  body text;
  number numeric;
BEGIN
  IF kind = 'string' THEN
    body := S.clv_json(value) #>> '{}';
    RETURN '3' || S.clv_fold(body);
  END IF;
  body := btrim(value::text, E' \t\n\r');
  IF kind = 'number' THEN
    number := S.clv_number(body);
    IF number IS NOT NULL THEN
      RETURN '2' || S.clv_number_key(number);
    END IF;
  ELSIF kind = 'boolean' THEN
    RETURN CASE body WHEN 'true' THEN '11' ELSE '10' END;
  ELSIF kind = 'null' THEN
    RETURN NULL;
  END IF;
  RETURN '4' || body;
END

-- A text and its spelling as one, in the order of the first, then of the second.
FUNCTION clv_ordered(text, text) RETURNS text
RETURN replace($1, E'\x01', E'\x01\x02') || E'\x01\x01' || $2;

-- The second of the two.
FUNCTION clv_of_ordered(text) RETURNS text
RETURN substr($1, strpos($1, E'\x01\x01') + 2);

-- The same as the key, for sorting: texts of one fold by their spelling.
PROGRAM clv_json_order(value json) RETURNS text
DECLARE
  body text;
BEGIN
  IF json_typeof(value) = 'string' THEN
    body := S.clv_json(value) #>> '{}';
    RETURN S.clv_ordered('3' || S.clv_fold(body), body);
  END IF;
  RETURN S.clv_json_key(value);
END

-- A scalar as JSON text.
FUNCTION clv_json_value(json) RETURNS text
RETURN CASE WHEN json_typeof($1) NOT IN ('object', 'array') THEN btrim($1::text, E' \t\n\r') END;

-- The key with the value behind it: the smallest and the largest of them say which value it was.
PROGRAM clv_json_extreme(value json) RETURNS text
BEGIN
  IF json_typeof(value) = 'string' THEN
    RETURN S.clv_json_order(value);
  END IF;
  RETURN S.clv_ordered(S.clv_json_key(value), coalesce(S.clv_json_value(value), ''));
END

FUNCTION clv_json_of_extreme(text) RETURNS text
RETURN CASE
  WHEN $1 LIKE '3%' THEN to_json(S.clv_of_ordered($1))::text
  ELSE nullif(S.clv_of_ordered($1), '') END;

FUNCTION clv_json_elements(json) RETURNS json
RETURN CASE WHEN json_typeof($1) = 'array' THEN $1 END;

-- Number of elements of an array; of an object, its member of that name when it is a number.
PROGRAM clv_json_length(value json) RETURNS double precision
DECLARE
  kind text := json_typeof(value);
BEGIN
  IF kind = 'array' THEN
    RETURN json_array_length(value);
  ELSIF kind = 'object' THEN
    RETURN S.clv_real(S.clv_json_number(S.clv_json(value) -> 'length'));
  END IF;
  RETURN NULL;
END
