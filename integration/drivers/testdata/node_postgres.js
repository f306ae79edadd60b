// node-postgres: text results, parameters, prepared names, cancel by timeout.
const assert = require('node:assert');
const { Client, Pool } = require('pg');

const [host, port, columns] = process.argv.slice(2);
const config = { host, port: Number(port), user: 'postgres', database: 'postgres' };

async function fails(client, sql, params) {
  try {
    await client.query(sql, params);
  } catch (e) {
    return e;
  }
  throw new Error('no error from ' + sql);
}

async function types(client) {
  await client.query('DROP TABLE IF EXISTS node_all');
  await client.query('CREATE TABLE node_all (' + columns + ')');
  const stamp = new Date('2024-02-29T12:34:56.789Z');
  const row = [1, -32768, -2147483648, '9223372036854775807', 1.5, 0.1, '-123456789.123', true,
    "it's \\ ünïcode ☃", 'varchar', 'abc  ', Buffer.from([0, 255, 39, 92]), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    '2024-02-29', '12:34:56.789012', '1999-12-31 23:59:59.000001', stamp, '1 year 2 mons 3 days 04:05:06.7',
    { a: [1, null, 'x'] }, { b: { c: 1.5 } }, [1, null, 3], ['a', 'b c', 'q"uote', '', null], 'name', 4294967295];
  const marks = row.map((_, i) => '$' + (i + 1)).join(', ');
  const inserted = await client.query('INSERT INTO node_all VALUES (' + marks + ') RETURNING id', row);
  assert.strictEqual(inserted.rowCount, 1);
  assert.deepStrictEqual(inserted.rows, [{ id: 1 }]);
  const { rows, fields } = await client.query({
    text: `SELECT id, i2, i4, i8, f4, f8, n, b, t, v, c, by, u, d::text, tm, ts::text, tz, iv::text, j, jb, ai, at, nm, o
      FROM node_all WHERE id = $1`, values: [1], rowMode: 'array',
  });
  rows[0].forEach((value, i) => assert.deepStrictEqual(value, row[i], fields[i].name));
  const dates = await client.query('SELECT d, ts, iv FROM node_all');
  assert.strictEqual(dates.rows[0].d.getFullYear(), 2024);
  assert.strictEqual(dates.rows[0].iv.years, 1);
  await client.query('INSERT INTO node_all VALUES (' + marks + ')', [2, ...row.slice(1).map(() => null)]);
  const empty = await client.query({ text: 'SELECT * FROM node_all WHERE id = 2', rowMode: 'array' });
  assert.deepStrictEqual(empty.rows[0], [2, ...row.slice(1).map(() => null)]);
}

async function batches(client) {
  await client.query('DROP TABLE IF EXISTS node_batch; CREATE TABLE node_batch (a int PRIMARY KEY, b text NOT NULL)');
  for (let i = 0; i < 50; i++) {
    await client.query({ name: 'ins', text: 'INSERT INTO node_batch VALUES ($1, $2)', values: [i, 'x' + i] });
  }
  const many = await client.query("INSERT INTO node_batch SELECT g, 'g' FROM generate_series(100, 199) g; SELECT count(*)::int AS n FROM node_batch");
  assert.strictEqual(many[0].rowCount, 100);
  assert.strictEqual(many[1].rows[0].n, 150);
  const found = await client.query('SELECT a FROM node_batch WHERE a = ANY($1::int[]) ORDER BY a', [[1, 2, 999]]);
  assert.deepStrictEqual(found.rows, [{ a: 1 }, { a: 2 }]);
}

async function transactions(client) {
  await client.query('BEGIN');
  await client.query("INSERT INTO node_batch VALUES ($1, 'kept')", [6000]);
  await client.query('SAVEPOINT s');
  const e = await fails(client, "INSERT INTO node_batch VALUES (6000, 'again')");
  assert.strictEqual(e.code, '23505');
  assert.strictEqual((await fails(client, 'SELECT 1')).code, '25P02');
  await client.query('ROLLBACK TO s');
  await client.query('COMMIT');
  await client.query('BEGIN');
  await client.query("INSERT INTO node_batch VALUES (6001, 'lost')");
  await client.query('ROLLBACK');
  const { rows } = await client.query('SELECT a FROM node_batch WHERE a >= 6000');
  assert.deepStrictEqual(rows, [{ a: 6000 }]);
}

async function errors(client) {
  let e = await fails(client, 'INSERT INTO node_batch VALUES ($1, $2)', [1, 'x']);
  assert.deepStrictEqual([e.code, e.constraint, e.table, e.schema, e.detail],
    ['23505', 'node_batch_pkey', 'node_batch', 'public', 'Key (a)=(1) already exists.']);
  e = await fails(client, 'SELECT 1 FROM FROM x');
  assert.deepStrictEqual([e.code, e.position], ['42601', '15']);
  e = await fails(client, 'SELECT $1::int', ['x']);
  assert.deepStrictEqual([e.code, e.message], ['22P02', 'invalid input syntax for type integer: "x"']);
  e = await fails(client, 'INSERT INTO node_batch VALUES ($1, NULL)', [7000]);
  assert.deepStrictEqual([e.code, e.column], ['23502', 'b']);
  e = await fails(client, 'SELECT $1::int, $2::int', [1]);
  assert.strictEqual(e.code, '08P01');
  await client.query('SET statement_timeout = 100');
  e = await fails(client, 'SELECT count(*) FROM generate_series(1, 3000000) a, generate_series(1, 1000) b');
  assert.deepStrictEqual([e.code, e.message], ['57014', 'canceling statement due to statement timeout']);
  await client.query('RESET statement_timeout');
  assert.strictEqual((await client.query('SELECT 1 AS one')).rows[0].one, 1);
}

async function main() {
  const client = new Client(config);
  await client.connect();
  for (const step of [types, batches, transactions, errors]) await step(client);
  await client.end();
  const pool = new Pool({ ...config, max: 4 });
  const counts = await Promise.all(Array.from({ length: 20 }, () => pool.query('SELECT count(*)::int AS n FROM node_all')));
  assert.ok(counts.every((c) => c.rows[0].n === 2));
  await pool.end();
  console.log('all good');
}

main().catch((e) => { console.error(e); process.exit(1); });
