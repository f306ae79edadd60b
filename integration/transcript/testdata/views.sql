CREATE SCHEMA tr_views;
SET search_path TO tr_views;
CREATE TABLE emp (id int PRIMARY KEY, name text, dept text, salary numeric(10,2));
INSERT INTO emp VALUES (1, 'Ann', 'eng', 100), (2, 'Bob', 'eng', 90.5), (3, 'Cid', 'ops', 70), (4, 'Dee', NULL, NULL);
CREATE VIEW v AS SELECT id, name, salary * 2 AS double FROM emp WHERE salary > 75;
SELECT * FROM v ORDER BY id;
CREATE VIEW v AS SELECT 1;
CREATE OR REPLACE VIEW v AS SELECT id, name, salary * 3 AS double, dept FROM emp WHERE salary > 75;
SELECT * FROM v ORDER BY id;
CREATE OR REPLACE VIEW v AS SELECT id FROM emp;
CREATE OR REPLACE VIEW v AS SELECT id, name AS nm, salary * 3 AS double, dept FROM emp;
CREATE VIEW agg (department, total, n) AS SELECT dept, sum(salary), count(*) FROM emp GROUP BY dept;
SELECT * FROM agg ORDER BY department;
CREATE VIEW nested AS SELECT a.department, v.name FROM agg a JOIN v ON v.dept = a.department;
SELECT * FROM nested ORDER BY name;
\d v
\d agg
\set VERBOSITY terse
DROP TABLE emp;
\set VERBOSITY default
DROP VIEW agg;
DROP VIEW nested;
SELECT * FROM agg ORDER BY 1;
ALTER VIEW agg RENAME TO agg2;
SELECT count(*) FROM agg2;
ALTER TABLE emp DROP COLUMN salary;
CREATE VIEW bad AS SELECT nope FROM emp;
CREATE VIEW dup AS SELECT 1 AS a, 2 AS a;
CREATE VIEW vals AS VALUES (1, 'a'), (2, 'b');
SELECT * FROM vals;
CREATE VIEW rec AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT n FROM r;
SELECT * FROM rec;
DROP VIEW IF EXISTS nowhere;
DROP VIEW nowhere;
DROP VIEW emp;
\dv
\set VERBOSITY terse
DROP SCHEMA tr_views CASCADE;
