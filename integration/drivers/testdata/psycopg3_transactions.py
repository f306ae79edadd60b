"""psycopg 3: `with conn.transaction()`, nested ones, pipelines and COPY inside."""
import sys
import threading

import psycopg
from psycopg import IsolationLevel, Rollback, errors
from psycopg.pq import TransactionStatus


def connect(addr, **more):
    host, port = addr.split(":")
    return psycopg.connect(host=host, port=port, user="postgres", dbname="postgres", **more)


here, there, third = sys.argv[1:4]
db = connect(here, autocommit=True)
other = connect(there, autocommit=True)
db.execute("DROP TABLE IF EXISTS psycopg3_tx")
db.execute("CREATE TABLE psycopg3_tx (id int PRIMARY KEY, n int NOT NULL)")


def sees(want, when):
    rows = other.execute("SELECT id, n FROM psycopg3_tx ORDER BY id").fetchall()
    assert dict(rows) == want, (when, rows, want)
    assert db.info.transaction_status == TransactionStatus.IDLE, (when, db.info.transaction_status)


def insert(row, n):
    db.execute("INSERT INTO psycopg3_tx VALUES (%s, %s)", (row, n))


class GivenUp(Exception):
    pass


def fails(kind, block):
    try:
        block()
    except kind as e:
        return e
    raise AssertionError("no %s" % kind.__name__)


# commit, and rollback by an exception of the program's, of the server's, or Rollback
with db.transaction():
    insert(1, 10)
sees({1: 10}, "after the block")


def gives_up():
    with db.transaction():
        insert(2, 20)
        raise GivenUp


def repeats():
    with db.transaction():
        insert(2, 20)
        insert(1, 11)


fails(GivenUp, gives_up)
sees({1: 10}, "after an exception")
fails(errors.UniqueViolation, repeats)
sees({1: 10}, "after an error")
with db.transaction():
    insert(2, 20)
    raise Rollback
sees({1: 10}, "after Rollback")
with db.transaction(force_rollback=True):
    insert(2, 20)
sees({1: 10}, "after force_rollback")

# nested: savepoints
def nested():
    with db.transaction():
        insert(3, 30)
        with db.transaction():
            raise GivenUp


with db.transaction() as outer:
    insert(2, 20)
    fails(errors.UniqueViolation, repeats)
    fails(GivenUp, nested)
    with db.transaction("named"):
        insert(4, 40)
        with db.transaction():
            insert(5, 50)
    with db.transaction():
        insert(6, 60)
        raise Rollback


sees({1: 10, 2: 20, 4: 40, 5: 50}, "after nested blocks")
with db.transaction() as outer:
    with db.transaction():
        db.execute("DELETE FROM psycopg3_tx")
        raise Rollback(outer)
sees({1: 10, 2: 20, 4: 40, 5: 50}, "after Rollback of the outer block")

# pipelines: the block around and inside
with db.pipeline():
    with db.transaction():
        a = db.execute("UPDATE psycopg3_tx SET n = n + 1 WHERE id > 1")
        b = db.execute("SELECT sum(n) FROM psycopg3_tx")
        with db.transaction():
            db.execute("DELETE FROM psycopg3_tx WHERE id = 5")
    assert a.rowcount == 3 and b.fetchone() == (123,), (a.rowcount, b)
sees({1: 10, 2: 21, 4: 41}, "after a block in a pipeline")
with db.transaction():
    with db.pipeline() as p:
        insert(7, 70)
        insert(8, 80)
        p.sync()
        c = db.execute("SELECT count(*) FROM psycopg3_tx")
    assert c.fetchone() == (5,)
    db.execute("DELETE FROM psycopg3_tx WHERE id = 8")
sees({1: 10, 2: 21, 4: 41, 7: 70}, "after a pipeline in a block")


def pipeline_fails():
    with db.pipeline():
        with db.transaction():
            insert(9, 90)
            insert(1, 11)
            insert(10, 100)


fails(errors.UniqueViolation, pipeline_fails)
sees({1: 10, 2: 21, 4: 41, 7: 70}, "after an error in a pipeline")


def nested_pipeline_fails():
    with db.transaction():
        with db.pipeline():
            insert(9, 90)
            insert(1, 11)


with db.transaction():
    insert(3, 30)
    fails(errors.UniqueViolation, nested_pipeline_fails)
    with db.cursor() as cur:
        cur.executemany("INSERT INTO psycopg3_tx VALUES (%s, %s)", [(i, 0) for i in range(20, 25)])
        with cur.copy("COPY psycopg3_tx FROM STDIN") as copy:
            copy.write_row((30, 0))
    db.execute("DELETE FROM psycopg3_tx WHERE n = 0 OR id = 7")
sees({1: 10, 2: 21, 3: 30, 4: 41}, "after a failed pipeline in a nested block")

# an error in a block by hand, then ROLLBACK
db.autocommit = False
insert(9, 90)
fails(errors.UniqueViolation, lambda: insert(1, 11))
fails(errors.InFailedSqlTransaction, lambda: db.execute("SELECT 1"))
db.rollback()
with db.transaction():  # the outer one here, since nothing has begun
    db.execute("UPDATE psycopg3_tx SET n = 42 WHERE id = 4")
sees({1: 10, 2: 21, 3: 30, 4: 42}, "after rollback()")
with db:
    db.execute("SELECT 1")  # begins
    with db.transaction():  # so this is a savepoint
        db.execute("DELETE FROM psycopg3_tx WHERE id = 3")
    with connect(third) as witness:
        assert witness.execute("SELECT count(*) FROM psycopg3_tx").fetchone() == (4,)
sees_after = connect(third, autocommit=True)
assert sees_after.execute("SELECT count(*) FROM psycopg3_tx").fetchone() == (3,)
sees_after.close()
assert db.closed  # by `with db`
db = connect(here)

# levels and modes
for level in IsolationLevel:
    db.isolation_level = level
    with db.transaction():
        (got,) = db.execute("SHOW transaction_isolation").fetchone()
        assert got == level.name.lower().replace("_", " "), (level, got)
db.isolation_level = None
with db.transaction():
    assert db.execute("SHOW transaction_isolation").fetchone() == ("read committed",)
db.read_only, db.deferrable, db.isolation_level = True, True, IsolationLevel.SERIALIZABLE


def writes():
    with db.transaction():
        assert db.execute("SHOW transaction_deferrable").fetchone() == ("on",)
        insert(9, 90)


fails(errors.ReadOnlySqlTransaction, writes)
db.read_only, db.deferrable = None, None


# a conflict, with a retry loop as the documentation has it
def add(disturb):
    with db.transaction():
        (n,) = db.execute("SELECT n FROM psycopg3_tx WHERE id = 1").fetchone()
        if disturb:
            other.execute("UPDATE psycopg3_tx SET n = n + 100 WHERE id = 1")
        db.execute("UPDATE psycopg3_tx SET n = %s WHERE id = 1", (n + 1,))


e = fails(errors.SerializationFailure, lambda: add(True))
assert isinstance(e, psycopg.OperationalError) and e.sqlstate == "40001"
add(False)
sees({1: 111, 2: 21, 4: 42}, "after a conflict")


def worker(addr, times):
    with connect(addr) as conn:
        conn.isolation_level = IsolationLevel.SERIALIZABLE
        for _ in range(times):
            while True:
                try:
                    with conn.transaction():
                        (n,) = conn.execute("SELECT n FROM psycopg3_tx WHERE id = 2").fetchone()
                        conn.execute("UPDATE psycopg3_tx SET n = %s WHERE id = 2", (n + 1,))
                    break
                except errors.SerializationFailure:
                    pass


threads = [threading.Thread(target=worker, args=(addr, 10)) for addr in (here, there, third)]
for t in threads:
    t.start()
for t in threads:
    t.join()
sees({1: 111, 2: 51, 4: 42}, "after three who counted")
db.close()
print("all good")
