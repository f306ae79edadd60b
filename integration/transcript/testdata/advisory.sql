-- Advisory locks of one session; integration/cluster has several.
\pset null (null)
\set locks 'SELECT locktype, classid, objid, objsubid, mode, granted FROM pg_locks WHERE locktype = ''advisory'' ORDER BY classid, objid, objsubid, mode;'

-- Session locks are counted.
SELECT pg_advisory_lock(1);
SELECT pg_advisory_lock(1);
SELECT pg_try_advisory_lock(1);
:locks
SELECT pg_advisory_unlock(1), pg_advisory_unlock(1);
:locks
SELECT pg_advisory_unlock(1);
:locks
SELECT pg_advisory_unlock(1);
SELECT pg_advisory_unlock_shared(1);

-- Both modes, both kinds of keys.
SELECT pg_advisory_lock(1, 2), pg_advisory_lock_shared(1, 2), pg_advisory_lock_shared(-1);
SELECT pg_try_advisory_lock(-1), pg_try_advisory_lock_shared(4294967296), pg_try_advisory_lock(-2147483648, 2147483647);
:locks
SELECT pg_advisory_unlock_shared(1, 2), pg_advisory_unlock(4294967298);
:locks
SELECT pg_advisory_unlock_all();
:locks

-- Locks of a transaction.
SELECT pg_advisory_xact_lock(5);
:locks
BEGIN;
SELECT pg_advisory_xact_lock(5), pg_advisory_xact_lock_shared(6), pg_try_advisory_xact_lock(7, 8), pg_try_advisory_xact_lock_shared(9);
SELECT pg_advisory_lock(5);
:locks
SELECT pg_advisory_unlock(6);
SELECT pg_advisory_unlock_all();
:locks
COMMIT;
:locks

BEGIN;
SELECT pg_advisory_lock(5);
SELECT pg_advisory_xact_lock(5), pg_advisory_xact_lock(6);
SELECT pg_advisory_unlock(5);
SELECT pg_advisory_unlock(5);
:locks
ROLLBACK;
:locks

-- A session lock survives the transaction, whatever becomes of it.
BEGIN;
SELECT pg_advisory_lock(10), pg_advisory_xact_lock(10), pg_advisory_xact_lock(11);
SELECT 1/0;
ROLLBACK;
:locks
SELECT pg_advisory_unlock(10);

-- Savepoints.
BEGIN;
SELECT pg_advisory_xact_lock(1);
SAVEPOINT s;
SELECT pg_advisory_xact_lock(1), pg_advisory_xact_lock(2), pg_advisory_lock(3);
:locks
ROLLBACK TO s;
:locks
SELECT pg_advisory_xact_lock(4);
RELEASE s;
:locks
COMMIT;
:locks
DISCARD ALL;
:locks

-- Where the call stands.
CREATE SCHEMA advisory;
SET search_path TO advisory;
CREATE TABLE jobs(id int PRIMARY KEY, name text);
INSERT INTO jobs VALUES (1, 'a'), (2, 'b'), (3, 'c');
SELECT id, pg_try_advisory_lock(id) FROM jobs ORDER BY id;
:locks
SELECT count(pg_advisory_unlock(id)) FROM jobs WHERE id < 3;
:locks
SELECT id FROM jobs WHERE pg_try_advisory_lock(id) ORDER BY id;
SELECT pg_advisory_unlock_all();
SELECT * FROM (SELECT pg_try_advisory_lock(20) AS got) q WHERE got;
WITH q AS MATERIALIZED (SELECT pg_try_advisory_lock(21) AS got) SELECT got, 'yes' AS text FROM q WHERE got;
SELECT pg_advisory_lock(hashtext('migrations')) IS NULL AS locked, 1 + 1 AS two;
:locks
SELECT pg_advisory_unlock(20), pg_advisory_unlock(21), pg_advisory_unlock(hashtext('migrations'));
:locks
SELECT pg_advisory_lock(NULL), pg_try_advisory_lock(NULL), pg_advisory_unlock(NULL), pg_advisory_lock(1, NULL);
PREPARE l(bigint) AS SELECT pg_try_advisory_lock($1);
EXECUTE l(30);
EXECUTE l(31);
SELECT pg_advisory_unlock(30), pg_advisory_unlock(31);
DEALLOCATE l;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT pg_advisory_xact_lock(40);
INSERT INTO jobs VALUES (4, 'd');
SELECT pg_advisory_xact_lock(41);
SELECT count(*) FROM jobs;
:locks
COMMIT;
:locks
SELECT count(*) FROM jobs;
BEGIN READ ONLY;
SELECT pg_try_advisory_xact_lock(50);
COMMIT;
SELECT pg_advisory_lock('x');
SELECT pg_advisory_lock();
SELECT pg_advisory_lock(1.5);
DROP TABLE jobs;
DROP SCHEMA advisory;
