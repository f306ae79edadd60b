CREATE SCHEMA xact; SET search_path = xact;
-- A statement of its own is a transaction with an id of its own.
SELECT pg_current_xact_id() AS a, pg_current_xact_id() AS b, txid_current() AS c, txid_current_if_assigned() AS d \gset
SELECT :'a' = :'b' AS same_in_statement, :a = :c AS same_in_bigint, :a = :d AS assigned;
SELECT pg_xact_status(:'a'), txid_status(:a);
SELECT pg_current_xact_id() AS b \gset
SELECT :'b'::xid8 <> :'a'::xid8 AS another, :'b'::xid8 > :'a'::xid8 AS larger;
SELECT pg_current_xact_id_if_assigned(), txid_current_if_assigned();
SELECT pg_xact_status(pg_current_xact_id());
SELECT pg_typeof(pg_current_xact_id()), pg_typeof(txid_current()), pg_typeof(pg_xact_status('1'));
-- What is no transaction's.
SELECT pg_xact_status('0'), pg_xact_status('1'), pg_xact_status('2'), pg_xact_status(NULL), txid_status(NULL);
SELECT pg_xact_status('9000000000000000000');
SELECT txid_status(9000000000000000000);
SELECT txid_status(-1);
-- In a block.
BEGIN;
SELECT pg_current_xact_id_if_assigned() IS NULL AS none_yet;
SELECT pg_current_xact_id() AS a \gset
SELECT pg_current_xact_id() = :'a' AS stable, pg_current_xact_id_if_assigned() = :'a' AS assigned, pg_xact_status(:'a');
CREATE TABLE t (n int PRIMARY KEY, x xid8 DEFAULT pg_current_xact_id(), y bigint DEFAULT txid_current());
INSERT INTO t VALUES (1) RETURNING x = :'a' AS same, y = :a AS same_in_bigint;
SAVEPOINT s;
INSERT INTO t VALUES (2) RETURNING x = :'a' AS same;
ROLLBACK TO s;
SELECT pg_current_xact_id() = :'a' AS same_behind_savepoint;
COMMIT;
SELECT pg_xact_status(:'a'), pg_xact_status(x), txid_status(y), x = :'a' AS same FROM t;
-- A write assigns an id.
BEGIN;
INSERT INTO t VALUES (2);
SELECT pg_current_xact_id_if_assigned() = x AS same FROM t WHERE n = 2;
SELECT x AS a FROM t WHERE n = 2 \gset
ROLLBACK;
SELECT pg_xact_status(:'a');
-- Failed blocks.
BEGIN;
SELECT pg_current_xact_id() AS a \gset
INSERT INTO t VALUES (1);
COMMIT;
SELECT pg_xact_status(:'a');
BEGIN;
SELECT pg_current_xact_id() AS a \gset
SAVEPOINT s;
INSERT INTO t VALUES (1);
ROLLBACK TO s;
SELECT pg_xact_status(:'a');
INSERT INTO t VALUES (3);
COMMIT;
SELECT pg_xact_status(:'a');
-- A block that only reads, and one behind the other.
BEGIN READ ONLY;
SELECT pg_current_xact_id() AS a \gset
SELECT count(*) FROM t;
COMMIT AND CHAIN;
SELECT pg_current_xact_id() AS b \gset
SELECT pg_xact_status(:'a'), pg_xact_status(:'b'), :'a'::xid8 <> :'b'::xid8 AS another;
ROLLBACK;
SELECT pg_xact_status(:'a'), pg_xact_status(:'b');
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT pg_current_xact_id() AS a \gset
SELECT count(*), min(x) < :'a' AS older FROM t;
INSERT INTO t VALUES (4) RETURNING x = :'a' AS same;
COMMIT;
SELECT pg_xact_status(:'a');
-- Writes outside of a block, and COPY.
INSERT INTO t SELECT g FROM generate_series(5, 7) g;
SELECT count(DISTINCT x), count(DISTINCT y), min(pg_xact_status(x)) FROM t WHERE n >= 5;
UPDATE t SET x = pg_current_xact_id() WHERE n = 5 RETURNING x::text::bigint > y AS larger;
SELECT pg_xact_status(x) FROM t WHERE n = 5;
COPY t (n) FROM STDIN;
8
9
\.
SELECT count(DISTINCT x), min(pg_xact_status(x)), bool_and(x::text = y::text) FROM t WHERE n >= 8;
BEGIN;
COPY t (n) FROM STDIN;
10
\.
SELECT pg_xact_status(x), x = pg_current_xact_id() AS same FROM t WHERE n = 10;
COMMIT;
SELECT pg_xact_status(x) FROM t WHERE n = 10;
-- With advisory locks and notifications.
SELECT pg_try_advisory_lock(815), pg_current_xact_id() AS a \gset
SELECT pg_xact_status(:'a');
BEGIN;
SELECT pg_current_xact_id() AS a \gset
COMMIT;
SELECT pg_xact_status(:'a');
INSERT INTO t (n) VALUES (11);
SELECT pg_xact_status(x) FROM t WHERE n = 11;
BEGIN;
SELECT pg_try_advisory_xact_lock(816), pg_current_xact_id() AS a \gset
NOTIFY xact_news;
INSERT INTO t (n) VALUES (12) RETURNING x = :'a' AS same;
COMMIT;
SELECT pg_xact_status(:'a'), pg_advisory_unlock(815);
-- The type.
SELECT '12'::xid8, '12'::xid8 = '12', '9'::xid8 < '12', '9'::xid8 >= '12', '12'::text::xid8, '12'::xid8::text::bigint, ARRAY['1', '2']::xid8[];
SELECT max(v), min(v) FROM (VALUES ('9'::xid8), ('12')) AS x(v);
SELECT v FROM (VALUES ('9'::xid8), ('12'), ('1')) AS x(v) ORDER BY v DESC;
SELECT '4294967299'::xid8::xid;
DROP SCHEMA xact CASCADE;
