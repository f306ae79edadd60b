package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// RowLock is a relation whose rows a query claims with FOR UPDATE or its kin.
type RowLock struct {
	Relation uint32
	Name     string
	Column   int // of the result, beyond Columns: the row's SQLite rowid, or NULL
	Strength ast.LockStrength
	Wait     ast.LockWait
	Check    string // SQL of a row's content by its rowid, ?1
}

// locking analyzes FOR UPDATE and its kin.
func (a *analyzer) locking(q *query, sel *ast.SelectStmt) {
	if len(sel.Locking) == 0 {
		return
	}
	name := [...]string{"FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"}[sel.Locking[0].Strength]
	bad := ""
	switch {
	case q.op != ast.SetOpNone:
		bad = "UNION/INTERSECT/EXCEPT"
	case q.distinct:
		bad = "DISTINCT clause"
	case len(q.group) > 0:
		bad = "GROUP BY clause"
	case q.having != nil:
		bad = "HAVING clause"
	case q.hasAgg:
		bad = "aggregate functions"
	case q.hasWindow:
		bad = "window functions"
	case q.values != nil:
		a.failf(-1, pgerr.FeatureNotSupported, "%s cannot be applied to VALUES", name)
	}
	switch {
	case bad == "aggregate functions" || bad == "window functions":
		a.failf(-1, pgerr.FeatureNotSupported, "%s is not allowed with %s", name, bad)
	case bad != "":
		a.failf(-1, pgerr.FeatureNotSupported, "%s is not allowed with %s", name, bad)
	}
	for _, l := range sel.Locking {
		for _, rv := range l.Rels {
			found := false
			for i := range q.scope.items {
				found = found || q.scope.items[i].name == rv.Name
			}
			if !found {
				a.failf(rv.Pos(), pgerr.UndefinedTable, "relation \"%s\" in %s clause not found in FROM clause", rv.Name, name)
			}
		}
	}
	q.forUpdate, q.locking = true, sel.Locking
	a.forUpdate = true
}

// lockTargets has the rows that the query claims among its results: the rowid of
// each relation in FROM that is a table. Rows of sub-queries are not claimed.
func (a *analyzer) lockTargets(st *Statement, q *query) {
	for _, item := range q.from {
		a.lockItem(st, q, item)
	}
	column := len(st.Columns)
	for i := range st.Locks {
		st.Locks[i].Column = column + i
	}
}

func (a *analyzer) lockItem(st *Statement, q *query, item fromItem) {
	if j, ok := item.(*fromJoin); ok {
		a.lockItem(st, q, j.left)
		a.lockItem(st, q, j.right)
		return
	}
	leaf, ok := item.(*fromRTE)
	if !ok || leaf.rte.kind != rteRelation || leaf.rte.rel == nil || leaf.rte.rel.Kind != catalog.KindTable || leaf.rte.rel.System {
		return
	}
	r := leaf.rte
	lock := RowLock{Relation: r.rel.OID, Name: r.rel.Name}
	claimed := false
	for _, clause := range q.locking {
		if clause.Rels != nil && !names(clause.Rels, r.alias) {
			continue
		}
		if !claimed || clause.Strength > lock.Strength {
			lock.Strength = clause.Strength
		}
		lock.Wait = max(lock.Wait, clause.Wait) // NOWAIT before SKIP LOCKED before waiting, as in PostgreSQL
		claimed = true
	}
	if !claimed {
		return
	}
	lock.Check = "SELECT * FROM " + catalog.TablePhysical(r.rel.OID) + " WHERE rowid = ?1"
	st.Locks = append(st.Locks, lock)
	r.cols = append(r.cols, rteCol{oid: types.Int8OID, typmod: -1, physical: "rowid", hidden: true})
	q.targets = append(q.targets, target{x: newVar(r, len(r.cols)-1, -1), hidden: true})
}

func names(list []*ast.RangeVar, alias string) bool {
	for _, rv := range list {
		if rv.Name == alias {
			return true
		}
	}
	return false
}

// lockTexts writes what a query with SKIP LOCKED needs: it counts its rows for
// LIMIT and OFFSET after those that are locked were left out.
func (a *analyzer) lockTexts(st *Statement, q *query) {
	skips := false
	for _, l := range st.Locks {
		skips = skips || l.Wait == ast.LockWaitSkip
	}
	if !skips || q.limit == nil && q.offset == nil || len(q.on) > 0 || q.withTies {
		return
	}
	count := func(x expr, check, null string) string {
		if x == nil {
			return null
		}
		e := newEmitter(a)
		e.count(x, check, null)
		return e.text()
	}
	st.LimitSQL = "SELECT " + count(q.limit, "pg_limit", "-1") + ", " + count(q.offset, "pg_offset", "0")
	limit, offset := q.limit, q.offset
	q.limit, q.offset = nil, nil
	e := newEmitter(a)
	e.query(q, topLevel)
	st.UnlimitedSQL = e.text()
	q.limit, q.offset = limit, offset
}
