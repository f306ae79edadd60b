CREATE SCHEMA tr_constraints;
SET search_path TO tr_constraints;
CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE, age int CHECK (age BETWEEN 0 AND 150), name text NOT NULL, a int, b int, CHECK (a < b), UNIQUE (a, b));
INSERT INTO t VALUES (1, 'a@x', 20, 'A', 1, 2);
INSERT INTO t VALUES (1, 'b@x', 20, 'B', 3, 4);
INSERT INTO t VALUES (2, 'a@x', 20, 'B', 3, 4);
INSERT INTO t VALUES (2, 'b@x', 200, 'B', 3, 4);
INSERT INTO t VALUES (2, 'b@x', 20, NULL, 3, 4);
INSERT INTO t VALUES (2, 'b@x', 20, 'B', 4, 3);
INSERT INTO t VALUES (2, 'b@x', 20, 'B', 1, 2);
INSERT INTO t VALUES (NULL, 'b@x', 20, 'B', 3, 4);
INSERT INTO t (email) VALUES ('c@x');
INSERT INTO t VALUES (2, NULL, NULL, 'B', NULL, 2), (3, NULL, NULL, 'C', NULL, 2);
SELECT * FROM t ORDER BY id;
UPDATE t SET id = 1 WHERE id = 2;
UPDATE t SET email = 'a@x' WHERE id = 2;
UPDATE t SET name = NULL;
UPDATE t SET age = -1 WHERE id = 3;
UPDATE t SET a = 5, b = 4 WHERE id = 3;
UPDATE t SET a = 5, b = 6 WHERE id = 3 RETURNING *;
\set VERBOSITY verbose
\set VERBOSITY default
CREATE TABLE multi (a int, b text, c date, PRIMARY KEY (a, b));
INSERT INTO multi VALUES (1, 'x', '2020-01-01'), (1, 'y', NULL);
INSERT INTO multi VALUES (1, 'x', NULL);
INSERT INTO multi VALUES (1, NULL, NULL);
CREATE TABLE uniq_types (u uuid UNIQUE, n numeric UNIQUE, ts timestamptz UNIQUE, f float8 UNIQUE, by bytea UNIQUE, bo boolean UNIQUE, d date UNIQUE, vc varchar(5) UNIQUE, c char(5) UNIQUE);
INSERT INTO uniq_types (u) VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
INSERT INTO uniq_types (u) VALUES ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11');
INSERT INTO uniq_types (n) VALUES (1.0);
INSERT INTO uniq_types (n) VALUES (1.00);
INSERT INTO uniq_types (ts) VALUES ('2020-01-01 00:00:00+00');
INSERT INTO uniq_types (ts) VALUES ('2020-01-01 01:00:00+01');
INSERT INTO uniq_types (f) VALUES (0.0);
INSERT INTO uniq_types (f) VALUES ('-0');
INSERT INTO uniq_types (by) VALUES ('\x00ff');
INSERT INTO uniq_types (by) VALUES ('\x00FF');
INSERT INTO uniq_types (bo) VALUES (true);
INSERT INTO uniq_types (bo) VALUES ('yes');
INSERT INTO uniq_types (d) VALUES ('2020-02-29');
INSERT INTO uniq_types (d) VALUES ('Feb 29 2020');
INSERT INTO uniq_types (vc) VALUES ('ab');
INSERT INTO uniq_types (vc) VALUES ('ab ');
INSERT INTO uniq_types (c) VALUES ('ab');
INSERT INTO uniq_types (c) VALUES ('ab ');
INSERT INTO uniq_types (vc) VALUES ('abcdef');
INSERT INTO uniq_types (vc) VALUES ('abcde   ');
SELECT count(*) FROM uniq_types;
CREATE TABLE nnd (a int, UNIQUE NULLS NOT DISTINCT (a));
INSERT INTO nnd VALUES (NULL);
\set VERBOSITY terse
INSERT INTO nnd VALUES (NULL);
\set VERBOSITY default
CREATE TABLE chk (a int CONSTRAINT a_pos CHECK (a > 0) CONSTRAINT a_small CHECK (a < 10), t text CHECK (t ~ '^[a-z]+$'), j jsonb CHECK (j ? 'k'));
INSERT INTO chk VALUES (0, 'a', '{"k":1}');
INSERT INTO chk VALUES (11, 'a', '{"k":1}');
INSERT INTO chk VALUES (1, 'A', '{"k":1}');
INSERT INTO chk VALUES (1, 'a', '{"x":1}');
INSERT INTO chk VALUES (1, 'a', '{"k":1}');
INSERT INTO chk VALUES (NULL, NULL, NULL);
\d chk
SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY conname;
\set VERBOSITY terse
DROP SCHEMA tr_constraints CASCADE;
