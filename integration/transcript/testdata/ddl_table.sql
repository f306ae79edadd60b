CREATE SCHEMA tr_ddl_table;
SET search_path TO tr_ddl_table;
CREATE TABLE customers (
    id bigserial PRIMARY KEY,
    email varchar(120) NOT NULL UNIQUE,
    full_name text NOT NULL DEFAULT '',
    balance numeric(12,2) NOT NULL DEFAULT 0.00 CHECK (balance >= 0),
    active boolean DEFAULT true,
    created_on date DEFAULT '2020-01-01',
    tags text[] DEFAULT '{}'::text[],
    meta jsonb DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS customers (id int);
CREATE TABLE customers (id int);
CREATE TABLE dup_col (a int, a text);
CREATE TABLE two_pk (a int PRIMARY KEY, b int PRIMARY KEY);
CREATE TABLE bad_type (a nosuchtype);
CREATE TABLE bad_pk (a int, PRIMARY KEY (nope));
CREATE TABLE orders (
    id int GENERATED ALWAYS AS IDENTITY,
    customer_id bigint NOT NULL,
    placed timestamp NOT NULL,
    note varchar(10),
    code char(3),
    CONSTRAINT orders_pk PRIMARY KEY (id),
    CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE,
    CONSTRAINT orders_code_check CHECK (code <> 'XXX')
);
CREATE TABLE order_lines (
    order_id int REFERENCES orders,
    line smallint,
    sku text COLLATE "C",
    qty int DEFAULT 1 CHECK (qty > 0),
    PRIMARY KEY (order_id, line)
);
\d customers
\d orders
\d order_lines
INSERT INTO customers (email) VALUES ('a@example.com') RETURNING *;
CREATE TABLE copy_of AS SELECT id, email, balance FROM customers;
\d copy_of
SELECT * FROM copy_of;
CREATE TABLE copy_empty AS SELECT * FROM customers WITH NO DATA;
SELECT count(*) FROM copy_empty;
CREATE TABLE like_t (LIKE customers INCLUDING DEFAULTS INCLUDING CONSTRAINTS, extra int);
\d like_t
CREATE TABLE "Mixed Case" ("Id" int PRIMARY KEY, "select" text, "weird""name" int);
INSERT INTO "Mixed Case" VALUES (1, 's', 2);
SELECT "Id", "select", "weird""name" FROM "Mixed Case";
SELECT id FROM "Mixed Case";
\d "Mixed Case"
CREATE TABLE no_columns ();
SELECT count(*) FROM no_columns;
COMMENT ON TABLE orders IS 'What customers ordered';
COMMENT ON COLUMN orders.note IS 'free text';
SELECT obj_description('orders'::regclass), col_description('orders'::regclass, 4);
\d+ orders
\set VERBOSITY terse
DROP TABLE customers;
\set VERBOSITY default
DROP TABLE orders, order_lines;
DROP TABLE IF EXISTS nowhere;
DROP TABLE nowhere;
DROP TABLE like_t;
DROP TABLE customers CASCADE;
DROP VIEW copy_of;
DROP SCHEMA tr_ddl_table;
\set VERBOSITY terse
DROP SCHEMA tr_ddl_table CASCADE;
