package ast

// stmt prints a statement that can be planned.
func (p *printer) stmt(s Stmt) bool {
	switch s := s.(type) {
	case *SelectStmt:
		p.query(s)
	case *InsertStmt:
		p.insert(s)
	case *UpdateStmt:
		p.update(s)
	case *DeleteStmt:
		p.delete(s)
	case *MergeStmt:
		p.merge(s)
	default:
		return false
	}
	return true
}

// query prints a query.
func (p *printer) query(q *SelectStmt) {
	p.with(q.With)
	switch {
	case q.Op != SetOpNone:
		p.operand(q.Left)
		p.text([...]string{Union: " UNION ", Intersect: " INTERSECT ", Except: " EXCEPT "}[q.Op])
		p.when(q.All, "ALL ")
		p.operand(q.Right)
	case q.Values != nil:
		p.text("VALUES ")
		for i, row := range q.Values {
			p.when(i > 0, ", ")
			p.keywordCall("", row)
		}
	default:
		p.simpleSelect(q)
	}
	if q.OrderBy != nil {
		p.text(" ")
		p.orderBy(q.OrderBy)
	}
	if q.Offset != nil {
		p.text(" OFFSET ")
		p.expr(q.Offset)
	}
	switch {
	case q.WithTies:
		p.text(" FETCH FIRST (")
		p.expr(q.Limit)
		p.text(") ROWS WITH TIES")
	case q.Limit != nil:
		p.text(" LIMIT ")
		p.expr(q.Limit)
	case q.LimitAll:
		p.text(" LIMIT ALL")
	}
	for _, l := range q.Locking {
		p.locking(l)
	}
}

// operand prints an operand of a set operation, in parentheses unless it is a
// plain SELECT or VALUES.
func (p *printer) operand(q *SelectStmt) {
	plain := q.Op == SetOpNone && q.With == nil && q.OrderBy == nil && q.Limit == nil && !q.LimitAll &&
		q.Offset == nil && q.Locking == nil
	p.when(!plain, "(")
	p.query(q)
	p.when(!plain, ")")
}

// simpleSelect prints SELECT up to its WINDOW clause.
func (p *printer) simpleSelect(q *SelectStmt) {
	p.text("SELECT")
	p.when(q.Distinct, " DISTINCT")
	if q.DistinctOn != nil {
		p.keywordCall(" ON ", q.DistinctOn)
	}
	p.targets(q.Targets)
	if q.Into != nil {
		p.into(q.Into)
	}
	p.from(" FROM ", q.From)
	p.clause(" WHERE ", q.Where)
	if q.GroupBy != nil {
		p.text(" GROUP BY ")
		p.when(q.GroupDistinct, "DISTINCT ")
		p.exprs(q.GroupBy)
	}
	p.clause(" HAVING ", q.Having)
	for i, w := range q.Windows {
		if i == 0 {
			p.text(" WINDOW ")
		} else {
			p.text(", ")
		}
		p.ident(w.Name)
		p.text(" AS ")
		p.window(w)
	}
}

// clause prints a word and an expression, if there is one.
func (p *printer) clause(word string, e Expr) {
	if e != nil {
		p.text(word)
		p.expr(e)
	}
}

// into prints INTO.
func (p *printer) into(c *IntoClause) {
	p.text(" INTO ", [...]string{Permanent: "TABLE ", Unlogged: "UNLOGGED TABLE ", Temporary: "TEMPORARY TABLE "}[c.Rel.Persistence])
	p.relation(c.Rel)
}

// targets prints a select list.
func (p *printer) targets(list []ResTarget) {
	for i, t := range list {
		p.when(i > 0, ",")
		p.text(" ")
		p.expr(t.Value)
		if t.Name != "" {
			p.text(" AS ")
			p.ident(t.Name)
		}
	}
}

// from prints the items of a FROM clause.
func (p *printer) from(word string, list []TableExpr) {
	for i, t := range list {
		if i == 0 {
			p.text(word)
		} else {
			p.text(", ")
		}
		p.table(t)
	}
}

// table prints an item of FROM.
func (p *printer) table(t TableExpr) {
	switch t := t.(type) {
	case *RangeVar:
		p.relation(t)
	case *RangeSubselect:
		p.when(t.Lateral, "LATERAL ")
		p.text("(")
		p.query(t.Query)
		p.text(")")
		p.alias(t.Alias)
	case *RangeFunction:
		p.rangeFunction(t)
	case *RangeTableSample:
		p.relation(t.Rel)
		p.text(" TABLESAMPLE ")
		p.names(t.Method)
		p.keywordCall("", t.Args)
		if t.Repeatable != nil {
			p.keywordCall(" REPEATABLE ", []Expr{t.Repeatable})
		}
	case *RangeTableFunc:
		p.xmlTable(t)
	case *JoinExpr:
		p.when(t.Alias != nil, "(")
		p.join(t)
		p.when(t.Alias != nil, ")")
		p.alias(t.Alias)
	}
}

// relation prints a relation with its alias.
func (p *printer) relation(r *RangeVar) {
	p.when(r.Only, "ONLY ")
	if r.Catalog != "" {
		p.ident(r.Catalog)
		p.text(".")
	}
	if r.Schema != "" {
		p.ident(r.Schema)
		p.text(".")
	}
	p.ident(r.Name)
	p.alias(r.Alias)
}

// alias prints AS name (columns).
func (p *printer) alias(a *Alias) {
	if a == nil {
		return
	}
	p.text(" AS ")
	p.ident(a.Name)
	p.columns(a.Columns)
}

// rangeFunction prints functions in FROM.
func (p *printer) rangeFunction(t *RangeFunction) {
	p.when(t.Lateral, "LATERAL ")
	p.when(t.RowsFrom, "ROWS FROM(")
	for i, f := range t.Funcs {
		p.when(i > 0, ", ")
		p.expr(f.Call)
		if f.Columns != nil {
			p.text(" AS ")
			p.columnDefs(f.Columns)
		}
	}
	p.when(t.RowsFrom, ")")
	p.when(t.Ordinality, " WITH ORDINALITY")
	p.alias(t.Alias)
	if t.Columns != nil {
		p.when(t.Alias == nil, " AS ")
		p.columnDefs(t.Columns)
	}
}

// columnDefs prints (name type, …).
func (p *printer) columnDefs(list []ColumnDef) {
	p.text("(")
	for i, c := range list {
		p.when(i > 0, ", ")
		p.ident(c.Name)
		p.text(" ")
		p.typeName(c.Type)
		if c.Collation != nil {
			p.text(" COLLATE ")
			p.names(c.Collation)
		}
	}
	p.text(")")
}

// xmlTable prints XMLTABLE.
func (p *printer) xmlTable(t *RangeTableFunc) {
	p.when(t.Lateral, "LATERAL ")
	p.text("XMLTABLE(")
	if t.Namespaces != nil {
		p.text("XMLNAMESPACES(")
		for i, n := range t.Namespaces {
			p.when(i > 0, ", ")
			p.when(n.Name == "", "DEFAULT ")
			p.expr(n.Value)
			if n.Name != "" {
				p.text(" AS ")
				p.ident(n.Name)
			}
		}
		p.text("), ")
	}
	p.text("(")
	p.expr(t.RowExpr)
	p.text(") PASSING (")
	p.expr(t.DocExpr)
	p.text(") COLUMNS ")
	for i, c := range t.Columns {
		p.when(i > 0, ", ")
		p.ident(c.Name)
		if c.ForOrdinality {
			p.text(" FOR ORDINALITY")
			continue
		}
		p.text(" ")
		p.typeName(c.Type)
		p.clause(" DEFAULT ", c.Default)
		p.clause(" PATH ", c.Path)
		p.when(c.NotNull, " NOT NULL")
	}
	p.text(")")
	p.alias(t.Alias)
}

// join prints a join; one on the right side is in parentheses.
func (p *printer) join(j *JoinExpr) {
	p.table(j.Left)
	p.when(j.Natural, " NATURAL")
	p.text([...]string{
		JoinInner: " JOIN ", JoinLeft: " LEFT JOIN ", JoinFull: " FULL JOIN ", JoinRight: " RIGHT JOIN ",
		JoinCross: " CROSS JOIN ",
	}[j.Type])
	right, nested := j.Right.(*JoinExpr)
	nested = nested && right.Alias == nil
	p.when(nested, "(")
	p.table(j.Right)
	p.when(nested, ")")
	p.clause(" ON ", j.On)
	if j.Using != nil {
		p.text(" USING ")
		p.columns(j.Using)
		p.alias(j.UsingAlias)
	}
}

// orderBy prints ORDER BY.
func (p *printer) orderBy(list []SortBy) {
	p.text("ORDER BY ")
	for i, s := range list {
		p.when(i > 0, ", ")
		p.expr(s.X)
		switch s.Dir {
		case SortAsc:
			p.text(" ASC")
		case SortDesc:
			p.text(" DESC")
		case SortUsing:
			p.text(" USING ")
			p.operator(s.Using)
		}
		p.text([...]string{NullsDefault: "", NullsFirst: " NULLS FIRST", NullsLast: " NULLS LAST"}[s.Nulls])
	}
}

// window prints a window specification in parentheses.
func (p *printer) window(w *WindowDef) {
	p.text("(")
	sep := ""
	if w.Ref != "" {
		if callKeyword(w.Ref) || w.Ref == "partition" || w.Ref == "range" || w.Ref == "groups" {
			p.text(`"`, w.Ref, `"`)
		} else {
			p.ident(w.Ref)
		}
		sep = " "
	}
	if w.PartitionBy != nil {
		p.text(sep, "PARTITION BY ")
		p.exprs(w.PartitionBy)
		sep = " "
	}
	if w.OrderBy != nil {
		p.text(sep)
		p.orderBy(w.OrderBy)
		sep = " "
	}
	if f := w.Frame; f != nil {
		p.text(sep, [...]string{FrameRange: "RANGE ", FrameRows: "ROWS ", FrameGroups: "GROUPS "}[f.Mode])
		p.when(f.Between, "BETWEEN ")
		p.bound(f.Start)
		if f.Between {
			p.text(" AND ")
			p.bound(f.End)
		}
		p.text([...]string{
			ExcludeNoOthers: "", ExcludeCurrentRow: " EXCLUDE CURRENT ROW", ExcludeGroup: " EXCLUDE GROUP",
			ExcludeTies: " EXCLUDE TIES",
		}[f.Exclude])
	}
	p.text(")")
}

// bound prints one end of a frame.
func (p *printer) bound(b FrameBound) {
	if b.Offset != nil {
		p.expr(b.Offset)
		p.text(" ")
	}
	p.text([...]string{
		UnboundedPreceding: "UNBOUNDED PRECEDING", OffsetPreceding: "PRECEDING", CurrentRow: "CURRENT ROW",
		OffsetFollowing: "FOLLOWING", UnboundedFollowing: "UNBOUNDED FOLLOWING",
	}[b.Kind])
}

// locking prints FOR UPDATE and its kin.
func (p *printer) locking(l LockingClause) {
	p.text([...]string{
		ForKeyShare: " FOR KEY SHARE", ForShare: " FOR SHARE", ForNoKeyUpdate: " FOR NO KEY UPDATE",
		ForUpdate: " FOR UPDATE",
	}[l.Strength])
	for i, r := range l.Rels {
		if i == 0 {
			p.text(" OF ")
		} else {
			p.text(", ")
		}
		p.relation(r)
	}
	p.text([...]string{LockWaitBlock: "", LockWaitSkip: " SKIP LOCKED", LockWaitError: " NOWAIT"}[l.Wait])
}

// with prints WITH.
func (p *printer) with(w *WithClause) {
	if w == nil {
		return
	}
	p.text("WITH ")
	p.when(w.Recursive, "RECURSIVE ")
	for i, c := range w.CTEs {
		p.when(i > 0, ", ")
		p.cte(c)
	}
	p.text(" ")
}

// cte prints one query of WITH.
func (p *printer) cte(c *CommonTableExpr) {
	p.ident(c.Name)
	p.columns(c.Columns)
	p.text(" AS ", [...]string{
		MaterializeDefault: "", MaterializeAlways: "MATERIALIZED ", MaterializeNever: "NOT MATERIALIZED ",
	}[c.Materialize], "(")
	p.stmt(c.Query)
	p.text(")")
	if s := c.Search; s != nil {
		order := " SEARCH DEPTH FIRST BY "
		if s.BreadthFirst {
			order = " SEARCH BREADTH FIRST BY "
		}
		p.text(order)
		p.list(s.Columns)
		p.text(" SET ")
		p.ident(s.SeqColumn)
	}
	if s := c.Cycle; s != nil {
		p.text(" CYCLE ")
		p.list(s.Columns)
		p.text(" SET ")
		p.ident(s.MarkColumn)
		if s.MarkValue != nil {
			p.text(" TO ")
			p.typedLiteral(s.MarkValue)
			p.text(" DEFAULT ")
			p.typedLiteral(s.MarkDefault)
		}
		p.text(" USING ")
		p.ident(s.PathColumn)
	}
}

// list prints names with commas between.
func (p *printer) list(names []string) {
	for i, n := range names {
		p.when(i > 0, ", ")
		p.ident(n)
	}
}

// typedLiteral prints a literal where a cast cannot stand: type 'text'.
func (p *printer) typedLiteral(e Expr) {
	c, ok := e.(*TypeCast)
	if !ok {
		p.expr(e)
		return
	}
	text := c.X.(*Const).Text
	if t := c.Type; len(t.Names) == 2 && t.Names[1] == "interval" && len(t.Typmods) > 0 {
		mask := t.Typmods[0].(*Const).Int
		if mask != IntervalFullRange {
			p.text("interval ")
			p.literal(text)
			p.text(" ", intervalFields(int(mask)))
			if len(t.Typmods) > 1 {
				p.typmods(t.Typmods[1:])
			}
			return
		}
	}
	p.typeName(c.Type)
	p.text(" ")
	p.literal(text)
}
