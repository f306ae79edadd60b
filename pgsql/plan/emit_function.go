package plan

import (
	"polyreme/pgwire/pgerr"
)

// function writes a function in FROM. One set-returning function is a
// table-valued function; others are put together in a sub-query, by row number.
func (e *emitter) function(r *rte) {
	if f, ok := soleSetCall(r); ok {
		e.expand(f.fn.SQL, f.args, f.oid, f.variadic, false)
		e.s(" AS r")
		e.int(r.id)
		return
	}
	for _, c := range r.fn.calls {
		if readsOwner(c, r.owner) {
			e.a.fail(c.position(), pgerr.Unsupported("this use of functions in FROM or in the select list is not supported"))
		}
	}
	e.functions(r)
}

func setCall(x expr) (*funcExpr, bool) {
	f, ok := x.(*funcExpr)
	return f, ok && f.fn.ReturnsSet
}

func setReturning(x expr) bool {
	_, ok := setCall(x)
	return ok
}

func readsOwner(x expr, s *scope) bool {
	found := false
	walk(x, func(y expr) bool {
		if v, ok := y.(*varExpr); ok && v.rte.owner == s {
			found = true
		}
		return !found
	})
	return found
}

// functions writes several functions side by side (ROWS FROM): a full join by
// row number.
func (e *emitter) functions(r *rte) {
	e.s("(SELECT ")
	col := 0
	for i, c := range r.fn.calls {
		for k, name := range e.callColumnNames(c) {
			if i+k > 0 {
				e.s(", ")
			}
			col++
			e.s("f")
			e.int(i)
			e.s(".")
			e.name(name)
			e.s(" AS m")
			e.int(col)
		}
	}
	if r.fn.ordinality {
		e.s(", coalesce(")
		for i := range r.fn.calls {
			if i > 0 {
				e.s(", ")
			}
			e.s("f")
			e.int(i)
			e.s(".rowid")
		}
		if len(r.fn.calls) == 1 {
			e.s(", 1")
		}
		e.s(") AS m")
		e.int(col + 1)
	}
	e.s(" FROM ")
	for i, c := range r.fn.calls {
		if i > 0 {
			e.s(" FULL JOIN ")
		}
		if f, ok := setCall(c); ok {
			e.expand(f.fn.SQL, f.args, f.oid, f.variadic, false)
		} else {
			e.s("(SELECT ")
			e.expr(c)
			e.s(" AS value, 1 AS rowid)")
		}
		e.s(" AS f")
		e.int(i)
		for k := range i {
			if k == 0 {
				e.s(" ON f")
				e.int(i)
				e.s(".rowid = coalesce(")
			} else {
				e.s(", ")
			}
			e.s("f")
			e.int(k)
			e.s(".rowid")
			if k == i-1 {
				if i == 1 {
					e.s(", NULL")
				}
				e.s(")")
			}
		}
	}
	e.s(") AS r")
	e.int(r.id)
}

func (e *emitter) callColumnNames(c expr) []string {
	f, ok := setCall(c)
	if !ok {
		return []string{"value"}
	}
	return f.fn.Columns
}
