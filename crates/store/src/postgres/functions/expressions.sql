-- Whole numbers; null beyond 64 bits.
FUNCTION clv_whole(numeric) RETURNS bigint
RETURN CASE WHEN $1 >= -9223372036854775808 AND $1 <= 9223372036854775807 THEN $1::bigint END;

FUNCTION clv_add(bigint, bigint) RETURNS bigint
RETURN S.clv_whole($1::numeric + $2::numeric);

FUNCTION clv_subtract(bigint, bigint) RETURNS bigint
RETURN S.clv_whole($1::numeric - $2::numeric);

FUNCTION clv_multiply(bigint, bigint) RETURNS bigint
RETURN S.clv_whole($1::numeric * $2::numeric);

FUNCTION clv_divide(bigint, bigint) RETURNS bigint
RETURN S.clv_whole(div($1::numeric, nullif($2, 0)::numeric));

FUNCTION clv_modulo(bigint, bigint) RETURNS bigint
RETURN $1 % nullif($2, 0);

FUNCTION clv_negate(bigint) RETURNS bigint
RETURN - nullif($1, -9223372036854775808);

FUNCTION clv_abs(bigint) RETURNS bigint
RETURN abs(nullif($1, -9223372036854775808));

-- Doubles: what the server refuses to round to an infinity or to zero is scaled by powers of two first, which is exact.
FUNCTION clv_add_far(double precision, double precision) RETURNS double precision
RETURN CASE
  WHEN abs($1) = 'Infinity' OR abs($2) = 'Infinity' THEN nullif($1 + $2, 'NaN')
  WHEN abs($1 / 2 + $2 / 2) >= power(2::double precision, 1023) THEN sign($1) * double precision 'Infinity'
  ELSE ($1 / 2 + $2 / 2) * 2 END;

FUNCTION clv_add(double precision, double precision) RETURNS double precision
RETURN CASE WHEN abs($1) < 8e307 AND abs($2) < 8e307 THEN $1 + $2 ELSE S.clv_add_far($1, $2) END;

FUNCTION clv_subtract(double precision, double precision) RETURNS double precision
RETURN S.clv_add($1, - $2);

-- A result that was scaled by 2^-1024 or by 2^1000.
FUNCTION clv_scaled_up(double precision) RETURNS double precision
RETURN CASE WHEN abs($1) >= 1 THEN sign($1) * double precision 'Infinity' ELSE $1 * power(2::double precision, 1023) * 2 END;

FUNCTION clv_scaled_down(double precision) RETURNS double precision
RETURN CASE WHEN abs($1) < power(2::double precision, -74) THEN 0 ELSE $1 * power(2::double precision, -1000) END;

FUNCTION clv_multiply_far(double precision, double precision) RETURNS double precision
RETURN CASE
  WHEN abs($1) = 'Infinity' OR abs($2) = 'Infinity' THEN nullif($1 * $2, 'NaN')
  WHEN abs($1) > 1 AND abs($2) > 1
    THEN S.clv_scaled_up(($1 * power(2::double precision, -512)) * ($2 * power(2::double precision, -512)))
  WHEN abs($1) < power(2::double precision, -540) AND abs($2) < power(2::double precision, -540) THEN 0
  WHEN abs($1) < 1 AND abs($2) < 1
    THEN S.clv_scaled_down(($1 * power(2::double precision, 500)) * ($2 * power(2::double precision, 500)))
  ELSE $1 * $2 END;

FUNCTION clv_multiply(double precision, double precision) RETURNS double precision
RETURN CASE
  WHEN abs($1) < 1e150 AND abs($2) < 1e150 AND (abs($1) > 1e-150 AND abs($2) > 1e-150 OR $1 = 0 OR $2 = 0) THEN $1 * $2
  ELSE S.clv_multiply_far($1, $2) END;

FUNCTION clv_divide_far(double precision, double precision) RETURNS double precision
RETURN CASE
  WHEN abs($1) = 'Infinity' OR abs($2) = 'Infinity' THEN nullif($1 / $2, 'NaN')
  WHEN abs($1) > 1 AND abs($2) < 1
    THEN S.clv_scaled_up(($1 * power(2::double precision, -512)) / ($2 * power(2::double precision, 512)))
  WHEN abs($1) < power(2::double precision, -600) AND abs($2) > power(2::double precision, 600) THEN 0
  WHEN abs($1) < 1 AND abs($2) > 1
    THEN S.clv_scaled_down(($1 * power(2::double precision, 500)) / ($2 * power(2::double precision, -500)))
  ELSE $1 / $2 END;

FUNCTION clv_divide(double precision, double precision) RETURNS double precision
RETURN CASE
  WHEN $2 = 0 THEN NULL
  WHEN abs($1) < 1e150 AND abs($2) < 1e150 AND abs($2) > 1e-150 AND (abs($1) > 1e-150 OR $1 = 0) THEN $1 / $2
  ELSE S.clv_divide_far($1, $2) END;

-- A double as a whole number, towards zero; the nearest there is.
FUNCTION clv_int(double precision) RETURNS bigint
RETURN CASE
  WHEN $1 > 9223372036854774784 THEN 9223372036854775807
  WHEN $1 < -9223372036854774784 THEN -9223372036854775808
  ELSE trunc($1)::bigint END;

FUNCTION clv_modulo(double precision, double precision) RETURNS double precision
RETURN (S.clv_int($1) % nullif(S.clv_int($2), 0))::double precision;

FUNCTION clv_negate(double precision) RETURNS double precision
RETURN 0::double precision - $1;

FUNCTION clv_abs(double precision) RETURNS double precision
RETURN abs($1);

-- By the digits of the shortest decimal, halves away from zero.
FUNCTION clv_round(double precision, bigint) RETURNS double precision
RETURN CASE
  WHEN $2 IS NULL THEN NULL
  WHEN abs($1) < 4503599627370496
    THEN round(S.clv_exact($1), CASE WHEN $2 < 0 THEN 0 WHEN $2 > 30 THEN 30 ELSE $2::integer END)::double precision
  ELSE $1 END;

-- Where there is nothing to look for, the replacement does not matter.
FUNCTION clv_replace(text, text, text) RETURNS text
RETURN CASE WHEN $2 = '' THEN $1 ELSE replace($1, $2, $3) END;

-- The place before the first character of a part; below zero where it lies before the text.
FUNCTION clv_begin(text, bigint) RETURNS numeric
RETURN CASE WHEN $2 < 0 THEN char_length($1)::numeric + $2::numeric ELSE $2::numeric - 1 END;

-- The characters between two places.
FUNCTION clv_between(text, numeric, numeric) RETURNS text
RETURN substr($1, greatest(least($2, coalesce(char_length($1), 0)), 0)::integer + 1,
  greatest(least($3, coalesce(char_length($1), 0)), 0)::integer - greatest(least($2, coalesce(char_length($1), 0)), 0)::integer);

-- A negative count takes the characters before.
FUNCTION clv_substr(text, bigint, bigint) RETURNS text
RETURN CASE
  WHEN $3 >= 0 AND $2 IS NOT NULL THEN S.clv_between($1, S.clv_begin($1, $2), S.clv_begin($1, $2) + $3::numeric)
  WHEN $3 < 0 AND $2 IS NOT NULL THEN S.clv_between($1, S.clv_begin($1, $2) + $3::numeric, S.clv_begin($1, $2)) END;

FUNCTION clv_substr(text, bigint) RETURNS text
RETURN S.clv_substr($1, $2, 9223372036854775807);

-- The smaller and the larger of two; null when one is null.
FUNCTION clv_min(bigint, bigint) RETURNS bigint
RETURN CASE WHEN $1 <= $2 THEN $1 WHEN $1 > $2 THEN $2 END;

FUNCTION clv_max(bigint, bigint) RETURNS bigint
RETURN CASE WHEN $1 >= $2 THEN $1 WHEN $1 < $2 THEN $2 END;

FUNCTION clv_min(double precision, double precision) RETURNS double precision
RETURN CASE WHEN $1 <= $2 THEN $1 WHEN $1 > $2 THEN $2 END;

FUNCTION clv_max(double precision, double precision) RETURNS double precision
RETURN CASE WHEN $1 >= $2 THEN $1 WHEN $1 < $2 THEN $2 END;

FUNCTION clv_min(text, text) RETURNS text
RETURN CASE WHEN $1 COLLATE "C" <= $2 THEN $1 WHEN $1 COLLATE "C" > $2 THEN $2 END;

FUNCTION clv_max(text, text) RETURNS text
RETURN CASE WHEN $1 COLLATE "C" >= $2 THEN $1 WHEN $1 COLLATE "C" < $2 THEN $2 END;

-- Instants and dates that an expression makes.
FUNCTION clv_milliseconds(timestamp with time zone) RETURNS bigint
RETURN CASE WHEN isfinite($1) THEN floor(extract(epoch FROM $1) * 1000)::bigint END;

FUNCTION clv_instant(bigint) RETURNS timestamp with time zone
RETURN CASE WHEN $1 >= -62167219200000 AND $1 < 253402300800000
  THEN timestamp with time zone '1970-01-01 00:00:00+00'
    + make_interval(hours => ($1 / 3600000)::integer, secs => ($1 % 3600000)::double precision / 1000) END;

FUNCTION clv_days_in_month(integer, integer) RETURNS integer
RETURN CASE
  WHEN $2 IN (4, 6, 9, 11) THEN 30
  WHEN $2 <> 2 THEN 31
  WHEN $1 % 4 = 0 AND ($1 % 100 <> 0 OR $1 % 400 = 0) THEN 29
  ELSE 28 END;

-- Days since 1970 of the date with which a text begins; null where it is none. The year 0 is one of them.
FUNCTION clv_days(text) RETURNS bigint
RETURN CASE
  WHEN $1 ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
    AND substr($1, 9, 2)::integer <= S.clv_days_in_month(substr($1, 1, 4)::integer, substr($1, 6, 2)::integer)
  THEN make_date(substr($1, 1, 4)::integer + 400, substr($1, 6, 2)::integer, substr($1, 9, 2)::integer) - date '2370-01-01' END;

-- `:mm[:ss[.f…]]` in milliseconds; null where it is no time.
FUNCTION clv_minutes(text) RETURNS bigint
RETURN CASE
  WHEN $1 ~ '^:[0-5][0-9](:[0-5][0-9](\.[0-9]*)?)?$'
  THEN substr($1, 2, 2)::bigint * 60000 + coalesce(nullif(substr($1, 5, 2), '')::bigint, 0) * 1000
    + rpad(substr($1, 8, 3), 3, '0')::bigint END;

FUNCTION clv_offset(text) RETURNS bigint
RETURN CASE
  WHEN $1 IN ('', 'Z', 'z') THEN 0
  WHEN $1 ~ '^[+-][0-9]{2}(:?[0-9]{2})?$'
  THEN (substr($1, 1, 1) || '1')::bigint
    * (substr($1, 2, 2)::bigint * 60 + coalesce(nullif(right(replace(substr($1, 4), ':', ''), 2), '')::bigint, 0)) * 60000 END;

-- `YYYY-MM-DD[( |T)hh:mm[:ss[.f…]][Z|±hh[:mm]]]` in milliseconds since 1970; without an offset it is UTC.
FUNCTION clv_instant_parts(text, text[]) RETURNS bigint
RETURN CASE
  WHEN length($1) = 10 THEN S.clv_days($1) * 86400000
  ELSE S.clv_days($1) * 86400000 + $2[1]::bigint * 3600000 + S.clv_minutes($2[2]) - S.clv_offset(coalesce($2[3], '')) END;

FUNCTION clv_instant_ms(text) RETURNS bigint
RETURN S.clv_instant_parts(btrim($1, E' \t\n\f\r'),
  regexp_match(btrim($1, E' \t\n\f\r'), '^[^ Tt]{10}[ Tt]([01][0-9]|2[0-3])(:[0-9:]+(?:\.[0-9]*)?)[ \t\n\f\r]*([Zz]|[+-][0-9:]+)?$'));

FUNCTION clv_instant(text) RETURNS timestamp with time zone
RETURN S.clv_instant(S.clv_instant_ms($1));

-- The year 0 has no dates of its own: the server would call it 1 BC.
FUNCTION clv_date_of_days(bigint) RETURNS date
RETURN CASE WHEN $1 >= -719162 THEN date '1970-01-01' + $1::integer END;

FUNCTION clv_date(text) RETURNS date
RETURN CASE
  WHEN $1 = '0000-00-00' THEN date '-infinity'
  WHEN length($1) = 10 OR S.clv_instant_ms($1) IS NOT NULL THEN S.clv_date_of_days(S.clv_days($1)) END;

FUNCTION clv_date(bigint) RETURNS date
RETURN CASE WHEN $1 >= -62167219200000 AND $1 < 253402300800000
  THEN S.clv_date_of_days(floor($1::numeric / 86400000)::bigint) END;

-- `[-]h:mm[:ss[.f…]]` in milliseconds.
FUNCTION clv_duration_parts(text[]) RETURNS bigint
RETURN ($1[1] || '1')::bigint * ($1[2]::bigint * 3600000 + S.clv_minutes($1[3]));

FUNCTION clv_duration(text) RETURNS bigint
RETURN S.clv_duration_parts(regexp_match($1, '^(-?)([0-9]{1,7})(:.*)$'));
