package plan

import (
	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// rowComparison handles row op row and row op (sub-query); it returns nil where
// neither side is a row.
func (a *analyzer) rowComparison(s *scope, e *ast.BinaryExpr) expr {
	l, lok := e.Left.(*ast.RowExpr)
	if !lok {
		return nil
	}
	switch r := e.Right.(type) {
	case *ast.RowExpr:
		return a.compareRows(e.Op, a.exprList(s, l.Args), a.exprList(s, r.Args), e.Pos())
	case *ast.SubLink:
		if r.Kind == ast.ExprSubLink {
			return a.rowCompareQuery(s, e, l, r)
		}
	}
	return nil
}

// compareRows is PostgreSQL's make_row_comparison_op.
func (a *analyzer) compareRows(name ast.Operator, left, right []expr, pos int) expr {
	if len(left) != len(right) {
		a.failf(pos, pgerr.SyntaxError, "unequal number of entries in row expressions")
	}
	if len(left) == 0 {
		a.failf(pos, pgerr.FeatureNotSupported, "cannot compare rows of zero length")
	}
	parts := make([]expr, len(left))
	for i := range left {
		parts[i] = a.makeOp(name, left[i], right[i], pos)
		if parts[i].typ() != types.BoolOID {
			a.failf(pos, pgerr.DatatypeMismatch, "row comparison operator must yield type boolean, not type %s", types.FormatType(parts[i].typ(), -1))
		}
	}
	switch {
	case len(parts) == 1:
		return parts[0]
	case name.Name == "=":
		return &boolExpr{base: boolBase(pos), kind: boolAnd, args: parts}
	case name.Name == "<>":
		return &boolExpr{base: boolBase(pos), kind: boolOr, args: parts}
	case name.Name == "<" || name.Name == "<=" || name.Name == ">" || name.Name == ">=":
		return rowOrder(name.Name, parts, pos)
	}
	a.fail(pos, pgerr.New(pgerr.FeatureNotSupported, "could not determine interpretation of row comparison operator %s", name.Name).
		WithHint("Row comparison operators must be associated with btree operator families."))
	return nil
}

// rowOrder builds the node of an ordering comparison from the comparisons of
// the fields.
func rowOrder(op string, parts []expr, pos int) expr {
	x := &rowCompare{base: boolBase(pos), op: op}
	for _, p := range parts {
		o, ok := p.(*opExpr)
		if !ok {
			return &boolExpr{base: boolBase(pos), kind: boolAnd, args: parts}
		}
		x.ops = append(x.ops, o.op)
		x.left = append(x.left, o.args[0])
		x.right = append(x.right, o.args[1])
	}
	return x
}

// rowCompareQuery is (a, b) = (SELECT x, y …).
func (a *analyzer) rowCompareQuery(s *scope, e *ast.BinaryExpr, l *ast.RowExpr, r *ast.SubLink) expr {
	q := a.subquery(s, r.Query, nil)
	left := a.exprList(s, l.Args)
	cols := q.visible()
	if len(cols) > len(left) {
		a.failf(r.Pos(), pgerr.SyntaxError, "subquery has too many columns")
	}
	if len(cols) < len(left) {
		a.failf(r.Pos(), pgerr.SyntaxError, "subquery has too few columns")
	}
	if e.Op.Name != "=" {
		a.fail(e.Pos(), pgerr.Unsupported("comparison of a row and a sub-query by %s is not supported", e.Op.Name))
	}
	link := &subLink{base: boolBase(e.Pos()), kind: ast.AnySubLink, query: q, opNam: "="}
	a.linkTests(link, ast.Operator{Name: "="}, left, cols, e.Pos())
	return link
}

// linkTests resolves the comparisons of an ANY, ALL or IN sub-query.
func (a *analyzer) linkTests(link *subLink, name ast.Operator, left []expr, cols []*target, pos int) {
	link.tests = make([]expr, len(left))
	link.ops = make([]*builtin.Operator, len(left))
	link.coer = make([]expr, len(left))
	for i := range left {
		col := &subVar{base: base{cols[i].x.typ(), cols[i].x.mod(), pos}, col: i}
		x := a.makeOp(name, left[i], col, pos)
		o, ok := x.(*opExpr)
		if !ok || x.typ() != types.BoolOID {
			a.failf(pos, pgerr.DatatypeMismatch, "row comparison operator must yield type boolean, not type %s", types.FormatType(x.typ(), -1))
		}
		link.tests[i], link.ops[i], link.coer[i] = o.args[0], o.op, o.args[1]
	}
}

// subVar is a column of the sub-query of the SubLink around it.
type subVar struct {
	base
	col int
}
