package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// in is x [NOT] IN (list): PostgreSQL makes x = ANY (ARRAY[list]) of it where
// the elements have a common type, else a chain of OR.
func (a *analyzer) in(s *scope, e *ast.InExpr) expr {
	left := a.expr(s, e.X)
	list := make([]expr, len(e.List))
	for i, item := range e.List {
		list[i] = a.expr(s, item)
	}
	if row, ok := left.(*rowExpr); ok {
		return a.rowIn(row, list, e)
	}
	name := ast.Operator{Name: "="}
	if e.Not {
		name.Name = "<>"
	}
	if len(list) > 1 {
		all := append([]expr{left}, list...)
		if oid := a.commonType(all, ""); oid != 0 && oid != types.RecordOID && !hasVars(list) {
			for i := range list {
				list[i] = a.coerceCommon(list[i], oid, "IN")
			}
			op := a.operator(name, left.typ(), oid, e.Pos())
			args := []expr{left, list[0]}
			a.operands(op, args, e.Pos())
			a.finishOp(op, args, e.Pos())
			list[0] = args[1]
			for i := 1; i < len(list); i++ {
				list[i] = a.operand(list[i], args[1].typ(), e.Pos())
			}
			x := &arrayOpExpr{base: boolBase(e.Pos()), op: op, left: args[0], list: list, all: e.Not}
			if oid != args[1].typ() {
				x.elem = oid
			}
			return x
		}
	}
	x := &boolExpr{base: boolBase(e.Pos()), kind: boolOr}
	if e.Not {
		x.kind = boolAnd
	}
	for _, item := range list {
		x.args = append(x.args, a.makeOp(name, left, item, e.Pos()))
	}
	if len(x.args) == 1 {
		return x.args[0]
	}
	return x
}

// hasVars tells whether any of the expressions reads a column: such items of an
// IN list are compared one by one, with their own operators.
func hasVars(list []expr) bool {
	for _, x := range list {
		if containsVar(x) {
			return true
		}
	}
	return false
}

func containsVar(x expr) bool {
	found := false
	walk(x, func(e expr) bool {
		switch e.(type) {
		case *varExpr, *subLink:
			found = true
		}
		return !found
	})
	return found
}

func (a *analyzer) rowIn(row *rowExpr, list []expr, e *ast.InExpr) expr {
	x := &boolExpr{base: boolBase(e.Pos()), kind: boolOr}
	for _, item := range list {
		r, ok := item.(*rowExpr)
		if !ok {
			a.fail(e.Pos(), pgerr.Unsupported("comparison of a row with a value that is not written as a row is not supported"))
		}
		x.args = append(x.args, a.compareRows(ast.Operator{Name: "="}, row.args, r.args, e.Pos()))
	}
	var result expr = x
	if len(x.args) == 1 {
		result = x.args[0]
	}
	if e.Not {
		result = &boolExpr{base: boolBase(e.Pos()), kind: boolNot, args: []expr{result}}
	}
	return result
}

// between is x BETWEEN low AND high, as the two comparisons that it stands for.
func (a *analyzer) between(s *scope, e *ast.BetweenExpr) expr {
	x := a.expr(s, e.X)
	low, high := a.expr(s, e.Low), a.expr(s, e.High)
	within := func(low, high expr) expr {
		return &boolExpr{base: boolBase(e.Pos()), kind: boolAnd, args: []expr{
			a.makeOp(ast.Operator{Name: ">="}, x, low, e.Pos()),
			a.makeOp(ast.Operator{Name: "<="}, x, high, e.Pos()),
		}}
	}
	outside := func(low, high expr) expr {
		return &boolExpr{base: boolBase(e.Pos()), kind: boolOr, args: []expr{
			a.makeOp(ast.Operator{Name: "<"}, x, low, e.Pos()),
			a.makeOp(ast.Operator{Name: ">"}, x, high, e.Pos()),
		}}
	}
	switch {
	case e.Symmetric && e.Not:
		return &boolExpr{base: boolBase(e.Pos()), kind: boolAnd, args: []expr{outside(low, high), outside(high, low)}}
	case e.Symmetric:
		return &boolExpr{base: boolBase(e.Pos()), kind: boolOr, args: []expr{within(low, high), within(high, low)}}
	case e.Not:
		return outside(low, high)
	}
	return within(low, high)
}

// like is LIKE, ILIKE or SIMILAR TO; the last two arguments become a pattern by
// PostgreSQL's own helper functions.
func (a *analyzer) like(s *scope, e *ast.LikeExpr) expr {
	x := a.expr(s, e.X)
	pattern := a.expr(s, e.Pattern)
	switch {
	case e.Kind == ast.SimilarTo:
		args := []expr{pattern}
		if e.Escape != nil {
			args = append(args, a.expr(s, e.Escape))
		}
		pattern = a.callNamed("similar_to_escape", args, e.Pos())
	case e.Escape != nil:
		pattern = a.callNamed("like_escape", []expr{pattern, a.expr(s, e.Escape)}, e.Pos())
	}
	return a.makeOp(ast.Operator{Name: e.Operator()}, x, pattern, e.Pos())
}
