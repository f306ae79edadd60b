-- Queries, COPY, errors and variables as psql shows them.
CREATE TABLE t (a int PRIMARY KEY, b text, c numeric);
\copy t FROM STDIN WITH (FORMAT csv)
1,one,1.10
2,"two, quoted",
3,,3.3
\.
COPY t FROM STDIN;
4	four	\N
\.
SELECT * FROM t ORDER BY a;
\copy t TO STDOUT WITH (FORMAT csv, HEADER)
\copy (SELECT a, b FROM t WHERE a < 3 ORDER BY a DESC) TO STDOUT
SELECT a, b, c, now() AS d, ARRAY[a] AS e FROM t \gdesc
SELECT 1 AS x \; SELECT 2 AS y \; INSERT INTO t VALUES (5, 'five', 5) \; SELECT count(*) FROM t;
SELECT 1 \; SELECT 1/0 \; SELECT 3;
SELECT count(*) FROM t;
INSERT INTO t VALUES (1, 'again', NULL);
INSERT INTO t VALUES (NULL, 'again', NULL);
SELECT * FROM nowhere;
SELECT nothing FROM t;
SELEC 1;
SELECT 'x'::int;
SELECT a FROM t WHERE b = 1;
\set ON_ERROR_ROLLBACK on
BEGIN;
INSERT INTO t VALUES (6, 'six', 6);
INSERT INTO t VALUES (6, 'six', 6);
COMMIT;
SELECT a FROM t WHERE a > 5;
\set ON_ERROR_ROLLBACK off
BEGIN;
INSERT INTO t VALUES (7, 'seven', 7);
SELECT 1/0;
SELECT 1;
COMMIT;
SELECT a FROM t WHERE a > 6;
\set FETCH_COUNT 2
SELECT a, b FROM t ORDER BY a;
\unset FETCH_COUNT
SELECT a AS one, b AS two FROM t WHERE a = 1 \gset
\echo :one :two
SELECT format('SELECT %s AS made', a) FROM t WHERE a < 3 ORDER BY a \gexec
\x
SELECT * FROM t WHERE a = 2;
\x
\pset null '(null)'
SELECT * FROM t WHERE a = 3;
SELECT a, b, a FROM t WHERE a < 3 ORDER BY 1, 2 \crosstabview a b
PREPARE p (int) AS SELECT b FROM t WHERE a = $1;
EXECUTE p(2);
EXECUTE p('x');
DEALLOCATE p;
EXECUTE p(1);
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT a FROM t ORDER BY a;
FETCH 2 FROM c;
FETCH BACKWARD 1 FROM c;
FETCH ABSOLUTE 4 FROM c;
MOVE 1 FROM c;
FETCH ALL FROM c;
FETCH PRIOR FROM c;
CLOSE c;
FETCH c;
ROLLBACK;
SHOW search_path;
SET search_path = nowhere, public;
SHOW search_path;
RESET search_path;
SET LOCAL work_mem = '1MB';
SHOW TimeZone;
SET TimeZone = 'Europe/Berlin';
SELECT '2024-07-01 12:00:00+00'::timestamptz;
SET nothing = 1;
SELECT set_config('application_name', 'psql test', false);
SHOW application_name;
DISCARD ALL;
