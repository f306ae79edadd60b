package plan

// simple is ruleutils' isSimpleNode: whether x needs no parentheses as an
// operand of parent. show tells that implicit casts are written.
func (p *deparser) simple(x, parent expr, show bool) bool {
	switch x := x.(type) {
	case *varExpr, *constExpr, *subscriptExpr, *arrayExpr, *rowExpr, *listExpr, *nullIfExpr, *aggExpr, *windowExpr, *caseExpr, *funcExpr:
		return true
	case *castExpr:
		if x.implicit && !x.explicit && !show {
			return p.simple(x.x, parent, show)
		}
		return p.simple(x.x, x, show)
	case *opExpr:
		if above, ok := parent.(*opExpr); ok {
			return simpleOperator(x, above)
		}
		return separated(parent)
	case *subLink, *nullTest, *boolTest, *distinctExpr:
		return separated(parent)
	case *boolExpr:
		above, ok := parent.(*boolExpr)
		if !ok {
			return separated(parent)
		}
		if x.kind == boolOr {
			return above.kind == boolOr
		}
		return above.kind != boolNot
	}
	return false
}

// separated tells whether parent sets its operands apart by itself.
func separated(parent expr) bool {
	switch parent.(type) {
	case *boolExpr, *subscriptExpr, *arrayExpr, *rowExpr, *listExpr, *nullIfExpr, *aggExpr, *windowExpr, *caseExpr, *funcExpr:
		return true
	}
	return false
}

// simpleOperator decides about an operator below another: only + - and * / %
// have a known precedence.
func simpleOperator(x, above *opExpr) bool {
	rank, outer := operatorRank(x), operatorRank(above)
	switch {
	case rank == 0 || outer == 0:
		return false
	case rank != outer:
		return rank > outer
	}
	return above.args[0] == expr(x)
}

func operatorRank(x *opExpr) int {
	if len(x.args) != 2 || len(x.op.Name) != 1 {
		return 0
	}
	switch x.op.Name[0] {
	case '+', '-':
		return 1
	case '*', '/', '%':
		return 2
	}
	return 0
}
