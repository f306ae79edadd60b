-- What a session sends comes back to it when the transaction commits, once, in
-- the order of first occurrence.
LISTEN a;
NOTIFY a;
NOTIFY a, 'one';
SELECT pg_notify('a', 'two');
NOTIFY a, '';
NOTIFY a, E'several\nlines';
NOTIFY "Grüße", 'nobody listens';
BEGIN;
NOTIFY a, 'first';
SELECT pg_notify('a', 'second');
NOTIFY a, 'first';
COMMIT;
SELECT pg_notify('a', 'x'), pg_notify('a', 'y'), pg_notify('a', 'x');
SELECT pg_notify('a', 'row ' || g) FROM generate_series(1, 3) g;
SELECT pg_notify('a', 'sorted ' || g) FROM generate_series(1, 4) g ORDER BY g DESC LIMIT 3;
SELECT count(*) FROM (SELECT pg_notify('a', 'inner ' || g) FROM generate_series(1, 2) g) s;
NOTIFY a, 'one of'\; NOTIFY a, 'several statements'\; SELECT 1;

-- What does not commit is not sent.
BEGIN;
NOTIFY a, 'lost';
ROLLBACK;
BEGIN;
SELECT pg_notify('a', 'lost');
SELECT 1 / 0;
NOTIFY a, 'aborted';
LISTEN b;
UNLISTEN a;
COMMIT;
NOTIFY a, 'lost with the next'\; SELECT 1 / 0;

-- Savepoints.
BEGIN;
NOTIFY a, '1';
SAVEPOINT s;
NOTIFY a, '2';
NOTIFY a, '1';
ROLLBACK TO s;
NOTIFY a, '3';
SAVEPOINT t;
SELECT pg_notify('a', '4'), pg_notify('a', '3');
RELEASE t;
NOTIFY a, '4';
COMMIT;

-- Writes.
CREATE SCHEMA notify;
SET search_path = notify;
CREATE TABLE job (id int PRIMARY KEY, state text);
INSERT INTO job SELECT g, pg_notify('a', 'inserted ' || g)::text FROM generate_series(1, 2) g;
UPDATE job SET state = 'done' WHERE id = 2 RETURNING id, pg_notify('a', 'done ' || id);
INSERT INTO job VALUES (2, 'again') ON CONFLICT DO NOTHING RETURNING pg_notify('a', 'again ' || id);
INSERT INTO job SELECT g, pg_notify('a', 'conflict ' || g)::text FROM generate_series(3, 1, -1) g;
DELETE FROM job WHERE pg_notify('a', 'deleted ' || id) IS NOT NULL;
BEGIN;
INSERT INTO job VALUES (5);
SELECT pg_notify('a', 'job ' || id) FROM job;
COMMIT;
SELECT CASE WHEN id = 5 THEN pg_notify('a', 'five') ELSE pg_notify('a', 'other') END FROM job;
SELECT 1 FROM job WHERE id = 6 AND pg_notify('a', 'no row') IS NOT NULL;
PREPARE send(text) AS SELECT pg_notify('a', $1);
EXECUTE send('prepared');
DEALLOCATE send;

-- Read-only transactions may notify and listen.
BEGIN READ ONLY;
NOTIFY a, 'read only';
SELECT pg_notify('a', 'the same');
LISTEN c;
INSERT INTO job VALUES (7);
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT count(*) FROM job;
SELECT pg_notify('a', 'one snapshot');
SELECT count(*) FROM job;
COMMIT;

-- LISTEN and UNLISTEN take effect at the end of the transaction.
SELECT pg_listening_channels();
BEGIN;
LISTEN b;
SELECT pg_listening_channels();
NOTIFY b, 'to itself';
COMMIT;
SELECT * FROM pg_listening_channels();
BEGIN;
LISTEN c;
ROLLBACK;
BEGIN;
NOTIFY b, 'left';
UNLISTEN b;
COMMIT;
SELECT pg_listening_channels();
BEGIN;
LISTEN c;
SAVEPOINT s;
LISTEN d;
UNLISTEN a;
ROLLBACK TO s;
COMMIT;
SELECT pg_listening_channels() AS channel ORDER BY 1 DESC;
LISTEN a;
UNLISTEN nothing;
LISTEN "With ""quotes"" in it";
NOTIFY "With ""quotes"" in it", 'it''s fine';
LISTEN Upper;
NOTIFY upper, 'folded';
SELECT count(*), max(length(c)) FROM pg_listening_channels() c;
BEGIN;
UNLISTEN *;
LISTEN e;
LISTEN e;
COMMIT;
SELECT pg_listening_channels();
BEGIN;
DISCARD ALL;
ROLLBACK;
DISCARD ALL;
SELECT pg_listening_channels();
NOTIFY e, 'nobody';

-- Errors.
LISTEN a;
SELECT pg_notify('', 'x');
SELECT pg_notify(NULL, 'x');
SELECT pg_notify('a', NULL);
SELECT pg_notify(repeat('a', 63), 'x');
SELECT pg_notify(repeat('a', 64), 'x');
SELECT pg_notify('a', repeat('x', 8000));
SELECT length(pg_notify('b', repeat('x', 7999))::text);
BEGIN;
NOTIFY a, 'before the error';
SELECT pg_notify('a', repeat('x', 8000));
COMMIT;
LISTEN "";
NOTIFY a, 5;
PREPARE p AS NOTIFY a;
SELECT pg_notification_queue_usage();
UNLISTEN *;
DROP SCHEMA notify CASCADE;
