CREATE SCHEMA tr_viewdef;
SET search_path TO tr_viewdef;
CREATE TABLE a (id int PRIMARY KEY, name text, n numeric, ts timestamptz, tags text[], j jsonb, ok boolean);
CREATE TABLE b (id int, a_id int REFERENCES a, "Mixed" text);
CREATE VIEW v1 AS SELECT * FROM a;
CREATE VIEW v2 AS SELECT a.id AS key, upper(name) AS up, n + 1, CASE WHEN ok THEN 'y' ELSE 'n' END AS c FROM a WHERE n > 1.5 AND (name LIKE 'x%' OR name IS NULL) ORDER BY a.id DESC LIMIT 10;
CREATE VIEW v3 AS SELECT a.name, count(*) AS n, sum(a.n) FILTER (WHERE a.ok) AS s FROM a LEFT JOIN b ON b.a_id = a.id GROUP BY a.name HAVING count(*) > 0;
CREATE VIEW v4 AS SELECT id, row_number() OVER (PARTITION BY name ORDER BY n DESC NULLS LAST) AS rn, lag(n) OVER w FROM a WINDOW w AS (ORDER BY id);
CREATE VIEW v5 AS WITH x AS (SELECT id FROM a WHERE ok) SELECT x.id, b."Mixed" FROM x JOIN b USING (id);
CREATE VIEW v6 AS SELECT id FROM a UNION ALL SELECT a_id FROM b UNION SELECT 1;
CREATE VIEW v7 AS SELECT id, j->>'k' AS k, tags[1] AS t, ts AT TIME ZONE 'UTC' AS utc, extract(year FROM ts) AS y, id::text || 'x' AS txt, coalesce(name, 'none') AS nm, id IN (1, 2) AS isin, name = ANY (tags) AS tagged FROM a;
CREATE VIEW v8 AS SELECT DISTINCT ON (name) name, id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id) AND id NOT IN (SELECT a_id FROM b WHERE a_id IS NOT NULL) ORDER BY name, id;
CREATE VIEW v9 AS SELECT s.x, g FROM (SELECT id AS x FROM a) s, generate_series(1, 3) g;
CREATE VIEW v10 AS VALUES (1, 'one'), (2, 'two');
CREATE VIEW v11 (p, q) AS SELECT v1.id, v2.up FROM v1 JOIN v2 ON v1.id = v2.key;
SELECT viewname, definition FROM pg_views WHERE schemaname = 'tr_viewdef' ORDER BY 1;
\sv v2
\d+ v3
SELECT pg_get_viewdef('v11'::regclass, true);
CREATE TABLE d (a int DEFAULT 1 + 2, b text DEFAULT upper('x'), c timestamptz DEFAULT now(), d date DEFAULT CURRENT_DATE, e numeric DEFAULT -1.5, f text DEFAULT NULL, g int[] DEFAULT ARRAY[1, 2], h interval DEFAULT '1 day', i jsonb DEFAULT '{"a": 1}', k boolean DEFAULT (1 > 2), l uuid DEFAULT gen_random_uuid(), m text DEFAULT 'it''s', n bigint DEFAULT 5, o real DEFAULT 1.5, CHECK (a > 0 AND a < 10 OR b IS NULL), CHECK (b ~ '^x' AND length(b) <= 5), CHECK (a IN (1, 2, 3)), CHECK (e BETWEEN 0 AND 1), CONSTRAINT named CHECK (NOT (a = 1 AND b = 'x')));
\d d
CREATE INDEX ON d ((a + 1), lower(b) text_pattern_ops, c DESC) WHERE k IS TRUE AND b <> '';
CREATE INDEX d_two ON d USING btree (b COLLATE "C" DESC NULLS LAST, (a % 2));
SELECT indexdef FROM pg_indexes WHERE schemaname = 'tr_viewdef' ORDER BY 1;
SELECT pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint WHERE conrelid = 'd'::regclass ORDER BY conname;
SELECT adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'd'::regclass ORDER BY adnum;
\set VERBOSITY terse
DROP SCHEMA tr_viewdef CASCADE;
