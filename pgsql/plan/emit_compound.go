package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// compound writes a set operation. SQLite's operands cannot be parenthesised
// and associate to the left, so all but a plain left operand is a sub-query.
func (e *emitter) compound(q *query, m mode) {
	if q.all && q.op != ast.Union {
		e.compoundAll(q, m)
		e.orderBy(q)
		e.limits(q)
		return
	}
	e.operand(q.left, q, true)
	e.s([...]string{"", " UNION ", " INTERSECT ", " EXCEPT "}[q.op])
	if q.all {
		e.s("ALL ")
	}
	e.operand(q.right, q, false)
	e.orderBy(q)
	e.limits(q)
}

// operand writes one side of a set operation.
func (e *emitter) operand(q, parent *query, left bool) {
	plain := len(q.ctes) == 0 && len(q.order) == 0 && q.limit == nil && q.offset == nil && len(q.on) == 0
	if q.op != ast.SetOpNone {
		plain = plain && left && !(q.all && q.op != ast.Union)
	}
	if plain && q.op == ast.SetOpNone && q.values == nil {
		e.collated = needsCollation(parent)
		e.selectBody(q, inner, nil)
		return
	}
	if q.recast {
		e.recast(q)
		return
	}
	if plain && q.op != ast.SetOpNone && !needsCollation(parent) {
		e.query(q, inner)
		return
	}
	e.s("SELECT ")
	for i, t := range parent.targets {
		if i > 0 {
			e.s(", ")
		}
		e.s("m")
		e.int(i + 1)
		if c := types.Collation(t.x.typ()); c != "" {
			e.s(" COLLATE ", c)
		}
		e.s(" AS m")
		e.int(i + 1)
	}
	e.s(" FROM (")
	e.query(q, inner)
	e.s(")")
}

// recast writes a set operation whose columns are converted for the one around
// it.
func (e *emitter) recast(q *query) {
	e.s("SELECT ")
	for i := range q.targets {
		if i > 0 {
			e.s(", ")
		}
		e.expr(q.targets[i].x)
		e.s(" AS m")
		e.int(i + 1)
	}
	e.s(" FROM (")
	e.query(q, inner)
	e.s(") AS r")
	e.int(q.out.id)
}

// needsCollation tells whether the rows of a set operation are compared under a
// collation.
func needsCollation(q *query) bool {
	if q.op == ast.Union && q.all {
		return false
	}
	for _, t := range q.targets {
		if types.Collation(t.x.typ()) != "" {
			return true
		}
	}
	return false
}

// compoundAll writes INTERSECT ALL and EXCEPT ALL: each copy of a row gets a
// number, and the numbered rows are compared.
func (e *emitter) compoundAll(q *query, m mode) {
	if len(q.targets) == 0 {
		e.a.fail(-1, pgerr.Unsupported("a set operation without columns is not supported"))
	}
	e.s("SELECT ")
	for i := range q.targets {
		if i > 0 {
			e.s(", ")
		}
		e.s("m")
		e.int(i + 1)
	}
	e.s(" FROM (")
	for side, operand := range []*query{q.left, q.right} {
		if side == 1 {
			e.s([...]string{"", "", " INTERSECT ", " EXCEPT "}[q.op])
		}
		e.s("SELECT ")
		for i, t := range q.targets {
			e.s("m")
			e.int(i + 1)
			if c := types.Collation(t.x.typ()); c != "" {
				e.s(" COLLATE ", c)
			}
			e.s(" AS m")
			e.int(i + 1)
			e.s(", ")
		}
		e.s("row_number() OVER (PARTITION BY ")
		for i, t := range q.targets {
			if i > 0 {
				e.s(", ")
			}
			e.s("m")
			e.int(i + 1)
			if c := types.Collation(t.x.typ()); c != "" {
				e.s(" COLLATE ", c)
			}
		}
		e.s(") AS n FROM (")
		e.query(operand, inner)
		e.s(")")
	}
	e.s(")")
}
