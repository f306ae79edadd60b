"""psycopg 3: the extended protocol, binary values, pipelines, COPY."""
import datetime
import decimal
import sys
import uuid

import psycopg
from psycopg import errors
from psycopg.types.json import Json, Jsonb

host, port, columns = sys.argv[1:4]


def connect(**more):
    return psycopg.connect(host=host, port=port, user="postgres", dbname="postgres", **more)


db = connect()
db.execute("DROP TABLE IF EXISTS psycopg3_all")
db.execute("CREATE TABLE psycopg3_all (" + columns + ")")
db.commit()

UTC = datetime.timezone.utc
row = (
    1, -32768, -2147483648, 9223372036854775807, 1.5, 0.1, decimal.Decimal("-123456789.123"), True,
    "it's \\ ünïcode ☃", "varchar", "abc  ", b"\x00\xff'\\", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    datetime.date(2024, 2, 29), datetime.time(12, 34, 56, 789012), datetime.datetime(1999, 12, 31, 23, 59, 59, 1),
    datetime.datetime(2024, 2, 29, 12, 34, 56, 789012, UTC), datetime.timedelta(days=3, seconds=5, microseconds=7),
    {"a": [1, None, "x"]}, {"b": {"c": 1.5}}, [1, None, 3], ["a", "b c", 'q"uote', "", None], "name", 4294967295,
)


def insert(binary, number):
    mark = "%b" if binary else "%t"
    params = [number] + list(row[1:])
    params[18], params[19] = Json(row[18]), Jsonb(row[19])
    marks = ", ".join([mark] * len(row))
    cur = db.execute("INSERT INTO psycopg3_all VALUES (" + marks + ") RETURNING id", params)
    assert cur.fetchone() == (number,)


for number, binary in enumerate((False, True)):
    insert(binary, number)
    for result_binary in (False, True):
        cur = db.cursor(binary=result_binary)
        cur.execute("SELECT * FROM psycopg3_all WHERE id = %s", (number,))
        for want, have, column in zip((number,) + row[1:], cur.fetchone(), cur.description):
            assert want == have, (binary, result_binary, column.name, want, have)
db.execute("INSERT INTO psycopg3_all VALUES (" + ", ".join(["%s"] * len(row)) + ")", [9] + [None] * (len(row) - 1))
assert db.execute("SELECT * FROM psycopg3_all WHERE id = 9").fetchone() == (9,) + (None,) * (len(row) - 1)
db.commit()

# batches: executemany, a pipeline, prepared statements
db.execute("DROP TABLE IF EXISTS psycopg3_batch")
db.execute("CREATE TABLE psycopg3_batch (a int PRIMARY KEY, b text NOT NULL)")
with db.cursor() as cur:
    cur.executemany("INSERT INTO psycopg3_batch VALUES (%s, %s)", [(i, "x%d" % i) for i in range(100)])
    assert cur.rowcount == 100, cur.rowcount
    cur.executemany("INSERT INTO psycopg3_batch VALUES (%s, %s) RETURNING a", [(i, "r") for i in range(100, 103)], returning=True)
    got = []
    while True:
        got.append(cur.fetchone())
        if not cur.nextset():
            break
    assert got == [(100,), (101,), (102,)], got
db.commit()
db.autocommit = True
with db.pipeline():
    a = db.execute("INSERT INTO psycopg3_batch VALUES (200, 'p')")
    b = db.execute("SELECT count(*) FROM psycopg3_batch")
    c = db.execute("UPDATE psycopg3_batch SET b = 'q' WHERE a = 200 RETURNING b")
assert b.fetchone() == (104,) and c.fetchone() == ("q",)
try:
    with db.pipeline() as p:
        db.execute("INSERT INTO psycopg3_batch VALUES (300, 'p')")
        p.sync()
        db.execute("INSERT INTO psycopg3_batch VALUES (301, 'p')")
        db.execute("INSERT INTO psycopg3_batch VALUES (300, 'again')")
        p.sync()
    raise AssertionError("the pipeline did not fail")
except errors.UniqueViolation as e:
    assert e.diag.constraint_name == "psycopg3_batch_pkey"
got = [r[0] for r in db.execute("SELECT a FROM psycopg3_batch WHERE a >= 300 ORDER BY a")]
assert got == [300], got
for i in range(12):  # prepared by the driver after five runs
    assert db.execute("SELECT b FROM psycopg3_batch WHERE a = %s", (i,)).fetchone() == ("x%d" % i,)

# COPY, text and binary
with db.cursor() as cur:
    with cur.copy("COPY psycopg3_batch FROM STDIN") as copy:
        for i in range(1000, 3000):
            copy.write_row((i, "copied\t%d" % i))
    with cur.copy("COPY psycopg3_batch (a, b) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "text"])
        for i in range(3000, 3100):
            copy.write_row((i, "bin"))
    with cur.copy("COPY (SELECT a, b FROM psycopg3_batch WHERE a IN (1000, 3000) ORDER BY a) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["int4", "text"])
        assert list(copy.rows()) == [(1000, "copied\t1000"), (3000, "bin")]
    try:
        with cur.copy("COPY psycopg3_batch FROM STDIN") as copy:
            copy.write_row((4000, "x"))
            raise ValueError("given up")
    except (ValueError, errors.QueryCanceled):
        pass
    try:
        with cur.copy("COPY psycopg3_batch FROM STDIN") as copy:
            copy.write("4000\tx\nfour\ty\n")
        raise AssertionError("bad COPY data was taken")
    except errors.InvalidTextRepresentation:
        pass
assert db.execute("SELECT count(*) FROM psycopg3_batch WHERE a >= 1000").fetchone() == (2100,)

# transactions, savepoints, errors
db.autocommit = False
with db.transaction():
    db.execute("INSERT INTO psycopg3_batch VALUES (6000, 'kept')")
    try:
        with db.transaction():
            db.execute("INSERT INTO psycopg3_batch VALUES (6001, 'lost')")
            db.execute("INSERT INTO psycopg3_batch VALUES (6000, 'again')")
    except errors.UniqueViolation:
        pass
    with db.transaction():
        db.execute("INSERT INTO psycopg3_batch VALUES (6002, 'kept')")
got = [r[0] for r in db.execute("SELECT a FROM psycopg3_batch WHERE a >= 6000 ORDER BY a")]
assert got == [6000, 6002], got
db.rollback()


def fails(kind, sql, params=None):
    try:
        db.execute(sql, params)
    except kind as e:
        db.rollback()
        return e
    raise AssertionError("no error from " + sql)


e = fails(errors.SyntaxError, "SELECT FROM WHERE %s", (1,))
assert e.diag.statement_position == "13", e.diag.statement_position
fails(errors.InvalidTextRepresentation, "SELECT %s::int", ("x",))
e = fails(errors.NotNullViolation, "INSERT INTO psycopg3_batch VALUES (%s, NULL)", (7000,))
assert e.diag.column_name == "b" and e.diag.table_name == "psycopg3_batch"
e = fails(errors.NumericValueOutOfRange, "SELECT %s::int2", (70000,))

# server-side cursors
with db.cursor("named") as cur:
    cur.execute("SELECT a FROM psycopg3_batch WHERE a < %s ORDER BY a", (50,))
    assert cur.fetchmany(3) == [(0,), (1,), (2,)]
    cur.scroll(2)
    assert cur.fetchone() == (5,)
    assert len(cur.fetchall()) == 44
db.rollback()
db.close()
with connect(autocommit=True) as db:
    assert db.execute("SELECT count(*) FROM psycopg3_all").fetchone() == (3,)
print("all good")
