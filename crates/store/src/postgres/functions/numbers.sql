-- The number that a text is, as the product reads numbers: at most 2000 characters and an exponent of at most 2000.
FUNCTION clv_number(text) RETURNS numeric
RETURN CASE
  WHEN octet_length($1) <= 2000
    AND btrim($1, E' \t\n\f\r') ~ '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?(?=[0-9])0*(2000|1[0-9]{3}|[0-9]{0,3}))?$'
  THEN btrim($1, E' \t\n\f\r')::numeric END;

-- The nearest double; beyond all doubles an infinity.
FUNCTION clv_real(numeric) RETURNS double precision
RETURN CASE
  WHEN abs($1) < 1e300 AND abs($1) > 1e-300 THEN $1::double precision
  WHEN $1 = 'NaN' THEN NULL
  WHEN abs($1) >= 179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904174497792
    THEN sign($1)::double precision * double precision 'Infinity'
  WHEN abs($1) > 2.4703282292062328e-324 THEN $1::double precision
  WHEN $1 IS NOT NULL THEN 0 END;

-- The nearest double; beyond all doubles null.
FUNCTION clv_double(numeric) RETURNS double precision
RETURN nullif(nullif(S.clv_real($1), double precision 'Infinity'), double precision '-Infinity');

-- The shortest decimal of a double from 2^53 on, where the server's own text may be longer by a digit: it never takes a number that lies
-- exactly in the middle between two doubles.
FUNCTION clv_exact_large(double precision) RETURNS numeric
RETURN coalesce(
  (SELECT candidate
   FROM generate_series(1, 17) AS digits(count),
     LATERAL (SELECT trunc($1::text::numeric, count - length(trunc(abs($1::text::numeric))::text)) AS low,
       sign($1::text::numeric) * (10::numeric ^ (length(trunc(abs($1::text::numeric))::text) - count)) AS unit) AS near,
     LATERAL (VALUES (low), (low + unit)) AS candidates(candidate)
   WHERE S.clv_real(candidate) = $1
   ORDER BY count, abs(candidate - $1::text::numeric) LIMIT 1),
  $1::text::numeric);

-- The shortest decimal that reads back as the same double; null for infinities and what is no number.
FUNCTION clv_exact(double precision) RETURNS numeric
RETURN CASE
  WHEN abs($1) < 9007199254740992 THEN $1::text::numeric
  WHEN abs($1) < 1e42 THEN S.clv_exact_large($1)
  WHEN abs($1) < 'Infinity' THEN $1::text::numeric END;

-- The digits of a number, without exponent and without zeros at the end.
FUNCTION clv_decimal(double precision) RETURNS text
RETURN trim_scale(S.clv_exact($1))::text;

-- Position of the first digit and the digits: of the canonical text of a number above zero.
FUNCTION clv_digits_key(text) RETURNS text
RETURN CASE
  WHEN $1 LIKE '0.%'
  THEN lpad((50000 - length($1) + 2 + length(ltrim(substr($1, 3), '0')))::text, 5, '0') || ltrim(substr($1, 3), '0')
  ELSE lpad((49999 + strpos($1 || '.', '.'))::text, 5, '0') || rtrim(replace($1, '.', ''), '0') END;

-- Text whose order by code points is the order of the numbers, equal for equal numbers.
FUNCTION clv_number_key(numeric) RETURNS text
RETURN CASE
  WHEN $1 > 0 THEN '2' || S.clv_digits_key(trim_scale($1)::text)
  WHEN $1 < 0 THEN '0' || translate(S.clv_digits_key(trim_scale(- $1)::text), '0123456789', '9876543210') || '~'
  WHEN $1 = 0 THEN '1' END;
