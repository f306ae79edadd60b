package parse

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// selectStmt parses a SelectStmt: a query, in parentheses or not.
func (p *parser) selectStmt() *ast.SelectStmt {
	if p.at('(') {
		return p.selectRest(p.subquery())
	}
	return p.selectNoParens()
}

// selectNoParens parses a query that does not end where a parenthesis closes.
func (p *parser) selectNoParens() *ast.SelectStmt {
	p.enter()
	defer p.leave()
	with := p.optWith()
	return p.selectAfterWith(with)
}

// selectAfterWith parses a query whose WITH clause has been read.
func (p *parser) selectAfterWith(with *ast.WithClause) *ast.SelectStmt {
	q := p.setOperations(p.selectOperand(), 1)
	p.selectClauses(q, with)
	return q
}

// selectRest parses what goes on a query whose first operand stood in
// parentheses.
func (p *parser) selectRest(first *ast.SelectStmt) *ast.SelectStmt {
	q := p.setOperations(first, 1)
	p.selectClauses(q, nil)
	return q
}

// selectOperand parses a select_clause: SELECT, VALUES, TABLE or parentheses.
func (p *parser) selectOperand() *ast.SelectStmt {
	switch p.tok.kind {
	case '(':
		return p.subquery()
	case kwSelect:
		return p.simpleSelect()
	case kwValues:
		q := &ast.SelectStmt{At: p.here()}
		p.advance()
		q.Values = append(q.Values, p.parenExprs())
		for p.accept(',') {
			q.Values = append(q.Values, p.parenExprs())
		}
		return q
	case kwTable:
		q := &ast.SelectStmt{At: p.here()}
		p.advance()
		q.Targets = []ast.ResTarget{{At: ast.NoPos, Value: &ast.ColumnRef{At: ast.NoPos, Star: true}}}
		q.From = []ast.TableExpr{p.relationExpr()}
		return q
	}
	p.syntaxError()
	return nil
}

// setOperations parses the set operations after left that bind at least as
// strong as lowest: UNION and EXCEPT 1, INTERSECT 2.
func (p *parser) setOperations(left *ast.SelectStmt, lowest int) *ast.SelectStmt {
	for {
		op, prec := ast.SetOpNone, 1
		switch p.tok.kind {
		case kwUnion:
			op = ast.Union
		case kwExcept:
			op = ast.Except
		case kwIntersect:
			op, prec = ast.Intersect, 2
		default:
			return left
		}
		if prec < lowest {
			return left
		}
		p.grow()
		q := &ast.SelectStmt{At: p.here(), Op: op, Left: left}
		p.advance()
		q.All = p.setQuantifier()
		q.Right = p.setOperations(p.selectOperand(), prec+1)
		left = q
	}
}

// setQuantifier parses an optional ALL or DISTINCT and tells whether it is ALL.
func (p *parser) setQuantifier() bool {
	if p.accept(kwAll) {
		return true
	}
	p.accept(kwDistinct)
	return false
}

// simpleSelect parses SELECT up to its WINDOW clause.
func (p *parser) simpleSelect() *ast.SelectStmt {
	q := &ast.SelectStmt{At: p.here()}
	p.advance()
	switch {
	case p.accept(kwDistinct):
		q.Distinct = true
		if p.accept(kwOn) {
			q.DistinctOn = p.parenExprs()
		}
		q.Targets = p.targetList()
	default:
		p.accept(kwAll)
		if !p.atTargetListEnd() {
			q.Targets = p.targetList()
		}
	}
	if p.at(kwInto) {
		q.Into = p.selectInto()
	}
	if p.accept(kwFrom) {
		q.From = p.fromList()
	}
	q.Where = p.where()
	if p.at(kwGroup) {
		p.groupClause(q)
	}
	if p.accept(kwHaving) {
		q.Having = p.expr()
	}
	if p.accept(kwWindow) {
		q.Windows = p.windowClause()
	}
	return q
}

// atTargetListEnd tells whether a select list is empty here.
func (p *parser) atTargetListEnd() bool {
	switch p.tok.kind {
	case tEOF, ';', ')', kwInto, kwFrom, kwWhere, kwGroup, kwHaving, kwWindow, kwUnion, kwIntersect, kwExcept,
		kwOrder, kwLimit, kwOffset, kwFetch, kwFor, kwOn, kwReturning, kwWith, kwCreate, kwGrant:
		return true
	}
	return false
}

// where parses an optional WHERE.
func (p *parser) where() ast.Expr {
	if p.accept(kwWhere) {
		return p.expr()
	}
	return nil
}

// targetList parses a select list.
func (p *parser) targetList() []ast.ResTarget {
	list := make([]ast.ResTarget, 0, 4)
	for {
		list = append(list, p.target())
		if !p.accept(',') {
			return list
		}
	}
}

// target parses an item of a select list.
func (p *parser) target() ast.ResTarget {
	t := ast.ResTarget{At: p.here()}
	if p.accept('*') {
		t.Value = &ast.ColumnRef{At: t.At, Star: true}
		return t
	}
	outer := p.label
	p.label = p.open + 1
	t.Value = p.expr()
	p.label = outer
	switch {
	case p.accept(kwAs):
		t.Name = p.colLabel()
	case p.tok.kind.isBareLabel():
		t.Name = p.tok.str
		p.advance()
	}
	return t
}

// selectInto parses INTO and a table's name.
func (p *parser) selectInto() *ast.IntoClause {
	at := p.here()
	p.advance()
	persistence := ast.Permanent
	switch p.tok.kind {
	case kwTemporary, kwTemp:
		p.advance()
		persistence = ast.Temporary
	case kwLocal, kwGlobal:
		if k := p.peek(1); k == kwTemporary || k == kwTemp {
			p.advance()
			p.advance()
			persistence = ast.Temporary
		}
	case kwUnlogged:
		p.advance()
		persistence = ast.Unlogged
	}
	p.accept(kwTable)
	rel := p.qualifiedName()
	rel.Persistence = persistence
	return &ast.IntoClause{At: at, Rel: rel}
}

// groupClause parses GROUP BY.
func (p *parser) groupClause(q *ast.SelectStmt) {
	p.advance()
	p.expect(kwBy)
	if !p.accept(kwAll) {
		q.GroupDistinct = p.accept(kwDistinct)
	}
	q.GroupBy = p.groupByList()
}

// groupByList parses items of GROUP BY.
func (p *parser) groupByList() []ast.Expr {
	list := []ast.Expr{p.groupByItem()}
	for p.accept(',') {
		list = append(list, p.groupByItem())
	}
	return list
}

// groupByItem parses an expression or a grouping set.
func (p *parser) groupByItem() ast.Expr {
	at := p.here()
	switch {
	case p.at2('(', ')'):
		p.advance()
		p.advance()
		return &ast.GroupingSet{At: at, Kind: ast.EmptySet}
	case p.at2(kwRollup, '('), p.at2(kwCube, '('):
		g := &ast.GroupingSet{At: at, Kind: ast.Rollup}
		if p.at(kwCube) {
			g.Kind = ast.Cube
		}
		p.advance()
		g.Content = p.parenExprs()
		return g
	case p.at2(kwGrouping, kwSets):
		p.enter()
		defer p.leave()
		p.advance()
		p.advance()
		p.expect('(')
		g := &ast.GroupingSet{At: at, Kind: ast.GroupingSets, Content: p.groupByList()}
		p.expect(')')
		return g
	}
	return p.expr()
}

// sortClause parses ORDER BY.
func (p *parser) sortClause() []ast.SortBy {
	p.expect(kwOrder)
	p.expect(kwBy)
	list := make([]ast.SortBy, 0, 2)
	for {
		list = append(list, p.sortBy())
		if !p.accept(',') {
			return list
		}
	}
}

// sortBy parses an item of ORDER BY.
func (p *parser) sortBy() ast.SortBy {
	s := ast.SortBy{At: p.here(), X: p.expr()}
	if p.accept(kwUsing) {
		s.Dir, s.Using = ast.SortUsing, p.anyOp()
	} else {
		s.Dir = p.sortDir()
	}
	s.Nulls = p.sortNulls()
	return s
}

// sortDir parses an optional ASC or DESC.
func (p *parser) sortDir() ast.SortDir {
	switch {
	case p.accept(kwAsc):
		return ast.SortAsc
	case p.accept(kwDesc):
		return ast.SortDesc
	}
	return ast.SortDefault
}

// sortNulls parses an optional NULLS FIRST or NULLS LAST.
func (p *parser) sortNulls() ast.SortNulls {
	if !p.accept(kwNullsLA) {
		return ast.NullsDefault
	}
	if p.accept(kwFirst) {
		return ast.NullsFirst
	}
	p.expect(kwLast)
	return ast.NullsLast
}

// limits holds the LIMIT, FETCH and OFFSET clauses of one query level.
type limits struct {
	at, offsetAt        int
	count, offset       ast.Expr
	all, ties           bool
	hasCount, hasOffset bool
}

// selectClauses parses the clauses after the body of a query and puts them into
// it, as insertSelectOptions does.
func (p *parser) selectClauses(q *ast.SelectStmt, with *ast.WithClause) {
	if p.at(kwOrder) {
		at := p.tok.pos
		order := p.sortClause()
		if q.OrderBy != nil {
			p.fail(at, "multiple ORDER BY clauses not allowed")
		}
		q.OrderBy = order
	}
	var lim limits
	var locking []ast.LockingClause
	limited := p.selectLimit(&lim)
	if p.at(kwFor) {
		locking = p.lockingClauses()
		if !limited {
			p.selectLimit(&lim)
		}
	}
	q.Locking = append(q.Locking, locking...)
	p.setLimits(q, &lim)
	if with != nil {
		if q.With != nil {
			p.fail(with.Pos(), "multiple WITH clauses not allowed")
		}
		q.With = with
	}
}

// setLimits puts limits into a query.
func (p *parser) setLimits(q *ast.SelectStmt, lim *limits) {
	if lim.hasOffset {
		if q.Offset != nil {
			p.fail(lim.offsetAt, "multiple OFFSET clauses not allowed")
		}
		q.Offset = lim.offset
	}
	if !lim.hasCount {
		return
	}
	if q.Limit != nil || q.LimitAll {
		p.fail(lim.at, "multiple LIMIT clauses not allowed")
	}
	q.Limit, q.LimitAll = lim.count, lim.all
	if !lim.ties {
		return
	}
	if q.OrderBy == nil {
		panic(bailout{pgerr.New(pgerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")})
	}
	for _, l := range q.Locking {
		if l.Wait == ast.LockWaitSkip {
			panic(bailout{pgerr.New(pgerr.SyntaxError, "SKIP LOCKED and WITH TIES options cannot be used together")})
		}
	}
	q.WithTies = true
}

// selectLimit parses LIMIT or FETCH, and OFFSET, in either order.
func (p *parser) selectLimit(lim *limits) bool {
	found := false
	for {
		at := p.tok.pos
		switch {
		case p.at(kwLimit) && !lim.hasCount:
			lim.hasCount, lim.at = true, at
			p.advance()
			if lim.all = p.accept(kwAll); !lim.all {
				lim.count = p.expr()
			}
			if p.accept(',') {
				p.expr()
				err := pgerr.New(pgerr.SyntaxError, "LIMIT #,# syntax is not supported").
					WithHint("Use separate LIMIT and OFFSET clauses.")
				panic(bailout{err.At(ast.Character(p.lex.src, at))})
			}
		case p.at(kwFetch) && !lim.hasCount:
			lim.hasCount, lim.at = true, at
			p.fetchFirst(lim)
		case p.at(kwOffset) && !lim.hasOffset:
			lim.hasOffset, lim.offsetAt = true, at
			p.advance()
			lim.offset = p.expr()
			if !p.accept(kwRow) {
				p.accept(kwRows)
			}
		default:
			return found
		}
		found = true
	}
}

// fetchFirst parses FETCH FIRST n ROWS ONLY.
func (p *parser) fetchFirst(lim *limits) {
	p.advance()
	if !p.accept(kwFirst) {
		p.expect(kwNext)
	}
	switch {
	case p.at(kwRow) || p.at(kwRows):
		lim.count = intNode(1)
	case p.at('+') || p.at('-'):
		at := p.here()
		minus := p.at('-')
		p.advance()
		if !p.at(tInteger) && !p.at(tNumber) {
			p.syntaxError()
		}
		lim.count = p.literal(p.here())
		if minus {
			lim.count = negate(at, lim.count)
		}
	default:
		lim.count = p.primary()
	}
	if !p.accept(kwRow) {
		p.expect(kwRows)
	}
	if p.accept(kwOnly) {
		return
	}
	p.expectAll(kwWith, kwTies)
	lim.ties = true
}

// lockingClauses parses FOR UPDATE and its kin, or FOR READ ONLY.
func (p *parser) lockingClauses() []ast.LockingClause {
	var list []ast.LockingClause
	for p.accept(kwFor) {
		if list == nil && p.accept(kwRead) {
			p.expect(kwOnly)
			return nil
		}
		list = append(list, p.lockingClause())
	}
	return list
}

// lockingClause parses one locking clause after FOR.
func (p *parser) lockingClause() ast.LockingClause {
	var l ast.LockingClause
	switch {
	case p.accept(kwUpdate):
		l.Strength = ast.ForUpdate
	case p.accept(kwNo):
		p.expectAll(kwKey, kwUpdate)
		l.Strength = ast.ForNoKeyUpdate
	case p.accept(kwShare):
		l.Strength = ast.ForShare
	default:
		p.expectAll(kwKey, kwShare)
		l.Strength = ast.ForKeyShare
	}
	if p.accept(kwOf) {
		l.Rels = p.qualifiedNameList()
	}
	switch {
	case p.accept(kwNowait):
		l.Wait = ast.LockWaitError
	case p.accept(kwSkip):
		p.expect(kwLocked)
		l.Wait = ast.LockWaitSkip
	}
	return l
}
