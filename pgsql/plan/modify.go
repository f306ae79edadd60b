package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// targetRelation resolves the relation that INSERT, UPDATE, DELETE or TRUNCATE
// changes and checks that it can be.
func (a *analyzer) targetRelation(rv *ast.RangeVar, verb string) *catalog.Relation {
	rel := a.relation(rv)
	switch rel.Kind {
	case catalog.KindTable:
		if rel.System {
			a.failf(-1, pgerr.InsufficientPrivilege, "permission denied for table %s", rel.Name)
		}
		return rel
	case catalog.KindView:
		a.fail(rv.Pos(), pgerr.Unsupported("cannot %s view \"%s\": updatable views are not supported", verb, rel.Name))
	case catalog.KindMatview:
		a.failf(-1, pgerr.WrongObjectType, "cannot change materialized view \"%s\"", rel.Name)
	case catalog.KindSequence:
		a.failf(-1, pgerr.WrongObjectType, "cannot change sequence \"%s\"", rel.Name)
	}
	a.failf(-1, pgerr.WrongObjectType, "cannot change relation \"%s\"", rel.Name)
	return nil
}

// targetColumn finds a column that INSERT or UPDATE names.
func (a *analyzer) targetColumn(rel *catalog.Relation, t *ast.ResTarget) *catalog.Column {
	c := rel.Column(t.Name)
	if c == nil {
		if t.Name == "ctid" || t.Name == "xmin" || t.Name == "tableoid" {
			a.failf(t.Pos(), pgerr.FeatureNotSupported, "cannot assign to system column \"%s\"", t.Name)
		}
		a.failf(t.Pos(), pgerr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", t.Name, rel.Name)
	}
	return c
}

// assign makes x what the column stores (transformAssignedExpr).
func (a *analyzer) assign(x expr, c *catalog.Column, pos int) expr {
	if x.typ() == c.Type && c.Typmod < 0 {
		return x
	}
	y, ok := a.coerceTo(x, c.Type, c.Typmod, assignment, pos)
	if !ok {
		a.fail(x.position(), pgerr.New(pgerr.DatatypeMismatch, "column \"%s\" is of type %s but expression is of type %s",
			c.Name, types.FormatType(c.Type, -1), types.FormatType(x.typ(), -1)).
			WithHint("You will need to rewrite or cast the expression."))
	}
	return y
}

// defaultOf is the value that a column gets where none is given.
func (a *analyzer) defaultOf(c *catalog.Column) expr {
	switch {
	case c.Identity != 0 && c.OwnedSequence != 0:
		return a.nextValue(c)
	case c.Default != "" && c.Generated == 0:
		return a.assign(a.catalogExprIn(&scope{}, c.Default, inDefault), c, -1)
	}
	return &constExpr{base: base{c.Type, c.Typmod, -1}}
}

// nextValue is nextval() of the sequence that an identity column owns.
func (a *analyzer) nextValue(c *catalog.Column) expr {
	x := a.callNamed("nextval", []expr{intConst(int64(c.OwnedSequence), types.RegclassOID)}, -1)
	return a.assign(x, c, -1)
}

// catalogExprIn analyzes a stored expression as part of the given clause.
func (a *analyzer) catalogExprIn(s *scope, text string, c clause) expr {
	saved := s.clause
	s.clause = c
	x := a.catalogExpr(s, text)
	s.clause = saved
	return x
}

// keyColumn is the column that is SQLite's rowid, where a NULL would be replaced
// by a number.
func isRowID(rel *catalog.Relation, c *catalog.Column) bool { return c.Physical == rel.RowID }

// guarded tells whether a value for the rowid needs a guard against NULL.
func neverNull(x expr) bool {
	switch x := x.(type) {
	case *constExpr:
		return !x.val.IsNull()
	case *castExpr:
		return neverNull(x.x)
	case *funcExpr:
		return x.fn.Name == "nextval"
	}
	return false
}

// stored writes the value of a column. SQLite numbers a NULL in its rowid; the
// empty text in its place is refused with a datatype mismatch, which
// TranslateError knows to be a NULL.
func (e *emitter) stored(rel *catalog.Relation, c *catalog.Column, x expr) {
	if isRowID(rel, c) && !neverNull(x) {
		e.s("ifnull(")
		e.expr(x)
		e.s(", '')")
		return
	}
	e.expr(x)
}

// generatedColumns lists the stored generated columns.
func generatedColumns(rel *catalog.Relation) []*catalog.Column {
	var out []*catalog.Column
	for _, c := range rel.Columns {
		if c.Generated != 0 && !c.Dropped {
			out = append(out, c)
		}
	}
	return out
}

// generatedValue is the expression of a generated column over the new values of
// the others.
func (a *analyzer) generatedValue(s *scope, r *rte, c *catalog.Column, values func(num int16) expr) expr {
	x := a.assign(a.catalogExprIn(s, c.Default, inGenerated), c, -1)
	return rewrite(x, func(y expr) expr {
		if v, ok := y.(*varExpr); ok && v.rte == r {
			return values(r.cols[v.col].num)
		}
		return nil
	})
}

// returning analyzes RETURNING and describes its columns.
func (a *analyzer) returning(s *scope, st *Statement, list []ast.ResTarget) []target {
	if len(list) == 0 {
		return nil
	}
	s.clause = inReturning
	s.query = nil
	targets := a.targetList(s, list)
	for i := range targets {
		targets[i].x = a.resolveUnknown(targets[i].x)
		st.Columns = append(st.Columns, resultColumn(&targets[i]))
	}
	s.clause = inOther
	return targets
}

// writeReturning writes RETURNING. There SQLite knows the table by its own name
// only, and no other table.
func (e *emitter) writeReturning(r *rte, targets []target) {
	if len(targets) == 0 {
		return
	}
	e.bare, e.prefix = r, r.rel.Physical
	e.s(" RETURNING ")
	for i, t := range targets {
		if i > 0 {
			e.s(", ")
		}
		e.expr(t.x)
	}
	e.bare, e.prefix = nil, ""
}

// returnsOthers tells whether RETURNING reads columns of other tables than the
// target.
func returnsOthers(r *rte, targets []target) bool {
	found := false
	for _, t := range targets {
		walk(t.x, func(x expr) bool {
			if v, ok := x.(*varExpr); ok && v.rte.owner == r.owner && v.rte != r {
				found = true
			}
			return !found
		})
	}
	return found
}

// returningFirst is RETURNING as a query of its own, which runs before the rows
// change: one row for each row of the target, with the new values in place of
// the old ones.
func (a *analyzer) returningFirst(r *rte, q *query, set []newValue, where expr, targets []target) Op {
	if a.volatile {
		a.fail(-1, pgerr.Unsupported("RETURNING columns of other tables with volatile functions is not supported"))
	}
	for _, t := range targets {
		if hasQuery(t.x) {
			a.fail(t.x.position(), pgerr.Unsupported("RETURNING columns of other tables with a sub-query is not supported"))
		}
	}
	e := newEmitter(a)
	e.with(q)
	e.s("SELECT ")
	for i, t := range targets {
		if i > 0 {
			e.s(", ")
		}
		e.expr(rewrite(t.x, func(x expr) expr {
			v, ok := x.(*varExpr)
			if !ok || v.rte != r {
				return nil
			}
			for _, s := range set {
				if s.column.Num == r.cols[v.col].num {
					return s.x
				}
			}
			return nil
		}))
	}
	e.selfFrom(r, q, where)
	e.s(" GROUP BY r")
	e.int(r.id)
	e.s(".")
	e.name(r.rel.RowID)
	return Op{SQL: e.text(), Returns: true}
}

// columnByNum returns the live column of the relation, or nil.
func columnByNum(rel *catalog.Relation, num int16) *catalog.Column {
	for _, c := range rel.Columns {
		if c.Num == num {
			return c
		}
	}
	return nil
}

// varOf is the column num of an entry.
func varOf(r *rte, num int16) expr {
	for i := range r.cols {
		if r.cols[i].num == num {
			return newVar(r, i, -1)
		}
	}
	return nil
}

// writeScope opens the scope of a statement that changes a relation: its WITH
// clause and the relation under its alias.
func (a *analyzer) writeScope(w *ast.WithClause, rv *ast.RangeVar, rel *catalog.Relation) (*scope, *rte, *query) {
	s := &scope{}
	q := &query{scope: s}
	if w != nil {
		a.with(s, q, w)
	}
	r := a.relationRTE(s, rel)
	r.target = true
	a.applyAlias(r, rv.Alias)
	return s, r, q
}
