"""SQLAlchemy: begin and begin_nested of Core and of the ORM, create_all, reflection,
locking, levels. Debian's SQLAlchemy speaks through psycopg2."""
import datetime
import sys

import sqlalchemy as sa
from sqlalchemy import exc, orm
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID, insert as upsert


def engine(addr, **more):
    return sa.create_engine("postgresql+psycopg2://postgres@%s/postgres" % addr, future=True, **more)


here, there, third = (engine(a) for a in sys.argv[1:4])
Base = orm.declarative_base()
tags = sa.Table(
    "sa_account_tags", Base.metadata,
    sa.Column("account_id", sa.ForeignKey("sa_accounts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("sa_tags.id"), primary_key=True),
)


class Account(Base):
    __tablename__ = "sa_accounts"
    id = sa.Column(sa.Integer, sa.Identity(), primary_key=True)
    name = sa.Column(sa.String(50), nullable=False, unique=True)
    balance = sa.Column(sa.Numeric(12, 2), nullable=False, server_default="0")
    version = sa.Column(sa.Integer, nullable=False)
    created = sa.Column(sa.DateTime(timezone=True), server_default=sa.func.now())
    notes = sa.Column(JSONB)
    numbers = sa.Column(ARRAY(sa.Integer))
    key = sa.Column(UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"))
    entries = orm.relationship("Entry", back_populates="account", cascade="all, delete-orphan", order_by="Entry.id")
    tags = orm.relationship("Tag", secondary=tags)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (sa.CheckConstraint("balance >= 0", name="sa_balance_positive"), {"comment": "who has what"})


class Entry(Base):
    __tablename__ = "sa_entries"
    id = sa.Column(sa.BigInteger, primary_key=True)
    account_id = sa.Column(sa.ForeignKey(Account.id), nullable=False, index=True)
    amount = sa.Column(sa.Float, nullable=False)
    day = sa.Column(sa.Date, default=datetime.date.today)
    account = orm.relationship(Account, back_populates="entries")
    __table_args__ = (sa.Index("sa_entries_late", "amount", postgresql_where=sa.text("id > 100")),)


class Tag(Base):
    __tablename__ = "sa_tags"
    id = sa.Column(sa.Integer, primary_key=True)
    word = sa.Column(sa.Text, unique=True)


class GivenUp(Exception):
    pass


def fails(kind, block, *args):
    try:
        block(*args)
    except kind as e:
        return e
    raise AssertionError("no %s" % kind.__name__)


def sees(want, when):
    with there.connect() as c:
        got = {name: int(balance) for name, balance in c.execute(sa.text("SELECT name, balance FROM sa_accounts"))}
    assert got == want, (when, got, want)


# the schema: created, found again, reflected
Base.metadata.drop_all(here)
Base.metadata.create_all(here)
Base.metadata.create_all(there)  # finds everything in place
inspector = sa.inspect(third)
assert {"sa_accounts", "sa_entries", "sa_tags", "sa_account_tags"} <= set(inspector.get_table_names())
assert inspector.get_pk_constraint("sa_accounts")["constrained_columns"] == ["id"]
assert inspector.get_unique_constraints("sa_accounts")[0]["column_names"] == ["name"]
assert inspector.get_check_constraints("sa_accounts") == [{"name": "sa_balance_positive", "sqltext": "balance >= (0)::numeric"}]
assert inspector.get_table_comment("sa_accounts") == {"text": "who has what"}
indexes = {i["name"]: i for i in inspector.get_indexes("sa_entries")}
assert set(indexes) == {"sa_entries_late", "ix_sa_entries_account_id"}
assert indexes["sa_entries_late"]["dialect_options"]["postgresql_where"] == "(id > 100)"
(key,) = inspector.get_foreign_keys("sa_entries")
assert (key["constrained_columns"], key["referred_table"]) == (["account_id"], "sa_accounts")
columns = {c["name"]: c for c in inspector.get_columns("sa_accounts")}
assert isinstance(columns["numbers"]["type"], ARRAY) and columns["id"]["identity"]["start"] == 1
reflected = sa.MetaData()
reflected.reflect(third, only=["sa_accounts", "sa_entries"])
assert str(reflected.tables["sa_accounts"].c.balance.type) == "NUMERIC(12, 2)"

# Core
accounts = Account.__table__


def add(c, name, balance=0):
    return c.execute(accounts.insert().values(name=name, balance=balance, version=1).returning(accounts.c.id)).scalar()


with here.begin() as c:
    assert add(c, "ann", 10) == 1
sees({"ann": 10}, "after begin")


def gives_up():
    with here.begin() as c:
        add(c, "bob")
        raise GivenUp


def repeats():
    with here.begin() as c:
        add(c, "bob")
        add(c, "ann")


fails(GivenUp, gives_up)
sees({"ann": 10}, "after an exception")
e = fails(exc.IntegrityError, repeats)
assert e.orig.pgcode == "23505" and e.orig.diag.constraint_name == "sa_accounts_name_key"
sees({"ann": 10}, "after an error")
with here.connect() as c:  # commit as you go
    add(c, "bob", 20)
    savepoint = c.begin_nested()
    add(c, "carol")
    fails(exc.IntegrityError, add, c, "ann")
    savepoint.rollback()
    with c.begin_nested():
        add(c, "dave", 40)
        inner = c.begin_nested()
        c.execute(accounts.delete())
        inner.rollback()
    c.commit()
    add(c, "eve")
    c.rollback()
    fails(exc.IntegrityError, add, c, "ann")
    assert fails(exc.InternalError, c.execute, sa.select(1)).orig.pgcode == "25P02"
    c.rollback()
    assert c.execute(sa.select(sa.func.count()).select_from(accounts)).scalar() == 3
sees({"ann": 10, "bob": 20, "dave": 40}, "after nested transactions")
with here.begin() as c:
    c.execute(accounts.insert(), [{"name": "n%d" % i, "version": 1} for i in range(50)])
    c.execute(accounts.delete().where(accounts.c.name.like("n%")))
    row = upsert(accounts).values(name="dave", version=1, balance=4)
    c.execute(row.on_conflict_do_update(index_elements=["name"], set_={"balance": row.excluded.balance}))
    rows = c.execution_options(stream_results=True).execute(sa.select(accounts.c.name).order_by("name"))
    assert [r.name for r in rows] == ["ann", "bob", "dave"]
sees({"ann": 10, "bob": 20, "dave": 4}, "after an upsert")

# the ORM
Session = orm.sessionmaker(here, future=True)


def get(s, name, **lock):
    query = sa.select(Account).filter_by(name=name)
    return s.execute(query.with_for_update(**lock) if lock else query).scalar_one()


with Session.begin() as s:
    eve = Account(name="eve", balance=50, notes={"a": [1]}, numbers=[1, 2], tags=[Tag(word="x"), Tag(word="y")])
    eve.entries = [Entry(amount=1.5), Entry(amount=200)]
    s.add(eve)
    s.flush()
    assert eve.id and eve.key and eve.created and eve.entries[1].id
with Session(bind=third) as s:
    eve = s.execute(sa.select(Account).filter_by(name="eve").options(orm.selectinload(Account.entries), orm.joinedload(Account.tags))).unique().scalar_one()
    assert ([e.amount for e in eve.entries], len(eve.tags), eve.notes, eve.numbers) == ([1.5, 200.0], 2, {"a": [1]}, [1, 2])
    eve.entries.pop()
    eve.tags.clear()
    eve.balance -= 1
    s.commit()
    assert s.execute(sa.select(sa.func.count(Entry.id))).scalar() == 1
sees({"ann": 10, "bob": 20, "dave": 4, "eve": 49}, "after a unit of work")
with Session() as s:
    get(s, "ann").balance = 11
    try:
        with s.begin_nested():
            s.add(Account(name="fay"))
            s.flush()
            s.add(Account(name="bob"))
            s.flush()
    except exc.IntegrityError:
        pass
    with s.begin_nested():
        s.delete(get(s, "dave"))
    nested = s.begin_nested()
    get(s, "bob").balance = 0
    s.flush()
    nested.rollback()
    assert get(s, "bob").balance == 20
    s.commit()
sees({"ann": 11, "bob": 20, "eve": 49}, "after begin_nested")
with Session() as s:
    s.add(Account(name="bob"))
    fails(exc.IntegrityError, s.flush)
    s.rollback()
    get(s, "ann").balance = -1
    assert fails(exc.IntegrityError, s.commit).orig.diag.constraint_name == "sa_balance_positive"
    s.rollback()
    get(s, "ann").balance = 12
    s.commit()
sees({"ann": 12, "bob": 20, "eve": 49}, "after errors in a session")

# a row that two want: FOR UPDATE, NOWAIT, SKIP LOCKED, and the version column
with Session() as a, Session(bind=there) as b:
    get(a, "ann", of=Account).balance += 1
    assert fails(exc.OperationalError, lambda: get(b, "ann", nowait=True)).orig.pgcode == "55P03"
    b.rollback()
    free = b.execute(sa.select(Account.name).order_by("name").with_for_update(skip_locked=True)).scalars().all()
    assert free == ["bob", "eve"], free
    b.rollback()
    assert get(b, "bob", read=True).balance == 20
    b.rollback()
    a.commit()
    a_ann, b_ann = get(a, "ann"), get(b, "ann")
    a_ann.balance = 14
    a.commit()
    b_ann.balance = 15
    fails(orm.exc.StaleDataError, b.commit)
sees({"ann": 14, "bob": 20, "eve": 49}, "after locks")

# levels
for level in ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"):
    with here.connect().execution_options(isolation_level=level) as c:
        assert c.execute(sa.text("SHOW transaction_isolation")).scalar() == level.lower()
        assert c.get_isolation_level() == level
with here.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
    c.execute(accounts.update().where(accounts.c.name == "eve").values(balance=50))
    c.rollback()
sees({"ann": 14, "bob": 20, "eve": 50}, "after AUTOCOMMIT")
with here.connect().execution_options(isolation_level="SERIALIZABLE", postgresql_readonly=True, postgresql_deferrable=True) as c:
    assert c.execute(sa.text("SHOW transaction_deferrable")).scalar() == "on"
    assert fails(exc.InternalError, add, c, "no").orig.pgcode == "25006"
serializable = engine(sys.argv[1], isolation_level="SERIALIZABLE")


def more(disturb):
    with orm.Session(serializable, future=True) as s, s.begin():
        ann = get(s, "ann")
        if disturb:
            with there.begin() as c:
                c.execute(accounts.update().where(accounts.c.name == "ann").values(balance=accounts.c.balance + 100))
        ann.balance += 1


e = fails(exc.OperationalError, more, True)
assert e.orig.pgcode == "40001" and type(e.orig).__name__ == "SerializationFailure", e.orig
more(False)
sees({"ann": 115, "bob": 20, "eve": 50}, "after a conflict")
print("all good")
