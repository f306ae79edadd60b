"""psycopg2: simple queries with client-side parameters, COPY, named cursors."""
import datetime
import decimal
import io
import sys
import uuid

import psycopg2
import psycopg2.errors
import psycopg2.extras

host, port, columns = sys.argv[1:4]


def connect():
    return psycopg2.connect(host=host, port=port, user="postgres", dbname="postgres")


psycopg2.extras.register_uuid()
db = connect()
assert db.server_version >= 150000, db.server_version
cur = db.cursor()
cur.execute("DROP TABLE IF EXISTS psycopg2_all")
cur.execute("CREATE TABLE psycopg2_all (" + columns + ")")
db.commit()

UTC = datetime.timezone.utc
row = (
    1, -32768, -2147483648, 9223372036854775807, 1.5, 0.1, decimal.Decimal("-123456789.123"), True,
    "it's \\ ünïcode ☃", "varchar", "abc  ", b"\x00\xff'\\", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    datetime.date(2024, 2, 29), datetime.time(12, 34, 56, 789012), datetime.datetime(1999, 12, 31, 23, 59, 59, 1),
    datetime.datetime(2024, 2, 29, 12, 34, 56, 789012, UTC), datetime.timedelta(days=3, seconds=5, microseconds=7),
    {"a": [1, None, "x"]}, {"b": {"c": 1.5}}, [1, None, 3], ["a", "b c", 'q"uote', "", None], "name", 4294967295,
)
params = list(row)
params[18] = psycopg2.extras.Json(row[18])
params[19] = psycopg2.extras.Json(row[19])
insert = "INSERT INTO psycopg2_all VALUES (" + ", ".join(["%s"] * len(row)) + ") RETURNING id"
cur.execute(insert, params)
assert cur.fetchone() == (1,)
db.commit()
cur.execute("SELECT * FROM psycopg2_all WHERE id = %s", (1,))
got = cur.fetchone()
got = got[:11] + (bytes(got[11]),) + got[12:]
for want, have, column in zip(row, got, cur.description):
    assert want == have, (column.name, want, have)
cur.execute(insert, [2] + [None] * (len(row) - 1))
cur.execute("SELECT * FROM psycopg2_all WHERE id = 2")
assert cur.fetchone() == (2,) + (None,) * (len(row) - 1)
db.rollback()
cur.execute("SELECT count(*) FROM psycopg2_all")
assert cur.fetchone() == (1,)

# batches
cur.execute("DROP TABLE IF EXISTS psycopg2_batch")
cur.execute("CREATE TABLE psycopg2_batch (a int PRIMARY KEY, b text NOT NULL)")
cur.executemany("INSERT INTO psycopg2_batch VALUES (%s, %s)", [(i, "x%d" % i) for i in range(10)])
psycopg2.extras.execute_values(cur, "INSERT INTO psycopg2_batch VALUES %s", [(i, "v") for i in range(10, 500)])
psycopg2.extras.execute_batch(cur, "INSERT INTO psycopg2_batch VALUES (%s, %s)", [(i, "b") for i in range(500, 700)])
db.commit()
cur.execute("SELECT count(*), sum(a) FROM psycopg2_batch")
assert cur.fetchone() == (700, sum(range(700)))

# COPY both ways
cur.copy_expert("COPY psycopg2_batch FROM STDIN WITH (FORMAT csv)", io.StringIO('1000,"a,b"\n1001,c\n'))
db.commit()
out = io.StringIO()
cur.copy_expert("COPY (SELECT * FROM psycopg2_batch WHERE a >= 1000 ORDER BY a) TO STDOUT", out)
assert out.getvalue() == "1000\ta,b\n1001\tc\n", out.getvalue()

# a server-side cursor
with db.cursor("named") as named:
    named.itersize = 100
    named.execute("SELECT a FROM psycopg2_batch ORDER BY a")
    assert [r[0] for r in named][:3] == [0, 1, 2]
db.commit()

# errors, transactions, savepoints
def fails(kind, sql, params=None):
    try:
        cur.execute(sql, params)
    except kind as e:
        return e
    raise AssertionError("no error from " + sql)


e = fails(psycopg2.errors.UniqueViolation, "INSERT INTO psycopg2_batch VALUES (%s, 'x')", (1,))
assert e.pgcode == "23505" and e.diag.constraint_name == "psycopg2_batch_pkey", (e.pgcode, e.diag.constraint_name)
assert e.diag.table_name == "psycopg2_batch" and e.diag.schema_name == "public"
assert e.diag.message_detail == "Key (a)=(1) already exists.", e.diag.message_detail
e = fails(psycopg2.errors.InFailedSqlTransaction, "SELECT 1")
db.rollback()
e = fails(psycopg2.errors.SyntaxError, "SELEC 1")
assert e.diag.statement_position == "1"
db.rollback()
fails(psycopg2.errors.InvalidTextRepresentation, "SELECT 'x'::int")
db.rollback()
e = fails(psycopg2.errors.NotNullViolation, "INSERT INTO psycopg2_batch VALUES (5000, NULL)")
assert e.diag.column_name == "b"
db.rollback()
e = fails(psycopg2.errors.UndefinedTable, "SELECT * FROM nowhere")
assert e.diag.statement_position == "15", e.diag.statement_position
db.rollback()
cur.execute("INSERT INTO psycopg2_batch VALUES (6000, 'kept')")
cur.execute("SAVEPOINT s")
fails(psycopg2.errors.UniqueViolation, "INSERT INTO psycopg2_batch VALUES (6000, 'again')")
cur.execute("ROLLBACK TO SAVEPOINT s")
cur.execute("INSERT INTO psycopg2_batch VALUES (6001, 'kept')")
cur.execute("RELEASE SAVEPOINT s")
db.commit()
cur.execute("SELECT count(*) FROM psycopg2_batch WHERE a >= 6000")
assert cur.fetchone() == (2,)
db.commit()

db.autocommit = True
cur.execute("UPDATE psycopg2_batch SET b = b || '!' WHERE a = %s", (1,))
assert cur.rowcount == 1
db.set_session(isolation_level="REPEATABLE READ", readonly=True)
fails(psycopg2.errors.ReadOnlySqlTransaction, "DELETE FROM psycopg2_batch")
db.close()
db = connect()
with db, db.cursor() as cur:
    cur.execute("SELECT b FROM psycopg2_batch WHERE a = 1")
    assert cur.fetchone() == ("x1!",)
db.close()
print("all good")
