-- psql's commands that describe the schema.
CREATE TABLE parent (id int PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', UNIQUE (name));
CREATE TABLE child (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  parent int REFERENCES parent (id) ON DELETE CASCADE,
  price numeric(10,2) CHECK (price > 0),
  twice numeric GENERATED ALWAYS AS (price * 2) STORED,
  tags text[] DEFAULT '{}',
  made timestamptz DEFAULT now()
);
CREATE INDEX child_parent ON child (parent, made DESC);
CREATE UNIQUE INDEX child_tags ON child (lower(tags[1])) WHERE price > 10;
CREATE SEQUENCE counter START 5 INCREMENT 2;
CREATE VIEW dear AS SELECT id, price FROM child WHERE price > 100;
CREATE SCHEMA other;
CREATE TABLE other.t (a int, b char(3));
\d
\d parent
\d child
\d child_parent
\d counter
\d dear
\d other.t
\d nowhere
\dt
\dt other.*
\di
\ds
\dv
\dn
\du
\dT
\dp
\dy
\dx
\det
\dd
\dD
\dF nothing
\db
\sv dear
