CREATE SCHEMA tr_copy;
\set SHOW_CONTEXT never
SET search_path TO tr_copy;
CREATE TABLE t (id int PRIMARY KEY, v text, n numeric, d date, a int[], b boolean);
COPY t FROM stdin;
1	one	1.5	2020-01-01	{1,2}	t
2	\N	\N	\N	\N	\N
3	tab\there\\and\nnewline	0	infinity	{}	f
\.
COPY t TO stdout;
COPY t (v, id) FROM stdin WITH (FORMAT csv, HEADER);
v,id
"quoted, ""text""",4
,5
"",6
\.
COPY t TO stdout WITH (FORMAT csv, HEADER true, NULL 'NULL', FORCE_QUOTE (v));
COPY (SELECT id, v FROM t WHERE id > 3 ORDER BY id DESC) TO stdout WITH CSV;
COPY t (id, n) FROM stdin DELIMITER '|';
7|1.25
\.
COPY t (id, v) TO stdout DELIMITER ',' NULL '?';
COPY t FROM stdin;
1	dup	\N	\N	\N	\N
\.
COPY t FROM stdin;
8	x
\.
COPY t FROM stdin;
x	x	\N	\N	\N	\N
\.
COPY t FROM stdin;
8	x	\N	\N	\N	\N	extra
\.
COPY t (id, nope) TO stdout;
COPY nowhere TO stdout;
COPY t TO stdout (FORMAT nope);
COPY t (id, v) FROM stdin (FORMAT csv, DELIMITER ';', QUOTE '''', NULL 'nil', FORCE_NOT_NULL (v));
9;'a;b'
10;nil
\.
SELECT id, v FROM t WHERE id >= 8 ORDER BY id;
CREATE TABLE ser (id serial, v text DEFAULT 'dd', w int);
COPY ser (w) FROM stdin;
10
20
\.
SELECT * FROM ser ORDER BY id;
\.
SELECT * FROM ser ORDER BY id;
BEGIN;
COPY ser (w) FROM stdin;
77
\.
SELECT count(*) FROM ser;
ROLLBACK;
SELECT count(*) FROM ser;
\copy ser (v, w) to stdout csv
COPY (VALUES (1, E'a\tb'), (2, NULL)) TO stdout;
CREATE VIEW vw AS SELECT 1 AS one;
COPY vw TO stdout;
COPY (SELECT * FROM vw) TO stdout;
\set VERBOSITY terse
DROP SCHEMA tr_copy CASCADE;
