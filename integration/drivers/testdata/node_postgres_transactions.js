// node-postgres: BEGIN and COMMIT by hand through a pool, as its manual has it.
const assert = require('node:assert');
const { Pool } = require('pg');

const [here, there, third] = process.argv.slice(2).map((addr) => {
  const [host, port] = addr.split(':');
  return new Pool({ host, port: Number(port), user: 'postgres', database: 'postgres', max: 4 });
});
const givenUp = new Error('given up');

// inTransaction is the manual's pattern.
async function inTransaction(pool, run, begin = 'BEGIN') {
  const client = await pool.connect();
  try {
    await client.query(begin);
    const result = await run(client);
    await client.query('COMMIT');
    return result;
  } catch (e) {
    await client.query('ROLLBACK');
    throw e;
  } finally {
    client.release();
  }
}

async function fails(want, run) {
  try {
    await run();
  } catch (e) {
    assert.ok(e.code === want || e === want, `got ${e.code} ${e.message}, want ${want}`);
    return e;
  }
  throw new Error('no error ' + want);
}

async function sees(want, when) {
  const { rows } = await there.query('SELECT id, n FROM node_tx');
  assert.deepStrictEqual(Object.fromEntries(rows.map((r) => [r.id, r.n])), want, when);
}

const add = (client, id, n) => client.query('INSERT INTO node_tx VALUES ($1, $2)', [id, n]);

async function commits() {
  await here.query('DROP TABLE IF EXISTS node_tx');
  await here.query('CREATE TABLE node_tx (id int PRIMARY KEY, n int NOT NULL)');
  await inTransaction(here, (c) => add(c, 1, 10));
  await sees({ 1: 10 }, 'after COMMIT');
  await fails(givenUp, () => inTransaction(here, async (c) => { await add(c, 2, 20); throw givenUp; }));
  const e = await fails('23505', () => inTransaction(here, async (c) => { await add(c, 2, 20); await add(c, 1, 11); }));
  assert.strictEqual(e.constraint, 'node_tx_pkey');
  await sees({ 1: 10 }, 'after ROLLBACK');
}

// failures: one client stands them all.
async function failures() {
  const client = await here.connect();
  for (let i = 0; i < 3; i++) {
    await client.query('BEGIN');
    await add(client, 2, 20);
    await fails('23505', () => add(client, 1, 11));
    await fails('25P02', () => client.query('SELECT 1'));
    assert.strictEqual((await client.query(i % 2 ? 'COMMIT' : 'ROLLBACK')).command, 'ROLLBACK');
    assert.strictEqual((await client.query('SELECT count(*)::int AS n FROM node_tx')).rows[0].n, 1);
  }
  client.release();
  // Several statements of one string are a transaction, unless they say otherwise.
  await fails('22012', () => here.query('UPDATE node_tx SET n = 0; SELECT 1/0'));
  await fails('22012', () => here.query('BEGIN; UPDATE node_tx SET n = 12; COMMIT; UPDATE node_tx SET n = 0; SELECT 1/0'));
  await sees({ 1: 12 }, 'after failures');
}

async function savepoints() {
  await inTransaction(here, async (c) => {
    await add(c, 2, 20);
    await c.query('SAVEPOINT a');
    await add(c, 3, 30);
    await c.query('SAVEPOINT b');
    await fails('23505', () => add(c, 1, 1));
    await c.query('ROLLBACK TO b');
    await add(c, 4, 40);
    await c.query('ROLLBACK TO a');
    await add(c, 5, 50);
    await c.query('RELEASE a');
    const named = { name: 'get', text: 'SELECT n FROM node_tx WHERE id = $1' }; // prepared in the block
    assert.strictEqual((await c.query({ ...named, values: [5] })).rows[0].n, 50);
    assert.strictEqual((await c.query({ ...named, values: [3] })).rowCount, 0);
  });
  await sees({ 1: 12, 2: 20, 5: 50 }, 'after savepoints');
}

async function locks() {
  const waits = [];
  await inTransaction(here, async (c) => {
    await c.query('SELECT * FROM node_tx WHERE id = 1 FOR UPDATE');
    await fails('55P03', () => inTransaction(there, (r) => r.query('SELECT * FROM node_tx WHERE id = 1 FOR UPDATE NOWAIT')));
    for (const pool of [there, third]) {
      waits.push(inTransaction(pool, async (r) => {
        const { rows } = await r.query('SELECT n FROM node_tx WHERE id = 1 FOR UPDATE');
        await r.query('UPDATE node_tx SET n = $1 WHERE id = 1', [rows[0].n + 1]);
      }));
    }
    await c.query('UPDATE node_tx SET n = 100 WHERE id = 1');
  });
  await Promise.all(waits);
  await sees({ 1: 102, 2: 20, 5: 50 }, 'after three who wanted a row');
}

async function levels() {
  for (const level of ['read uncommitted', 'read committed', 'repeatable read', 'serializable']) {
    const show = await inTransaction(here, (c) => c.query('SHOW transaction_isolation'), 'BEGIN ISOLATION LEVEL ' + level);
    assert.strictEqual(show.rows[0].transaction_isolation, level);
  }
  await fails('25006', () => inTransaction(here, (c) => add(c, 9, 9), 'START TRANSACTION READ ONLY'));
  const more = (disturb) => inTransaction(here, async (c) => {
    const { rows } = await c.query('SELECT n FROM node_tx WHERE id = 1');
    if (disturb) await third.query('UPDATE node_tx SET n = n + 100 WHERE id = 1');
    await c.query('UPDATE node_tx SET n = $1 WHERE id = 1', [rows[0].n + 1]);
  }, 'BEGIN ISOLATION LEVEL SERIALIZABLE');
  await fails('40001', () => more(true));
  await more(false);
  await sees({ 1: 203, 2: 20, 5: 50 }, 'after a conflict');
}

async function main() {
  for (const step of [commits, failures, savepoints, locks, levels]) await step();
  await Promise.all([here, there, third].map((pool) => pool.end()));
  console.log('all good');
}

main().catch((e) => { console.error(e); process.exit(1); });
