-- Hash of a row's text, see the layout.
FUNCTION clv_row_hash(text) RETURNS bigint
RETURN hashtextextended($1, 0);

-- Stamp to show: stamp, hash, stamp before and hash before of the side row; the row's hash now.
FUNCTION clv_side_stamp(bigint, bigint, bigint, bigint, bigint) RETURNS bigint
RETURN CASE WHEN $5 = $2 THEN $1 WHEN $5 = $4 THEN coalesce($3, 1) ELSE least($1 + 1, 2147483647) END;
