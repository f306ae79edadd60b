package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// mode tells where a query is written.
type mode uint8

const (
	topLevel mode = iota // the statement itself: columns need no names
	inner                // within another: columns are m1, m2, …
)

// query writes a query.
func (e *emitter) query(q *query, m mode) {
	e.with(q)
	switch {
	case q.op != ast.SetOpNone:
		e.compound(q, m)
	case q.values != nil:
		e.valuesQuery(q, m)
	case len(q.on) > 0:
		e.distinctOn(q)
	case q.withTies:
		e.ties(q)
	case e.effectsAfterSort(q):
		e.sorted(q, m)
	default:
		e.selectBody(q, m, nil)
		e.orderBy(q)
		e.limits(q)
	}
}

// with writes the common table expressions that are used.
func (e *emitter) with(q *query) {
	first := true
	for _, c := range q.ctes {
		if c.refs == 0 {
			continue
		}
		switch {
		case !first:
			e.s(", ")
		case q.recurse:
			e.s("WITH RECURSIVE ")
		default:
			e.s("WITH ")
		}
		first = false
		e.s("w")
		e.int(c.id)
		e.s("(")
		for i := range c.cols {
			if i > 0 {
				e.s(", ")
			}
			e.s("m")
			e.int(i + 1)
		}
		e.s(") AS ")
		switch {
		case c.recursive:
		case c.materialize == ast.MaterializeAlways || c.refs > 1 && c.materialize == ast.MaterializeDefault || volatileQuery(c.query):
			e.s("MATERIALIZED ")
		case c.materialize == ast.MaterializeNever:
			e.s("NOT MATERIALIZED ")
		}
		e.s("(")
		e.query(c.query, inner)
		e.s(")")
	}
	if !first {
		e.s(" ")
	}
}

// volatileQuery tells whether a query calls a volatile function: it must then
// run as often as PostgreSQL runs it.
func volatileQuery(q *query) bool {
	found := false
	walkQuery(q, func(x expr) bool {
		if f, ok := x.(*funcExpr); ok && f.fn.Volatility == 'v' {
			found = true
		}
		return !found
	})
	return found
}

// selectBody writes SELECT … up to HAVING. extra, if set, writes more columns.
func (e *emitter) selectBody(q *query, m mode, extra func()) {
	e.s("SELECT ")
	if q.distinct {
		e.s("DISTINCT ")
	}
	collated := q.distinct || e.collated
	e.collated = false
	n := 0
	bare := q.grouping && len(q.group) == 0 && !aggregates(q)
	for i := range q.targets {
		t := &q.targets[i]
		if t.junk {
			continue
		}
		if n++; n > 1 {
			e.s(", ")
		}
		if n == 1 && bare {
			// SQLite wants an aggregate among the columns.
			e.s("iif(count(*) >= 0, ")
			e.expr(t.x)
			e.s(", NULL)")
		} else {
			e.expr(t.x)
		}
		if collated {
			e.collate(t.x)
		}
		if m == inner {
			e.s(" AS m")
			e.int(n)
		}
	}
	switch {
	case n == 0 && bare:
		e.s("count(*)")
	case n == 0 && extra == nil:
		e.s("1")
	}
	if extra != nil {
		if n > 0 {
			e.s(", ")
		}
		extra()
	}
	e.fromClause(q)
	if q.where != nil {
		e.s(" WHERE ")
		e.conjunction(q.where)
	}
	e.groupBy(q)
}

func (e *emitter) fromClause(q *query) {
	if len(q.from) == 0 && q.srf == nil {
		return
	}
	e.s(" FROM ")
	for i, item := range q.from {
		leaf, ok := item.(*fromRTE)
		if ok && leaf.rte.lateral && !exactlyOne(leaf.rte.query) {
			if i == 0 {
				e.s("(SELECT 1)")
			}
			e.s(" JOIN ")
			e.leaf(leaf.rte)
			e.lateralCondition(leaf.rte, nil)
			continue
		}
		if i > 0 {
			e.s(", ")
		}
		if ok && severalCorrelated(leaf.rte) {
			e.sideBySide(leaf.rte)
			continue
		}
		e.fromItem(item, i > 0 && reorders(item))
	}
	if q.srf != nil {
		if len(q.from) > 0 {
			e.s(" JOIN ")
		}
		if severalCorrelated(q.srf) {
			e.sideBySide(q.srf)
		} else {
			e.leaf(q.srf)
		}
	}
}

func (e *emitter) groupBy(q *query) {
	keys := 0
	for _, g := range q.group {
		if _, ok := g.(*constExpr); ok {
			continue
		}
		if keys++; keys == 1 {
			e.s(" GROUP BY ")
		} else {
			e.s(", ")
		}
		e.expr(g)
		e.collate(g)
	}
	if len(q.group) > 0 && keys == 0 {
		e.s(" GROUP BY NULL")
	}
	if q.having != nil {
		e.s(" HAVING ")
		e.expr(q.having)
	}
}

// aggregates tells whether a visible column has an aggregate of the query.
func aggregates(q *query) bool {
	found := false
	for i := range q.targets {
		if q.targets[i].junk {
			continue
		}
		walk(q.targets[i].x, func(x expr) bool {
			if g, ok := x.(*aggExpr); ok && g.owner == q.scope {
				found = true
			}
			return !found
		})
	}
	return found
}

// fromItem writes a node of the join tree. SQLite gives the comma and JOIN the
// same precedence, so what is on the right of either is parenthesised.
func (e *emitter) fromItem(item fromItem, parens bool) {
	switch f := item.(type) {
	case *fromRTE:
		e.leaf(f.rte)
	case *fromJoin:
		if parens {
			e.s("(")
		}
		e.fromItem(f.left, false)
		switch f.kind {
		case ast.JoinLeft:
			e.s(" LEFT JOIN ")
		case ast.JoinRight:
			e.s(" RIGHT JOIN ")
		case ast.JoinFull:
			e.s(" FULL JOIN ")
		default:
			e.s(" JOIN ")
		}
		_, nested := f.right.(*fromJoin)
		e.fromItem(f.right, nested)
		leaf, ok := f.right.(*fromRTE)
		switch {
		case ok && leaf.rte.lateral:
			e.lateralJoin(f, leaf.rte)
		case f.on != nil:
			e.s(" ON ")
			e.conjunction(f.on)
		case f.kind != ast.JoinInner && f.kind != ast.JoinCross:
			e.s(" ON 1")
		}
		if parens {
			e.s(")")
		}
	}
}

// reorders tells whether a join keeps rows of its right side that match nothing:
// what is before it must not get between.
func reorders(item fromItem) bool {
	f, ok := item.(*fromJoin)
	return ok && (f.kind == ast.JoinRight || f.kind == ast.JoinFull || reorders(f.left))
}

// leaf writes a range table entry with its alias.
func (e *emitter) leaf(r *rte) {
	switch r.kind {
	case rteRelation:
		if r.rel.Kind == catalog.KindSequence {
			e.s("(SELECT last_value, 0 AS log_cnt, is_called FROM polyreme_sequence WHERE oid = ")
			e.int(int(r.rel.OID))
			e.s(")")
			break
		}
		e.name(r.rel.Physical)
	case rteCTE:
		e.s("w")
		e.int(r.cte.id)
	case rteSubquery:
		if r.lateral {
			e.lateralLeaf(r)
			return
		}
		e.s("(")
		if volatileTargets(r.query) {
			e.s("WITH m AS MATERIALIZED (")
			e.query(r.query, inner)
			e.s(") SELECT * FROM m")
		} else {
			e.query(r.query, inner)
		}
		e.s(")")
	case rteFunction:
		e.function(r)
		return
	}
	e.s(" AS r")
	e.int(r.id)
}

// volatileTargets tells whether the select list of a sub-query is volatile:
// SQLite would evaluate it again wherever a column is used.
func volatileTargets(q *query) bool {
	found := false
	for i := range q.targets {
		walk(q.targets[i].x, func(x expr) bool {
			if f, ok := x.(*funcExpr); ok && f.fn.Volatility == 'v' {
				found = true
			}
			return !found
		})
	}
	return found
}

// orderBy writes the keys: those in the select list by number.
func (e *emitter) orderBy(q *query) {
	written := 0
	for i := range q.order {
		k := &q.order[i]
		if k.target < 0 || q.targets[k.target].junk {
			if _, constant := k.x.(*constExpr); constant {
				continue
			}
		}
		if written++; written == 1 {
			e.s(" ORDER BY ")
		} else {
			e.s(", ")
		}
		if k.target >= 0 && !q.targets[k.target].junk {
			e.int(q.ordinal(k.target))
			if c := types.Collation(q.targets[k.target].x.typ()); c != "" {
				e.s(" COLLATE ", c)
			}
		} else {
			e.compared(k.x)
		}
		e.direction(k)
	}
}

// ordinal is the number of a visible target in the output.
func (q *query) ordinal(target int) int {
	n := 0
	for i := 0; i <= target; i++ {
		if !q.targets[i].junk {
			n++
		}
	}
	return n
}

func (e *emitter) limits(q *query) {
	if q.limit == nil && q.offset == nil {
		return
	}
	e.s(" LIMIT ")
	if q.limit == nil {
		e.s("-1")
	} else {
		e.count(q.limit, "pg_limit", "-1")
	}
	if q.offset != nil {
		e.s(" OFFSET ")
		e.count(q.offset, "pg_offset", "0")
	}
}

func (e *emitter) count(x expr, check, null string) {
	c, ok := x.(*constExpr)
	switch {
	case ok && c.val.IsNull():
		e.s(null)
	case ok:
		e.value(c.val)
	case containsVar(x):
		e.a.fail(x.position(), pgerr.Unsupported("LIMIT and OFFSET that depend on an outer query are not supported"))
	default:
		e.s(check, "(")
		e.expr(x)
		e.s(")")
	}
}

func (e *emitter) valuesQuery(q *query, m mode) {
	if hasVars(q.values[0]) {
		e.valuesUnion(q)
		return
	}
	sorted := len(q.order) > 0 || q.limit != nil || q.offset != nil
	if sorted || m == inner {
		e.s("SELECT ")
		for i := range q.values[0] {
			if i > 0 {
				e.s(", ")
			}
			e.s("column")
			e.int(i + 1)
			if m == inner {
				e.s(" AS m")
				e.int(i + 1)
			}
		}
		e.s(" FROM (")
	}
	e.rows(q.values)
	if sorted || m == inner {
		e.s(")")
		e.valuesOrder(q)
		e.limits(q)
	}
}

// valuesUnion writes VALUES over columns of an outer query as SELECTs: SQLite
// would name its columns after those.
func (e *emitter) valuesUnion(q *query) {
	for i, row := range q.values {
		if i > 0 {
			e.s(" UNION ALL ")
		}
		e.s("SELECT ")
		for c, x := range row {
			if c > 0 {
				e.s(", ")
			}
			e.expr(x)
			e.s(" AS m")
			e.int(c + 1)
		}
	}
	e.valuesOrder(q)
	e.limits(q)
}

// valuesOrder writes ORDER BY of a VALUES: only its own columns may be keys.
func (e *emitter) valuesOrder(q *query) {
	for _, k := range q.order {
		if q.targets[k.target].junk {
			e.a.fail(k.x.position(), pgerr.Unsupported("ORDER BY an expression over VALUES is not supported"))
		}
	}
	e.orderBy(q)
}

// rows writes VALUES (…), (…).
func (e *emitter) rows(rows [][]expr) {
	e.s("VALUES ")
	for i, row := range rows {
		if i > 0 {
			e.s(", ")
		}
		e.s("(")
		e.list(row)
		e.s(")")
	}
}

// distinctOn writes SELECT DISTINCT ON: the first row by row_number().
func (e *emitter) distinctOn(q *query) {
	e.wrapped(q, func() {
		e.s("row_number() OVER (PARTITION BY ")
		for i, x := range q.on {
			if i > 0 {
				e.s(", ")
			}
			e.compared(x)
		}
		if len(q.order) > 0 {
			e.s(" ORDER BY ")
			e.keys(q.order)
		}
		e.s(") AS n")
	})
	e.s(" WHERE n = 1")
	e.outerKeys(q)
	e.limits(q)
}

// wrapped writes a query around q that returns its columns. Within, q also has
// its ORDER BY keys as o1, o2, …, which outerKeys reads, and what numbers writes.
func (e *emitter) wrapped(q *query, numbers func()) {
	e.s("SELECT ")
	for i := range len(q.visible()) {
		if i > 0 {
			e.s(", ")
		}
		e.s("m")
		e.int(i + 1)
	}
	e.s(" FROM (")
	e.selectBody(q, inner, func() {
		for i := range q.order {
			e.expr(q.order[i].x)
			e.s(" AS o")
			e.int(i + 1)
			e.s(", ")
		}
		numbers()
	})
	e.s(")")
}

// outerKeys writes ORDER BY over the columns o1, o2, … of a wrapped query.
func (e *emitter) outerKeys(q *query) {
	for i := range q.order {
		if i == 0 {
			e.s(" ORDER BY ")
		} else {
			e.s(", ")
		}
		e.s("o")
		e.int(i + 1)
		if c := types.Collation(q.order[i].x.typ()); c != "" {
			e.s(" COLLATE ", c)
		}
		e.direction(&q.order[i])
	}
}

// ties writes FETCH FIRST n ROWS WITH TIES: rank() tells which rows are equal to
// the last one.
func (e *emitter) ties(q *query) {
	if q.distinct {
		e.a.fail(-1, pgerr.Unsupported("WITH TIES with DISTINCT is not supported"))
	}
	e.wrapped(q, func() {
		for i, fn := range []string{"rank", "row_number"} {
			if i > 0 {
				e.s(", ")
			}
			e.s(fn, "() OVER (ORDER BY ")
			e.keys(q.order)
			e.s(") AS n")
			e.int(i)
		}
	})
	e.s(" WHERE n0 <= ")
	e.count(q.limit, "pg_limit", "9223372036854775807")
	if q.offset != nil {
		e.s(" + ")
		e.count(q.offset, "pg_offset", "0")
		e.s(" AND n1 > ")
		e.count(q.offset, "pg_offset", "0")
	}
	e.outerKeys(q)
}
