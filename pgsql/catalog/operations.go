package catalog

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"polyreme/pgsql/types"
)

// Statements on Polyreme's own state tables.
const (
	setRelationVersionSQL = `INSERT INTO polyreme_relation_version (relation, version) VALUES (?1, ?2)` +
		` ON CONFLICT (relation) DO UPDATE SET version = excluded.version`
	setNextOIDSQL   = `UPDATE polyreme_catalog SET next_oid = ?1`
	dropSequenceSQL = `DELETE FROM polyreme_sequence WHERE oid = ?1`
	setSequenceSQL  = `INSERT INTO polyreme_sequence (oid, last_value, is_called) VALUES (?1, ?2, ?3)` +
		` ON CONFLICT (oid) DO UPDATE SET last_value = excluded.last_value, is_called = excluded.is_called`
)

// Operations ends the Edit and returns the statements that record it in the
// pg_* tables and in Polyreme's own state: first what is deleted, then what
// changes, then what is new, so that names are free when they are taken. The
// physical DDL is the planner's.
func (e *Edit) Operations() []Op {
	next := e.Catalog()
	before, after := e.rows()
	var w opWriter
	index := make(map[string]int, len(before))
	for i := range before {
		index[before[i].identity()] = i
	}
	kept := make([]bool, len(before))
	var inserts, updates []row
	var old []row
	for _, r := range after {
		i, ok := index[r.identity()]
		switch {
		case !ok:
			inserts = append(inserts, r)
		case kept[i]: // the same fact twice (pg_depend)
		default:
			kept[i] = true
			updates, old = append(updates, r), append(old, before[i])
		}
	}
	for i, r := range before {
		if !kept[i] {
			w.add(r.table.deleteSQL(), r.key())
		}
	}
	for i, r := range updates {
		if changed := r.changed(&old[i]); len(changed) > 0 {
			w.add(r.table.updateSQL(changed), append(r.pick(changed), r.key()...))
		}
	}
	seen := make(map[string]bool, len(inserts))
	for _, r := range inserts {
		if id := r.identity(); !seen[id] {
			seen[id] = true
			w.add(r.table.insertSQL(), r.values)
		}
	}
	e.addSequences(&w)
	e.addVersions(&w, next)
	return w.ops
}

// addSequences sets and drops the states of sequences.
func (e *Edit) addSequences(w *opWriter) {
	for _, oid := range sortedKeys(e.relations) {
		if e.relations[oid] == nil && e.base.Sequence(oid) != nil {
			w.add(dropSequenceSQL, []types.Value{number(oid)})
		}
	}
	for _, s := range e.restarts {
		w.add(setSequenceSQL, []types.Value{number(s.Sequence), number(s.Value), flag(s.Called)})
	}
}

// addVersions records the schema version, those of the changed relations, and
// the next OID. Relation 0 is the whole schema.
func (e *Edit) addVersions(w *opWriter, next *Catalog) {
	w.add(setRelationVersionSQL, []types.Value{types.IntValue(0), types.IntValue(int64(next.Version))})
	for _, oid := range sortedKeys(e.relations) {
		w.add(setRelationVersionSQL, []types.Value{types.IntValue(int64(oid)), types.IntValue(int64(next.Version))})
	}
	if next.NextOID != e.base.NextOID {
		w.add(setNextOIDSQL, []types.Value{types.IntValue(int64(next.NextOID))})
	}
}

// rows returns the rows of everything changed, as they were and as they are.
func (e *Edit) rows() (before, after []row) {
	var was, is rowWriter
	for _, oid := range sortedKeys(e.schemas) {
		was.schema(e.base.schemas[oid])
		is.schema(e.schemas[oid])
	}
	for _, oid := range sortedKeys(e.relations) {
		was.relation(e.base.relations.get(oid))
		is.relation(e.relations[oid])
	}
	for _, id := range sortedObjects(e.comments) {
		was.comment(id, e.base.comments.get(id))
		is.comment(id, e.comments[id])
	}
	return was.rows, is.rows
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func sortedObjects[V any](m map[ObjectID]V) []ObjectID {
	ids := make([]ObjectID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b ObjectID) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.OID, b.OID), cmp.Compare(a.Sub, b.Sub))
	})
	return ids
}

// key returns the identifying values of r.
func (r *row) key() []types.Value { return r.pick(r.table.key) }

func (r *row) pick(places []int) []types.Value {
	values := make([]types.Value, len(places), len(places)+len(r.table.key))
	for i, place := range places {
		values[i] = r.values[place]
	}
	return values
}

// changed returns the places in which r differs from old.
func (r *row) changed(old *row) []int {
	var places []int
	for i := range r.values {
		if !sameValue(r.values[i], old.values[i]) {
			places = append(places, i)
		}
	}
	return places
}

func sameValue(a, b types.Value) bool {
	return a.Kind == b.Kind && a.Int64() == b.Int64() && bytes.Equal(a.Bytes, b.Bytes)
}

// opWriter collects statements; a run of equal ones becomes one with many sets.
type opWriter struct{ ops []Op }

func (w *opWriter) add(sql string, params []types.Value) {
	if n := len(w.ops); n > 0 && w.ops[n-1].SQL == sql {
		op := &w.ops[n-1]
		op.Params = append(op.Params, params...)
		op.Sets++
		return
	}
	w.ops = append(w.ops, Op{SQL: sql, Params: slices.Clone(params), Sets: 1})
}

func oidText(oid uint32) string { return strconv.FormatUint(uint64(oid), 10) }
