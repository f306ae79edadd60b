package plan

import (
	"math"
	"strconv"
	"strings"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// exprIn analyzes an expression that stands in the given clause.
func (a *analyzer) exprIn(s *scope, e ast.Expr, c clause) expr {
	saved := s.clause
	s.clause = c
	x := a.expr(s, e)
	s.clause = saved
	return x
}

// expr analyzes an expression.
func (a *analyzer) expr(s *scope, e ast.Expr) expr {
	a.enter(e.Pos())
	x := a.exprNode(s, e)
	a.leave()
	return x
}

func (a *analyzer) exprNode(s *scope, e ast.Expr) expr {
	switch e := e.(type) {
	case *ast.Const:
		return a.constant(e)
	case *ast.ColumnRef:
		if e.Star {
			return a.wholeRowRef(s, e)
		}
		return a.columnRef(s, e)
	case *ast.ParamRef:
		return a.param(e)
	case *ast.BinaryExpr:
		return a.binary(s, e)
	case *ast.UnaryExpr:
		return a.unary(s, e)
	case *ast.BoolExpr:
		return a.boolean(s, e)
	case *ast.NotExpr:
		x := a.coerceBool(a.expr(s, e.X), "NOT")
		return &boolExpr{base: boolBase(e.Pos()), kind: boolNot, args: []expr{x}}
	case *ast.NullTest:
		return a.nullTest(s, e)
	case *ast.BooleanTest:
		return &boolTest{base: boolBase(e.Pos()), x: a.coerceBool(a.expr(s, e.X), boolTestName(e)), kind: e.Kind, not: e.Not}
	case *ast.DistinctExpr:
		return a.distinct(s, e)
	case *ast.InExpr:
		return a.in(s, e)
	case *ast.BetweenExpr:
		return a.between(s, e)
	case *ast.LikeExpr:
		return a.like(s, e)
	case *ast.ScalarArrayExpr:
		return a.scalarArray(s, e)
	case *ast.SubLink:
		return a.subLink(s, e)
	case *ast.CaseExpr:
		return a.caseExpr(s, e)
	case *ast.CoalesceExpr:
		return a.list(s, listCoalesce, "COALESCE", e.Args, e.Pos())
	case *ast.NullIfExpr:
		return a.nullIf(s, e)
	case *ast.MinMaxExpr:
		if e.Least {
			return a.list(s, listLeast, "LEAST", e.Args, e.Pos())
		}
		return a.list(s, listGreatest, "GREATEST", e.Args, e.Pos())
	case *ast.TypeCast:
		return a.typeCast(s, e)
	case *ast.CollateExpr:
		return a.collate(s, e)
	case *ast.FuncCall:
		return a.call(s, e)
	case *ast.SQLValueFunction:
		return a.valueFunction(s, e)
	}
	return a.rareExpr(s, e)
}

// rareExpr analyzes the nodes that are not on the common path.
func (a *analyzer) rareExpr(s *scope, e ast.Expr) expr {
	switch e := e.(type) {
	case *ast.RowExpr:
		row := &rowExpr{base: base{types.RecordOID, -1, e.Pos()}}
		for _, x := range a.exprList(s, e.Args) {
			row.args = append(row.args, a.resolveUnknown(x))
		}
		return row
	case *ast.ArrayExpr:
		return a.array(s, e)
	case *ast.IndirectionExpr:
		return a.indirection(s, e)
	case *ast.SetToDefault:
		if s.clause != inInsertTarget && s.clause != inUpdateSet {
			a.failf(e.Pos(), pgerr.SyntaxError, "DEFAULT is not allowed in this context")
		}
		return &defaultExpr{base{types.UnknownOID, -1, e.Pos()}}
	case *ast.CurrentOfExpr:
		a.fail(e.Pos(), pgerr.Unsupported("WHERE CURRENT OF is not supported"))
	case *ast.GroupingFunc:
		a.fail(e.Pos(), pgerr.Unsupported("GROUPING is not supported"))
	case *ast.XMLExpr, *ast.XMLSerialize:
		a.fail(e.Pos(), pgerr.Unsupported("XML is not supported"))
	case *ast.NamedArg:
		a.failf(e.Pos(), pgerr.SyntaxError, "named argument is not allowed here")
	}
	a.fail(e.Pos(), pgerr.Unsupported("expression %T is not supported", e))
	return nil
}

func boolBase(pos int) base { return base{types.BoolOID, -1, pos} }

// exprList analyzes expressions; t.* among them is expanded.
func (a *analyzer) exprList(s *scope, list []ast.Expr) []expr {
	out := make([]expr, 0, len(list))
	for _, e := range list {
		if ref, ok := e.(*ast.ColumnRef); ok && ref.Star {
			for _, t := range a.expandStar(s, ref) {
				out = append(out, t.x)
			}
			continue
		}
		out = append(out, a.expr(s, e))
	}
	return out
}

// constant gives a literal its type.
func (a *analyzer) constant(c *ast.Const) expr {
	x := &constExpr{base: base{types.UnknownOID, -1, c.Pos()}}
	switch c.Kind {
	case ast.ConstNull:
	case ast.ConstBool:
		x.oid, x.val = types.BoolOID, types.BoolValue(c.Bool())
	case ast.ConstInt4:
		x.oid, x.val = types.Int4OID, types.IntValue(c.Int)
	case ast.ConstInt8:
		x.oid, x.val = types.Int8OID, types.IntValue(c.Int)
	case ast.ConstNumeric:
		v, err := types.ParseText(types.NumericOID, -1, []byte(c.Text), a.env)
		a.check(c.Pos(), err)
		x.oid, x.val = types.NumericOID, v.Clone()
	case ast.ConstString:
		x.val = types.TextValue(c.Text)
	case ast.ConstBitString:
		a.fail(c.Pos(), pgerr.Unsupported("type bit is not supported"))
	}
	return x
}

// param is $n: its type is declared, or unknown until its first use fixes it.
func (a *analyzer) param(p *ast.ParamRef) expr {
	if p.Number < 1 || p.Number > paramsMax {
		a.failf(p.Pos(), pgerr.UndefinedParameter, "there is no parameter $%d", p.Number)
	}
	for len(a.params) < p.Number {
		a.params = append(a.params, &paramInfo{})
	}
	info := a.params[p.Number-1]
	x := &paramExpr{base: base{info.oid, -1, p.Pos()}, num: p.Number}
	if x.oid == 0 {
		x.oid = types.UnknownOID
	}
	info.uses = append(info.uses, x)
	return x
}

// paramsMax is the protocol's limit; SQLite's variable limit is set to match.
const paramsMax = 32766

func (a *analyzer) binary(s *scope, e *ast.BinaryExpr) expr {
	if e.Op.Is("=") || e.Op.Is("<>") || e.Op.Is("<") || e.Op.Is("<=") || e.Op.Is(">") || e.Op.Is(">=") {
		if x := a.rowComparison(s, e); x != nil {
			return x
		}
	}
	left := a.expr(s, e.Left)
	right := a.expr(s, e.Right)
	return a.makeOp(e.Op, left, right, e.Pos())
}

func (a *analyzer) unary(s *scope, e *ast.UnaryExpr) expr {
	if c := negated(e); c != nil {
		return a.constant(c)
	}
	return a.makeOp(e.Op, nil, a.expr(s, e.X), e.Pos())
}

// negated folds minus signs into a numeric literal, as PostgreSQL's grammar does
// (doNegate); nil where x is no such literal.
func negated(x ast.Expr) *ast.Const {
	e, ok := x.(*ast.UnaryExpr)
	if !ok || !e.Op.Is("-") {
		return nil
	}
	c, ok := e.X.(*ast.Const)
	if !ok {
		if c = negated(e.X); c == nil {
			return nil
		}
	}
	n := *c
	switch c.Kind {
	case ast.ConstInt4, ast.ConstInt8:
		if c.Int == math.MinInt64 {
			return nil
		}
		n.Int, n.Kind = -c.Int, ast.ConstInt8
		if n.Int == int64(int32(n.Int)) {
			n.Kind = ast.ConstInt4
		}
	case ast.ConstNumeric:
		if digits, ok := strings.CutPrefix(c.Text, "-"); ok {
			n.Text = digits
		} else {
			n.Text = "-" + c.Text
		}
		if v, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			n.Kind, n.Int = ast.ConstInt8, v
		}
	default:
		return nil
	}
	return &n
}

// makeOp resolves the operator and coerces the operands (make_op). left is nil
// for a prefix operator.
func (a *analyzer) makeOp(name ast.Operator, left, right expr, pos int) expr {
	if left == nil {
		op := a.operator(name, 0, right.typ(), pos)
		right = a.operand(right, op.Right, pos)
		return a.finishOp(op, []expr{right}, pos)
	}
	if l, ok := left.(*rowExpr); ok {
		if r, ok := right.(*rowExpr); ok {
			if l.whole && r.whole && (name.Is("=") || name.Is("<>")) && len(l.args) == len(r.args) {
				return a.distinctRows(l, r, name.Is("="), pos)
			}
			return a.compareRows(name, l.args, r.args, pos)
		}
	}
	op := a.operator(name, left.typ(), right.typ(), pos)
	args := []expr{left, right}
	a.operands(op, args, pos)
	return a.finishOp(op, args, pos)
}

// operands coerces both operands to the operator's types, polymorphic ones
// included.
func (a *analyzer) operands(op *builtin.Operator, args []expr, pos int) {
	if !isPolymorphic(op.Left) && !isPolymorphic(op.Right) {
		args[0] = a.operand(args[0], op.Left, pos)
		args[1] = a.operand(args[1], op.Right, pos)
		return
	}
	actual, _ := a.resolveGenerics([]types.OID{args[0].typ(), args[1].typ()}, []types.OID{op.Left, op.Right}, op.Result, pos)
	args[0] = a.operand(args[0], actual[0], pos)
	args[1] = a.operand(args[1], actual[1], pos)
}

func (a *analyzer) operand(x expr, oid types.OID, pos int) expr {
	if x.typ() == oid {
		return x
	}
	return a.coerceType(x, oid, -1, implicit, pos)
}

// finishOp builds the node; its result type follows from the actual operands.
func (a *analyzer) finishOp(op *builtin.Operator, args []expr, pos int) expr {
	if !op.Implemented() {
		a.fail(pos, pgerr.Unsupported("operator %s is not supported", operatorText(op)))
	}
	result := op.Result
	if isPolymorphic(result) {
		in := make([]types.OID, len(args))
		declared := []types.OID{op.Left, op.Right}[2-len(args):]
		for i, x := range args {
			in[i] = x.typ()
		}
		_, result = a.resolveGenerics(in, declared, result, pos)
	}
	if fn := builtin.FunctionByOID(op.Func); fn != nil && fn.Volatility == 'v' {
		a.volatile = true
	}
	return &opExpr{base: base{result, -1, pos}, op: op, args: args}
}

func operatorText(op *builtin.Operator) string {
	return operatorSignature(ast.Operator{Name: op.Name}, op.Left, op.Right)
}

func (a *analyzer) boolean(s *scope, e *ast.BoolExpr) expr {
	x := &boolExpr{base: boolBase(e.Pos()), args: make([]expr, 0, len(e.Args))}
	name := "AND"
	if e.Op == ast.Or {
		x.kind, name = boolOr, "OR"
	}
	for _, arg := range e.Args {
		x.args = append(x.args, a.coerceBool(a.expr(s, arg), name))
	}
	return x
}

func boolTestName(e *ast.BooleanTest) string {
	name := "IS "
	if e.Not {
		name += "NOT "
	}
	return name + [...]string{"TRUE", "FALSE", "UNKNOWN"}[e.Kind]
}

// nullTest is IS [NOT] NULL; over a row it asks for each field.
func (a *analyzer) nullTest(s *scope, e *ast.NullTest) expr {
	x := a.expr(s, e.X)
	row, ok := x.(*rowExpr)
	if !ok {
		if x.typ() == types.UnknownOID {
			x = a.resolveUnknown(x)
		}
		return &nullTest{base: boolBase(e.Pos()), x: x, not: e.Not}
	}
	all := &boolExpr{base: boolBase(e.Pos())}
	for _, f := range row.args {
		all.args = append(all.args, &nullTest{base: boolBase(e.Pos()), x: f, not: e.Not})
	}
	return all
}

func (a *analyzer) distinct(s *scope, e *ast.DistinctExpr) expr {
	left, right := a.expr(s, e.Left), a.expr(s, e.Right)
	if l, ok := left.(*rowExpr); ok {
		if r, ok := right.(*rowExpr); ok {
			return a.distinctRows(l, r, e.Not, e.Pos())
		}
	}
	return a.makeDistinct(left, right, e.Not, e.Pos())
}

func (a *analyzer) makeDistinct(left, right expr, not bool, pos int) expr {
	if isNullConst(right) || isNullConst(left) {
		x := left
		if isNullConst(left) {
			x = right
		}
		if x.typ() == types.UnknownOID {
			x = a.resolveUnknown(x)
		}
		return &nullTest{base: boolBase(pos), x: x, not: !not}
	}
	op := a.equality(left.typ(), right.typ(), pos)
	args := []expr{left, right}
	a.operands(op, args, pos)
	a.finishOp(op, args, pos)
	return &distinctExpr{base: boolBase(pos), op: op, left: args[0], right: args[1], not: not}
}

// distinctRows is IS [NOT] DISTINCT FROM over rows, field by field. It is also
// what = and <> mean for two whole rows, where nulls are equal (record_eq).
func (a *analyzer) distinctRows(l, r *rowExpr, not bool, pos int) expr {
	if len(l.args) != len(r.args) {
		a.failf(pos, pgerr.SyntaxError, "unequal number of entries in row expressions")
	}
	x := &boolExpr{base: boolBase(pos), kind: boolOr}
	if not {
		x.kind = boolAnd
	}
	for i := range l.args {
		x.args = append(x.args, a.makeDistinct(l.args[i], r.args[i], not, pos))
	}
	return x
}

func isNullConst(x expr) bool {
	c, ok := x.(*constExpr)
	return ok && c.val.IsNull() && c.oid == types.UnknownOID
}

// nullIf is NULLIF(a, b).
func (a *analyzer) nullIf(s *scope, e *ast.NullIfExpr) expr {
	left, right := a.expr(s, e.Left), a.expr(s, e.Right)
	op := a.equality(left.typ(), right.typ(), e.Pos())
	args := []expr{left, right}
	a.operands(op, args, e.Pos())
	a.finishOp(op, args, e.Pos())
	return &nullIfExpr{base: base{args[0].typ(), args[0].mod(), e.Pos()}, op: op, left: args[0], right: args[1], result: args[0]}
}

// list is COALESCE, GREATEST and LEAST.
func (a *analyzer) list(s *scope, kind listKind, name string, list []ast.Expr, pos int) expr {
	args := a.exprList(s, list)
	oid := a.commonType(args, name)
	for i := range args {
		args[i] = a.coerceCommon(args[i], oid, name)
	}
	if kind != listCoalesce {
		// The comparison must exist for the type.
		a.operator(ast.Operator{Name: "<"}, oid, oid, pos)
	}
	return &listExpr{base: base{oid, commonTypmod(args, oid), pos}, kind: kind, args: args}
}

// caseExpr is CASE; CASE x WHEN y is CASE WHEN x = y.
func (a *analyzer) caseExpr(s *scope, e *ast.CaseExpr) expr {
	c := &caseExpr{base: base{0, -1, e.Pos()}}
	if e.Arg != nil {
		c.arg = a.resolveUnknown(a.expr(s, e.Arg))
	}
	results := make([]expr, 0, len(e.Whens)+1)
	if e.Else != nil {
		results = append(results, a.expr(s, e.Else))
	} else {
		results = append(results, &constExpr{base: base{types.UnknownOID, -1, -1}})
	}
	for _, w := range e.Whens {
		cond := a.expr(s, w.When)
		if c.arg != nil {
			test := &caseTestExpr{base: base{c.arg.typ(), c.arg.mod(), w.When.Pos()}, of: c}
			cond = a.makeOp(ast.Operator{Name: "="}, test, cond, w.When.Pos())
		}
		cond = a.coerceBool(cond, "CASE/WHEN")
		then := a.expr(s, w.Then)
		c.whens = append(c.whens, caseWhen{cond, then})
		results = append(results, then)
	}
	// PostgreSQL puts ELSE first when it chooses the type.
	c.oid = a.commonType(results, "CASE")
	for i := range results {
		results[i] = a.coerceCommon(results[i], c.oid, "CASE/WHEN")
	}
	for i := range c.whens {
		c.whens[i].then = results[i+1]
	}
	c.els = results[0]
	c.typmod = commonTypmod(results, c.oid)
	return c
}

// typeCast is x::t.
func (a *analyzer) typeCast(s *scope, e *ast.TypeCast) expr {
	oid, typmod := a.typeName(e.Type)
	if l, ok := e.X.(*ast.ArrayExpr); ok {
		if elem := trueElem(oid); elem != 0 {
			return a.arrayOf(s, l, elem, oid, typmod)
		}
	}
	x := a.expr(s, e.X)
	return a.castExplicit(x, oid, typmod, e.Pos())
}

func (a *analyzer) castExplicit(x expr, oid types.OID, typmod int32, pos int) expr {
	y, ok := a.coerceTo(x, oid, typmod, explicit, x.position())
	if !ok {
		a.failf(pos, pgerr.CannotCoerce, "cannot cast type %s to %s", types.FormatType(x.typ(), -1), types.FormatType(oid, -1))
	}
	if c, ok := y.(*castExpr); ok && y != x {
		c.implicit = false
	}
	return y
}

// collate is x COLLATE name. All text compares by bytes, which is the collation
// "C" (and "POSIX", "default", "ucs_basic").
func (a *analyzer) collate(s *scope, e *ast.CollateExpr) expr {
	x := a.expr(s, e.X)
	a.checkCollation(e.Collation, e.Pos())
	if x.typ() == types.UnknownOID {
		x = a.resolveUnknown(x)
	}
	if t := types.ByOID(x.typ()); t != nil && t.Collation == 0 && types.ElemOf(x.typ()) == 0 {
		a.failf(e.Pos(), pgerr.DatatypeMismatch, "collations are not supported by type %s", types.FormatType(x.typ(), -1))
	}
	return x
}

func (a *analyzer) checkCollation(name []string, pos int) {
	switch name[len(name)-1] {
	case "C", "POSIX", "default", "ucs_basic":
		return
	}
	if len(name) == 1 || name[0] == "pg_catalog" {
		switch name[len(name)-1] {
		case "en_US", "en_US.utf8", "C.utf8", "C.UTF-8", "und-x-icu", "unicode":
			a.fail(pos, pgerr.Unsupported("collation \"%s\" is not supported", dotted(name)))
		}
	}
	a.failf(pos, pgerr.UndefinedObject, "collation \"%s\" for encoding \"UTF8\" does not exist", dotted(name))
}
