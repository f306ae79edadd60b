CREATE SCHEMA tr_gen;
SET search_path TO tr_gen;
CREATE TABLE g (id int PRIMARY KEY, w numeric, h numeric, area numeric GENERATED ALWAYS AS (w * h) STORED, label text GENERATED ALWAYS AS ('#' || id::text) STORED);
INSERT INTO g (id, w, h) VALUES (1, 2, 3), (2, 1.5, 4) RETURNING *;
INSERT INTO g VALUES (3, 1, 1, DEFAULT) RETURNING *;
INSERT INTO g VALUES (4, 1, 1, 5);
UPDATE g SET w = 10 WHERE id = 1 RETURNING *;
UPDATE g SET area = 3;
UPDATE g SET area = DEFAULT WHERE id = 2 RETURNING area;
SELECT id, area FROM g WHERE area > 5 ORDER BY area;
CREATE INDEX ON g (area);
CREATE TABLE bad (a int, b int DEFAULT 1 GENERATED ALWAYS AS (a) STORED);
CREATE TABLE bad (a int, b timestamptz GENERATED ALWAYS AS (now()) STORED);
\d g
ALTER TABLE g DROP COLUMN w;
INSERT INTO g (id, w, h) VALUES (5, NULL, 3) ON CONFLICT (id) DO NOTHING;
INSERT INTO g (id, w, h) VALUES (5, 1, 1) ON CONFLICT (id) DO UPDATE SET w = 7 RETURNING *;
\set VERBOSITY terse
DROP SCHEMA tr_gen CASCADE;
