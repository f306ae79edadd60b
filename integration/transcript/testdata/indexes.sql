CREATE SCHEMA tr_indexes;
SET search_path TO tr_indexes;
CREATE TABLE t (id int PRIMARY KEY, a int, b text, c timestamptz, d jsonb);
CREATE INDEX t_a_i ON t (a);
CREATE INDEX ON t (b);
CREATE INDEX ON t (a, b DESC NULLS LAST);
CREATE INDEX ON t (lower(b));
CREATE INDEX t_part ON t (a) WHERE b IS NOT NULL;
CREATE UNIQUE INDEX t_ub ON t (b);
CREATE UNIQUE INDEX t_ulow ON t (lower(b)) WHERE a > 10;
CREATE INDEX t_a_i ON t (a);
CREATE INDEX IF NOT EXISTS t_a_i ON t (a);
CREATE INDEX t_inc ON t (a) INCLUDE (c);
CREATE INDEX ON t (nope);
CREATE INDEX ON nowhere (a);
\d t
\d t_part
\di
INSERT INTO t VALUES (1, 1, 'X', NULL, NULL), (2, 11, 'x', NULL, NULL);
INSERT INTO t VALUES (3, 2, 'X', NULL, NULL);
\set VERBOSITY terse
INSERT INTO t VALUES (3, 12, 'X ', NULL, NULL), (4, 12, 'x ', NULL, NULL);
\set VERBOSITY default
SELECT id FROM t WHERE lower(b) = 'x' ORDER BY id;
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'tr_indexes' ORDER BY 1;
ALTER INDEX t_a_i RENAME TO t_a_new;
DROP INDEX t_a_i;
DROP INDEX IF EXISTS t_a_i;
DROP INDEX t_a_new, t_part;
DROP INDEX t_pkey;
\set VERBOSITY terse
DROP SCHEMA tr_indexes CASCADE;
