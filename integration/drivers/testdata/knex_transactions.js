// Knex: transaction, nested ones, savepoints, its schema builder and migrations.
const assert = require('node:assert');
const knex = require('knex');

const [here, there, third] = process.argv.slice(2).map((addr) => {
  const [host, port] = addr.split(':');
  return knex({ client: 'pg', connection: { host, port: Number(port), user: 'postgres', database: 'postgres' }, pool: { min: 0, max: 8 } });
});

async function sees(want, when) {
  const rows = await there('knex_items').orderBy('name');
  assert.deepStrictEqual(Object.fromEntries(rows.map((r) => [r.name, r.n])), want, when);
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

const givenUp = new Error('given up');
const add = (trx, name, n = 0) => trx('knex_items').insert({ name, n });

// Migrations without files: up, up again, down, one that fails.
const steps = {
  '1_items': {
    up: (k) => k.schema
      .createTable('knex_groups', (t) => {
        t.increments();
        t.string('label', 40).notNullable().unique();
        t.timestamps(true, true);
      })
      .createTable('knex_items', (t) => {
        t.bigIncrements('id');
        t.string('name').notNullable().unique({ indexName: 'knex_items_name' });
        t.integer('n').notNullable().defaultTo(0).checkPositive('knex_items_n');
        t.decimal('price', 10, 2);
        t.jsonb('meta').defaultTo('{}');
        t.specificType('words', 'text[]');
        t.uuid('key').defaultTo(k.fn.uuid());
        t.integer('group_id').unsigned().references('id').inTable('knex_groups').onDelete('CASCADE').index();
        t.enu('kind', ['a', 'b']).defaultTo('a');
        t.comment('what there is');
      }),
    down: (k) => k.schema.dropTable('knex_items').dropTable('knex_groups'),
  },
  '2_more': {
    up: (k) => k.schema.alterTable('knex_items', (t) => {
      t.dropChecks(['knex_items_n']);
      t.boolean('seen').notNullable().defaultTo(false);
      t.renameColumn('price', 'cost');
      t.index(['kind', 'n'], 'knex_items_kind');
      t.string('name', 100).notNullable().alter();
    }),
    down: (k) => k.schema.alterTable('knex_items', (t) => {
      t.dropColumn('seen');
      t.renameColumn('cost', 'price');
      t.dropIndex([], 'knex_items_kind');
    }),
  },
};
const breaks = { up: async (k) => { await k.schema.createTable('knex_half', (t) => t.increments()); await k.raw('SELECT 1/0'); }, down: () => {} };
const source = (all) => ({
  getMigrations: async () => Object.keys(all), getMigrationName: (name) => name, getMigration: async (name) => all[name],
});
const migrate = (k, all) => ({ up: () => k.migrate.latest({ migrationSource: source(all), tableName: 'knex_versions' }),
  down: () => k.migrate.rollback({ migrationSource: source(all), tableName: 'knex_versions' }, true) });

async function migrations() {
  for (const table of ['knex_items', 'knex_groups', 'knex_half', 'knex_versions', 'knex_versions_lock']) await here.schema.dropTableIfExists(table);
  const first = migrate(here, steps);
  assert.deepStrictEqual((await first.up())[1], ['1_items', '2_more']);
  assert.deepStrictEqual((await first.up())[1], []);
  assert.deepStrictEqual((await first.down())[1], ['2_more', '1_items']);
  assert.deepStrictEqual((await migrate(third, steps).up())[1], ['1_items', '2_more']);
  await fails('22012', migrate(here, { ...steps, '3_breaks': breaks }).up);
  assert.strictEqual(await there.schema.hasTable('knex_half'), false);
  assert.deepStrictEqual((await there('knex_versions').orderBy('id')).map((r) => r.name), ['1_items', '2_more']);
  // Two migrators at once, each in one transaction: one succeeds, the other is told
  // of the lock, of the table that is there already, or of the conflict.
  await first.down();
  const both = await Promise.allSettled([migrate(here, steps).up(), migrate(there, steps).up()]);
  assert.ok(both.some((r) => r.status === 'fulfilled'));
  both.filter((r) => r.status === 'rejected').forEach((r) => assert.ok(['42P07', '40001'].includes(r.reason.code) || /lock/i.test(r.reason.message), r.reason));
  assert.strictEqual((await there('knex_versions')).length, 2);
  assert.strictEqual(await there.schema.hasColumn('knex_items', 'cost'), true);
  const info = await there('knex_items').columnInfo();
  assert.deepStrictEqual([info.name.maxLength, info.cost.type, info.n.nullable], [100, 'numeric', false]);
}

async function commits() {
  const ids = await here.transaction((trx) => add(trx, 'ann', 1).returning('id'));
  assert.strictEqual(ids.length, 1);
  await sees({ ann: 1 }, 'after transaction');
  await fails(givenUp, () => here.transaction(async (trx) => { await add(trx, 'bob'); throw givenUp; }));
  await fails('23505', () => here.transaction(async (trx) => { await add(trx, 'bob'); await add(trx, 'ann'); }));
  await sees({ ann: 1 }, 'after errors');
  const trx = await here.transaction(); // by hand
  await add(trx, 'bob', 2);
  assert.strictEqual(trx.isCompleted(), false);
  await trx.commit();
  const lost = await here.transaction();
  await add(lost, 'carol');
  await fails('23505', () => add(lost, 'ann'));
  await fails('25P02', () => lost.raw('SELECT 1'));
  await lost.rollback();
  assert.strictEqual(lost.isCompleted(), true);
  const provider = here.transactionProvider();
  await add(await provider(), 'dave', 4);
  await (await provider()).commit();
  await sees({ ann: 1, bob: 2, dave: 4 }, 'by hand');
}

async function nests() {
  await here.transaction(async (trx) => {
    await add(trx, 'eve', 5);
    await fails('23505', () => trx.transaction(async (inner) => { await add(inner, 'fay'); await add(inner, 'ann'); }));
    await trx.transaction(async (inner) => {
      await inner('knex_items').where({ name: 'dave' }).del();
      await fails(givenUp, () => inner.transaction(async (innermost) => { await innermost('knex_items').del(); throw givenUp; }));
    });
    const savepoint = await trx.savepoint();
    await savepoint('knex_items').update({ n: 0 });
    await savepoint.rollback();
  });
  await sees({ ann: 1, bob: 2, eve: 5 }, 'after nested transactions');
  await fails(givenUp, () => here.transaction(async (trx) => {
    await trx.transaction((inner) => inner('knex_items').del());
    throw givenUp;
  }));
  await sees({ ann: 1, bob: 2, eve: 5 }, 'after the outer one failed');
}

async function queries() {
  await here.transaction(async (trx) => {
    await trx.batchInsert('knex_items', Array.from({ length: 40 }, (_, i) => ({ name: 'n' + i })), 15); // a transaction of its own inside
    assert.strictEqual(await trx('knex_items').where('name', 'like', 'n%').del(), 40);
    await trx('knex_items').insert([{ name: 'bob', n: 20 }, { name: 'gil', n: 7, meta: { a: [1] }, words: ['x', 'y z'] }]).onConflict('name').merge(['n']);
    await trx('knex_items').where({ name: 'ann' }).increment('n', 10);
    const [gil] = await trx('knex_items').where('meta', '@>', { a: [1] }).select();
    assert.deepStrictEqual([gil.name, gil.words, gil.meta], ['gil', ['x', 'y z'], { a: [1] }]);
    const { rows } = await trx.with('big', trx('knex_items').where('n', '>', 6)).from('big').count().then((r) => ({ rows: r }));
    assert.strictEqual(rows[0].count, '3');
    const [group] = await trx('knex_groups').insert({ label: 'g' }).returning(['id', 'created_at']);
    assert.ok(group.id > 0 && group.created_at instanceof Date);
    assert.deepStrictEqual(await trx('knex_items').orderBy('name').pluck('name'), ['ann', 'bob', 'eve', 'gil']);
  });
  await sees({ ann: 11, bob: 20, eve: 5, gil: 7 }, 'after queries');
}

async function locks() {
  await here.transaction(async (trx) => {
    await trx('knex_items').where({ name: 'ann' }).forUpdate();
    await fails('55P03', () => there.transaction((rival) => rival('knex_items').where({ name: 'ann' }).forUpdate().noWait()));
    const free = await there.transaction((rival) => rival('knex_items').orderBy('name').forUpdate().skipLocked());
    assert.deepStrictEqual(free.map((r) => r.name), ['bob', 'eve', 'gil']);
    await trx('knex_items').where({ name: 'ann' }).update({ n: 12 });
  });
  await sees({ ann: 12, bob: 20, eve: 5, gil: 7 }, 'after a lock');
}

async function levels() {
  for (const isolationLevel of ['read uncommitted', 'read committed', 'repeatable read', 'serializable']) {
    await here.transaction(async (trx) => {
      assert.strictEqual((await trx.raw('SHOW transaction_isolation')).rows[0].transaction_isolation, isolationLevel);
    }, { isolationLevel });
  }
  await fails('25006', () => here.transaction((trx) => add(trx, 'no'), { readOnly: true }));
  const more = (disturb) => here.transaction(async (trx) => {
    const { n } = await trx('knex_items').where({ name: 'ann' }).first();
    if (disturb) await third('knex_items').where({ name: 'ann' }).increment('n', 100);
    await trx('knex_items').where({ name: 'ann' }).update({ n: n + 1 });
  }, { isolationLevel: 'serializable' });
  await fails('40001', () => more(true));
  await more(false);
  await sees({ ann: 113, bob: 20, eve: 5, gil: 7 }, 'after a conflict');
}

async function main() {
  for (const step of [migrations, commits, nests, queries, locks, levels]) await step();
  await Promise.all([here, there, third].map((k) => k.destroy()));
  console.log('all good');
}

main().catch((e) => { console.error(e); process.exit(1); });
