package plan

import (
	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// subquery analyzes a query one level below s.
func (a *analyzer) subquery(s *scope, sel *ast.SelectStmt, ctes []*cte) *query {
	sub := &scope{parent: s, ctes: ctes}
	return a.query(sub, sel)
}

// visible returns the targets that the outside sees.
func (q *query) visible() []*target {
	out := make([]*target, 0, len(q.targets))
	for i := range q.targets {
		if !q.targets[i].junk && !q.targets[i].hidden {
			out = append(out, &q.targets[i])
		}
	}
	return out
}

// output returns the target that is column number col of the emitted query.
func (q *query) output(col int) *target {
	for i := range q.targets {
		if q.targets[i].junk {
			continue
		}
		if col == 0 {
			return &q.targets[i]
		}
		col--
	}
	return nil
}

func (a *analyzer) subLink(s *scope, e *ast.SubLink) expr {
	switch e.Kind {
	case ast.ExistsSubLink:
		q := a.subquery(s, e.Query, nil)
		return &subLink{base: boolBase(e.Pos()), kind: e.Kind, query: q}
	case ast.ExprSubLink:
		q := a.subquery(s, e.Query, nil)
		cols := q.visible()
		if len(cols) != 1 {
			a.failf(e.Pos(), pgerr.SyntaxError, "subquery must return only one column")
		}
		return &subLink{base: base{cols[0].x.typ(), cols[0].x.mod(), e.Pos()}, kind: e.Kind, query: q}
	case ast.ArraySubLink:
		return a.arraySubLink(s, e)
	}
	return a.quantifiedSubLink(s, e)
}

// arraySubLink is ARRAY(SELECT …).
func (a *analyzer) arraySubLink(s *scope, e *ast.SubLink) expr {
	q := a.subquery(s, e.Query, nil)
	cols := q.visible()
	if len(cols) != 1 {
		a.failf(e.Pos(), pgerr.SyntaxError, "subquery must return only one column")
	}
	elem := cols[0].x.typ()
	oid := elem
	if trueElem(elem) == 0 {
		oid = a.arrayType(elem, e.Pos())
	}
	return &subLink{base: base{oid, cols[0].x.mod(), e.Pos()}, kind: e.Kind, query: q}
}

// quantifiedSubLink is x op ANY|ALL (SELECT …) and x [NOT] IN (SELECT …).
func (a *analyzer) quantifiedSubLink(s *scope, e *ast.SubLink) expr {
	var left []expr
	if row, ok := e.Test.(*ast.RowExpr); ok {
		left = a.exprList(s, row.Args)
	} else {
		left = []expr{a.expr(s, e.Test)}
		if row, ok := left[0].(*rowExpr); ok {
			left = row.args
		}
	}
	q := a.subquery(s, e.Query, nil)
	cols := q.visible()
	switch {
	case len(cols) > len(left):
		a.failf(e.Pos(), pgerr.SyntaxError, "subquery has too many columns")
	case len(cols) < len(left):
		a.failf(e.Pos(), pgerr.SyntaxError, "subquery has too few columns")
	}
	link := &subLink{base: boolBase(e.Pos()), kind: e.Kind, query: q, opNam: e.Op.Name, not: e.Not}
	op := e.Op
	if op.Name == "" {
		op.Name = "="
		link.opNam = "="
	}
	a.linkTests(link, op, left, cols, e.Pos())
	return link
}

// scalarArray is x op ANY|ALL (array).
func (a *analyzer) scalarArray(s *scope, e *ast.ScalarArrayExpr) expr {
	left := a.expr(s, e.Left)
	array := a.expr(s, e.Right)
	if array.typ() == types.UnknownOID && !isNullConst(array) || isNullConst(array) {
		// An untyped literal or parameter: the array of the left type.
		elem := left.typ()
		if elem == types.UnknownOID {
			elem = types.TextOID
		}
		array = a.coerceType(array, a.arrayType(elem, e.Pos()), -1, implicit, e.Pos())
	}
	elem := types.ElemOf(array.typ())
	if elem == 0 || category(array.typ()) != 'A' {
		a.failf(e.Pos(), pgerr.WrongObjectType, "op ANY/ALL (array) requires array on right side")
	}
	op := a.operator(e.Op, left.typ(), elem, e.Pos())
	x := &arrayOpExpr{base: boolBase(e.Pos()), all: e.All, op: op}
	if op.Result != types.BoolOID {
		a.failf(e.Pos(), pgerr.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
	}
	item := &subVar{base: base{elem, -1, e.Pos()}}
	args := []expr{left, item}
	a.operands(op, args, e.Pos())
	a.finishOp(op, args, e.Pos())
	x.left = args[0]
	if want := args[1].typ(); want != elem {
		array = a.coerceType(array, a.arrayType(want, e.Pos()), -1, implicit, e.Pos())
	}
	x.op = op
	x.array = array
	if list, ok := constElements(array); ok {
		x.list, x.array = list, nil
		return x
	}
	if l, ok := array.(*arrayExpr); ok && !l.nested {
		x.list, x.array, x.elem = l.elems, nil, l.from
		if len(x.list) == 0 {
			x.array, x.list = array, nil
		}
	}
	return x
}

// constElements returns the elements of a constant array of at least one; they
// are compared as a list.
func constElements(array expr) ([]expr, bool) {
	c, ok := array.(*constExpr)
	if !ok || c.val.Kind != types.Blob {
		return nil, false
	}
	decoded, err := types.DecodeArray(c.val.Bytes)
	if err != nil || len(decoded.Elems) == 0 || len(decoded.Elems) > listMax {
		return nil, false
	}
	elem := types.ElemOf(c.oid)
	list := make([]expr, len(decoded.Elems))
	for i, v := range decoded.Elems {
		list[i] = &constExpr{base: base{elem, -1, c.pos}, val: v.Clone()}
	}
	return list, true
}

// listMax is the length up to which a constant array is written as a list.
const listMax = 1000

// array is ARRAY[…] without a type of its own.
func (a *analyzer) array(s *scope, e *ast.ArrayExpr) expr {
	if len(e.Elems) == 0 {
		a.fail(e.Pos(), pgerr.New(pgerr.IndeterminateDatatype, "cannot determine type of empty array").
			WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[]."))
	}
	x := &arrayExpr{base: base{0, -1, e.Pos()}}
	for _, item := range e.Elems {
		x.elems = append(x.elems, a.expr(s, item))
	}
	oid := a.commonType(x.elems, "ARRAY")
	for i := range x.elems {
		x.elems[i] = a.coerceCommon(x.elems[i], oid, "ARRAY")
	}
	if elem := trueElem(oid); elem != 0 {
		x.oid, x.elem, x.nested = oid, elem, true
	} else {
		x.oid, x.elem = a.arrayType(oid, e.Pos()), oid
	}
	return x
}

// arrayOf is ARRAY[…]::t[]: the elements are coerced to t one by one.
func (a *analyzer) arrayOf(s *scope, e *ast.ArrayExpr, elem, oid types.OID, typmod int32) expr {
	x := &arrayExpr{base: base{oid, typmod, e.Pos()}, elem: elem}
	for _, item := range e.Elems {
		if sub, ok := item.(*ast.ArrayExpr); ok {
			x.nested = true
			x.elems = append(x.elems, a.arrayOf(s, sub, elem, oid, typmod))
			continue
		}
		y := a.expr(s, item)
		if trueElem(y.typ()) != 0 {
			x.nested = true
			x.elems = append(x.elems, a.castExplicit(y, oid, typmod, e.Pos()))
			continue
		}
		x.from = commonConst(x.from, len(x.elems), y)
		x.elems = append(x.elems, a.castExplicit(y, elem, typmod, e.Pos()))
	}
	if x.from == elem || x.from == types.UnknownOID {
		x.from = 0
	}
	return x
}

// commonConst is the type of an array's elements so far, y the next: 0 unless
// all of them are constants of that type.
func commonConst(from types.OID, n int, y expr) types.OID {
	_, constant := y.(*constExpr)
	switch {
	case !constant:
		return 0
	case n == 0:
		return y.typ()
	case from == y.typ():
		return from
	}
	return 0
}

// indirection is (x).f, x[i] and x[i:j].
func (a *analyzer) indirection(s *scope, e *ast.IndirectionExpr) expr {
	x := a.expr(s, e.X)
	for i := 0; i < len(e.Steps); {
		step := e.Steps[i]
		switch step.Kind {
		case ast.FieldStep:
			x = a.field(x, step.Name, e.Pos())
			i++
		case ast.StarStep:
			a.failf(e.Pos(), pgerr.SyntaxError, "row expansion via \"*\" is not supported here")
		default:
			n := i
			for n < len(e.Steps) && (e.Steps[n].Kind == ast.IndexStep || e.Steps[n].Kind == ast.SliceStep) {
				n++
			}
			x = a.subscript(s, x, e.Steps[i:n], e.Pos())
			i = n
		}
	}
	return x
}

// field selects a named field of a row.
func (a *analyzer) field(x expr, name string, pos int) expr {
	row, ok := x.(*rowExpr)
	if !ok {
		a.failf(pos, pgerr.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type", name, types.FormatType(x.typ(), -1))
	}
	for i, n := range row.names {
		if n == name {
			return row.args[i]
		}
	}
	if len(row.names) == 0 && len(name) == 2 && name[0] == 'f' && name[1] >= '1' && int(name[1]-'1') < len(row.args) {
		return row.args[name[1]-'1']
	}
	a.failf(pos, pgerr.UndefinedColumn, "could not identify column \"%s\" in record data type", name)
	return nil
}

func (a *analyzer) subscript(s *scope, x expr, steps []ast.Indirection, pos int) expr {
	container := x.typ()
	if container == types.JSONBOID {
		return a.jsonSubscript(s, x, steps, pos)
	}
	elem := types.ElemOf(container)
	if container == types.NameOID && len(steps) == 1 && steps[0].Kind == ast.IndexStep {
		return a.nameByte(x, a.subscriptIndex(s, steps[0].Upper), pos)
	}
	if elem == 0 || category(container) != 'A' {
		a.failf(pos, pgerr.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", types.FormatType(container, -1))
	}
	sub := &subscriptExpr{base: base{elem, x.mod(), pos}, x: x}
	for _, step := range steps {
		sub.slice = sub.slice || step.Kind == ast.SliceStep
	}
	for _, step := range steps {
		lower, upper := step.Lower, step.Upper
		if sub.slice && step.Kind == ast.IndexStep {
			one := &constExpr{base: base{types.Int4OID, -1, pos}, val: types.IntValue(1)}
			sub.lower = append(sub.lower, one)
		} else {
			sub.lower = append(sub.lower, a.subscriptIndex(s, lower))
		}
		sub.upper = append(sub.upper, a.subscriptIndex(s, upper))
	}
	if sub.slice {
		sub.oid = container
	}
	return sub
}

// nameByte is name[i], which counts from 0 and is a "char".
func (a *analyzer) nameByte(x, index expr, pos int) expr {
	return &rawExpr{base: base{types.CharOID, -1, pos}, args: []expr{x, index}, write: func(e *emitter, args []expr) {
		e.s("substr(")
		e.list(args)
		e.s(" + 1, 1)")
	}}
}

func (a *analyzer) subscriptIndex(s *scope, e ast.Expr) expr {
	if e == nil {
		return nil
	}
	x := a.expr(s, e)
	y, ok := a.coerceTo(x, types.Int4OID, -1, assignment, x.position())
	if !ok {
		a.failf(x.position(), pgerr.DatatypeMismatch, "array subscript must have type integer")
	}
	return y
}

// jsonSubscript is jsonb['key']: the operator -> for each step.
func (a *analyzer) jsonSubscript(s *scope, x expr, steps []ast.Indirection, pos int) expr {
	for _, step := range steps {
		if step.Kind == ast.SliceStep {
			a.failf(pos, pgerr.DatatypeMismatch, "jsonb subscript does not support slices")
		}
		key := a.expr(s, step.Upper)
		if key.typ() == types.UnknownOID {
			key = a.resolveUnknown(key)
		}
		x = a.makeOp(ast.Operator{Name: "->"}, x, key, pos)
	}
	return x
}

// callNamed builds the call of a built-in function by name.
func (a *analyzer) callNamed(name string, args []expr, pos int) expr {
	in := make([]types.OID, len(args))
	for i, x := range args {
		in[i] = x.typ()
	}
	call := &ast.FuncCall{At: ast.At(pos), Name: []string{name}}
	c, _ := a.function(call, in, nil)
	return a.buildCall(c, name, args, pos)
}

// functionNamed returns the function with exactly these argument types.
func functionNamed(name string, args ...types.OID) *builtin.Function {
	for _, fn := range builtin.Functions(name) {
		if sameOIDs(fn.Args, args) {
			return fn
		}
	}
	return nil
}
