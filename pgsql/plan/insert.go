package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// insertPlan is an INSERT under analysis.
type insertPlan struct {
	st      *Statement
	rel     *catalog.Relation
	scope   *scope
	target  *rte
	outer   *query // holds the WITH clause
	columns []*catalog.Column
	rows    [][]expr // VALUES; nil entries are DEFAULT
	source  *rte     // SELECT
	values  []expr   // SELECT: the value of each column over source
	ret     []target
}

// insert plans INSERT.
func (a *analyzer) insert(s *ast.InsertStmt) *Statement {
	rel := a.targetRelation(s.Rel, "insert into")
	sc, r, q := a.writeScope(s.With, s.Rel, rel)
	p := &insertPlan{rel: rel, scope: sc, target: r, outer: q}
	p.st = &Statement{Kind: Write, Tag: "INSERT 0", TagCount: true, Target: rel.OID, target: rel}
	p.columns = a.insertColumns(s, rel)
	switch {
	case s.Query == nil:
		p.columns = nil
		p.rows = [][]expr{{}}
	case s.Query.Values != nil && plainValues(s.Query):
		a.insertValues(p, s)
	default:
		a.insertSelect(p, s)
	}
	a.completeColumns(p)
	sc.items = []nsItem{itemOf(r)}
	conflict := a.onConflict(p, s.OnConflict)
	sc.items = []nsItem{itemOf(r)}
	p.ret = a.returning(sc, p.st, s.Returning)
	a.paramTypes()
	e := newEmitter(a)
	e.insert(p, conflict)
	if guard := a.upsertGuard(p, conflict); guard != "" {
		p.st.Ops = []Op{{SQL: guard}}
	}
	p.st.Ops = append(p.st.Ops, Op{SQL: e.text(), Counts: true, Returns: len(p.ret) > 0})
	p.st.Bounded = p.rows != nil && !readsTables(p.rows)
	if len(p.rows) == 1 {
		p.st.insertion = keyValues(p)
	}
	return p.st
}

// plainValues tells whether a VALUES query is nothing but its rows.
func plainValues(q *ast.SelectStmt) bool {
	return q.With == nil && len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil && q.Op == ast.SetOpNone
}

func readsTables(rows [][]expr) bool {
	for _, row := range rows {
		for _, x := range row {
			if x != nil && containsVar(x) {
				return true
			}
		}
	}
	return false
}

// insertColumns resolves the column list; without one it is all columns.
func (a *analyzer) insertColumns(s *ast.InsertStmt, rel *catalog.Relation) []*catalog.Column {
	var out []*catalog.Column
	if len(s.Columns) == 0 {
		for _, c := range rel.Columns {
			if !c.Dropped {
				out = append(out, c)
			}
		}
		return out
	}
	for i := range s.Columns {
		t := &s.Columns[i]
		if len(t.Indirection) > 0 {
			a.fail(t.Pos(), pgerr.Unsupported("assignment to a part of a column is not supported"))
		}
		c := a.targetColumn(rel, t)
		for _, other := range out {
			if other == c {
				a.failf(t.Pos(), pgerr.DuplicateColumn, "column \"%s\" specified more than once", c.Name)
			}
		}
		out = append(out, c)
	}
	return out
}

// insertValues analyzes INSERT … VALUES.
func (a *analyzer) insertValues(p *insertPlan, s *ast.InsertStmt) {
	rows := s.Query.Values
	sc := &scope{parent: p.scope, ctes: nil, clause: inInsertTarget}
	sc.parent.items = nil
	p.rows = make([][]expr, len(rows))
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			a.failf(row[0].Pos(), pgerr.SyntaxError, "VALUES lists must all be the same length")
		}
		xs := a.exprList(sc, row)
		a.checkWidth(p, s, len(xs), row, xs)
		for k, x := range xs {
			if _, ok := x.(*defaultExpr); ok {
				xs[k] = nil
				continue
			}
			a.checkGenerated(p.columns[k], s.Override)
			if s.Override == ast.OverrideUser && p.columns[k].Identity != 0 {
				xs[k] = nil
				continue
			}
			xs[k] = a.assign(x, p.columns[k], x.position())
		}
		p.rows[i] = xs
	}
	if len(rows) > 0 {
		p.columns = p.columns[:len(p.rows[0])]
	}
}

// checkWidth raises 42601 where there are more values than columns or the other
// way around.
func (a *analyzer) checkWidth(p *insertPlan, s *ast.InsertStmt, n int, row []ast.Expr, xs []expr) {
	if n > len(p.columns) {
		a.failf(xs[len(p.columns)].position(), pgerr.SyntaxError, "INSERT has more expressions than target columns")
	}
	if len(s.Columns) > 0 && n < len(p.columns) {
		a.failf(s.Columns[n].Pos(), pgerr.SyntaxError, "INSERT has more target columns than expressions")
	}
}

// checkGenerated raises 428C9 for a value given to a generated column, or to an
// identity column that is always generated.
func (a *analyzer) checkGenerated(c *catalog.Column, override ast.Override) {
	switch {
	case c.Generated != 0:
		a.fail(-1, pgerr.New(pgerr.GeneratedAlways, "cannot insert a non-DEFAULT value into column \"%s\"", c.Name).
			WithDetail("Column \"%s\" is a generated column.", c.Name))
	case c.Identity == 'a' && override == ast.OverrideNone:
		a.fail(-1, pgerr.New(pgerr.GeneratedAlways, "cannot insert a non-DEFAULT value into column \"%s\"", c.Name).
			WithDetail("Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c.Name).
			WithHint("Use OVERRIDING SYSTEM VALUE to override."))
	}
}

// insertSelect analyzes INSERT … SELECT.
func (a *analyzer) insertSelect(p *insertPlan, s *ast.InsertStmt) {
	sub := &scope{parent: p.scope, keepUnknown: true}
	p.scope.items = nil
	q := a.query(sub, s.Query)
	cols := q.visible()
	if len(cols) > len(p.columns) {
		a.failf(cols[len(p.columns)].x.position(), pgerr.SyntaxError, "INSERT has more expressions than target columns")
	}
	if len(s.Columns) > 0 && len(cols) < len(p.columns) {
		a.failf(s.Columns[len(cols)].Pos(), pgerr.SyntaxError, "INSERT has more target columns than expressions")
	}
	p.columns = append([]*catalog.Column{}, p.columns[:len(cols)]...)
	for i, t := range cols {
		if t.x.typ() == types.UnknownOID {
			t.x = a.assign(t.x, p.columns[i], t.x.position())
		}
	}
	p.source = a.queryRTE(p.scope, q)
	for i, c := range p.columns {
		a.checkGenerated(c, s.Override)
		if s.Override == ast.OverrideUser && c.Identity != 0 {
			p.values = append(p.values, a.defaultOf(c))
			continue
		}
		p.values = append(p.values, a.assign(newVar(p.source, i, cols[i].x.position()), c, cols[i].x.position()))
	}
}

// completeColumns adds the columns that the statement leaves out: those with a
// default get it, and generated ones are computed. The others stay NULL.
func (a *analyzer) completeColumns(p *insertPlan) {
	for r, row := range p.rows {
		for i, x := range row {
			if x == nil && p.columns[i].Generated == 0 {
				p.rows[r][i] = a.defaultOf(p.columns[i])
			}
		}
	}
	for _, c := range p.rel.Columns {
		if c.Dropped || c.Generated != 0 || hasColumn(p.columns, c) {
			continue
		}
		if c.Default == "" && c.Identity == 0 && !isRowID(p.rel, c) {
			continue
		}
		p.columns = append(p.columns, c)
		for r := range p.rows {
			p.rows[r] = append(p.rows[r], a.defaultOf(c))
		}
		if p.source != nil {
			p.values = append(p.values, a.defaultOf(c))
		}
	}
	a.computeGenerated(p)
}

func hasColumn(list []*catalog.Column, c *catalog.Column) bool {
	for _, other := range list {
		if other == c {
			return true
		}
	}
	return false
}

// computeGenerated adds the values of stored generated columns.
func (a *analyzer) computeGenerated(p *insertPlan) {
	generated := generatedColumns(p.rel)
	if len(generated) == 0 {
		return
	}
	s := &scope{}
	r := a.relationRTE(s, p.rel)
	s.items = []nsItem{itemOf(r)}
	for _, c := range generated {
		at := len(p.columns)
		for i := range p.columns {
			if p.columns[i] == c {
				at = i
			}
		}
		fresh := at == len(p.columns)
		if fresh {
			p.columns = append(p.columns, c)
		}
		set := func(row []expr) []expr {
			x := a.generatedValue(s, r, c, func(num int16) expr {
				for i, col := range p.columns {
					if col.Num == num && i < len(row) && row[i] != nil {
						return row[i]
					}
				}
				return &constExpr{base: base{columnByNum(p.rel, num).Type, -1, -1}}
			})
			if fresh {
				return append(row, x)
			}
			row[at] = x
			return row
		}
		for i := range p.rows {
			p.rows[i] = set(p.rows[i])
		}
		if p.source != nil {
			p.values = set(p.values)
		}
	}
}

// conflictPlan is ON CONFLICT under analysis.
type conflictPlan struct {
	target string  // SQLite's text of the conflict target
	keys   []int16 // its columns, nil where it has expressions
	update bool
	set    []newValue
	where  expr
}

// newValue is a column and its new value.
type newValue struct {
	column *catalog.Column
	x      expr
}

// onConflict analyzes ON CONFLICT.
func (a *analyzer) onConflict(p *insertPlan, c *ast.OnConflict) *conflictPlan {
	if c == nil {
		return nil
	}
	out := &conflictPlan{update: c.DoUpdate}
	if c.Infer != nil {
		out.target, out.keys = a.conflictTarget(p, c.Infer)
	} else if c.DoUpdate {
		a.fail(c.Pos(), pgerr.New(pgerr.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").
			WithHint("For example, ON CONFLICT (column_name)."))
	}
	if !c.DoUpdate {
		return out
	}
	excluded := a.relationRTE(p.scope, p.rel)
	excluded.kind, excluded.alias, excluded.aliased = rteExcluded, "excluded", true
	p.scope.items = []nsItem{itemOf(p.target), {name: "excluded", rte: excluded, hasRel: true, hasCols: true}}
	out.set = a.assignments(p.scope, p.target, p.rel, c.Set)
	if c.Where != nil {
		out.where = a.coerceBool(a.exprIn(p.scope, c.Where, inWhere), "WHERE")
	}
	return out
}

// conflictTarget finds the unique index that ON CONFLICT infers and writes it as
// SQLite's conflict target.
func (a *analyzer) conflictTarget(p *insertPlan, in *ast.InferClause) (string, []int16) {
	if in.Constraint != "" {
		k := p.rel.Constraint(in.Constraint)
		if k == nil {
			a.failf(-1, pgerr.UndefinedObject, "constraint \"%s\" for table \"%s\" does not exist", in.Constraint, p.rel.Name)
		}
		if k.Kind != catalog.PrimaryKey && k.Kind != catalog.Unique {
			a.failf(-1, pgerr.WrongObjectType, "constraint in ON CONFLICT clause has no associated index")
		}
		return a.conflictColumns(p.rel, k.Columns, ""), k.Columns
	}
	s := &scope{}
	r := a.relationRTE(s, p.rel)
	s.items = []nsItem{itemOf(r)}
	var elems []string
	for i := range in.Elems {
		elems = append(elems, a.inferElem(s, r, p.rel, &in.Elems[i]))
	}
	where := ""
	if in.Where != nil {
		where = a.bareSQL(r, a.coerceBool(a.exprIn(s, in.Where, inIndexPredicate), "WHERE"))
	}
	for _, ix := range p.rel.Indexes {
		if ix.Unique && a.indexMatches(s, r, ix, elems, where) {
			sql := ""
			for i, el := range a.indexElems(s, r, ix) {
				if i > 0 {
					sql += ", "
				}
				sql += el
			}
			sql = "(" + sql + ")"
			if ix.Where != "" {
				sql += " WHERE " + a.bareSQL(r, a.catalogExprIn(s, ix.Where, inIndexPredicate))
			}
			return sql, keyColumns(ix)
		}
	}
	a.failf(-1, pgerr.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	return "", nil
}

// keyColumns lists the columns of an index that is over columns alone and over
// all rows; else it is nil.
func keyColumns(ix *catalog.Index) []int16 {
	var nums []int16
	for _, c := range ix.Columns {
		if c.Num == 0 || ix.Where != "" {
			return nil
		}
		nums = append(nums, c.Num)
	}
	return nums
}

// upsertGuard is a statement that fails where two of the rows have the same key:
// ON CONFLICT DO UPDATE may not change a row twice, which SQLite allows. It is
// "" for one row.
func (a *analyzer) upsertGuard(p *insertPlan, c *conflictPlan) string {
	if c == nil || !c.update || len(c.keys) == 0 || len(p.rows) < 2 {
		return ""
	}
	e := newEmitter(a)
	e.s("SELECT pg_raise('21000', 'ON CONFLICT DO UPDATE command cannot affect row a second time', '', '', '', '', '', ",
		"'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.') FROM (")
	for i, row := range p.rows {
		if i > 0 {
			e.s(" UNION ALL ")
		}
		e.s("SELECT ")
		for k, num := range c.keys {
			if k > 0 {
				e.s(", ")
			}
			x := valueOf(p, row, num)
			if x == nil || isVolatile(x) {
				return ""
			}
			e.expr(x)
			e.s(" AS m")
			e.int(k + 1)
		}
	}
	e.s(") WHERE ")
	for k := range c.keys {
		if k > 0 {
			e.s(" AND ")
		}
		e.s("m")
		e.int(k + 1)
		e.s(" IS NOT NULL")
	}
	e.s(" GROUP BY ")
	for k, num := range c.keys {
		if k > 0 {
			e.s(", ")
		}
		e.s("m")
		e.int(k + 1)
		if name := types.Collation(columnByNum(p.rel, num).Type); name != "" {
			e.s(" COLLATE ", name)
		}
	}
	e.s(" HAVING count(*) > 1")
	return e.text()
}

// valueOf is what a row gives the column, or nil.
func valueOf(p *insertPlan, row []expr, num int16) expr {
	for i, c := range p.columns {
		if c.Num == num {
			return row[i]
		}
	}
	return nil
}

func isVolatile(x expr) bool {
	found := false
	walk(x, func(y expr) bool {
		if f, ok := y.(*funcExpr); ok && f.fn.Volatility == 'v' {
			found = true
		}
		return !found
	})
	return found
}

func (a *analyzer) conflictColumns(rel *catalog.Relation, nums []int16, where string) string {
	sql := "("
	for i, num := range nums {
		if i > 0 {
			sql += ", "
		}
		sql += columnByNum(rel, num).Physical
	}
	return sql + ")" + where
}

func (a *analyzer) inferElem(s *scope, r *rte, rel *catalog.Relation, el *ast.IndexElem) string {
	if el.Name != "" {
		c := rel.Column(el.Name)
		if c == nil {
			a.failf(el.Pos(), pgerr.UndefinedColumn, "column \"%s\" does not exist", el.Name)
		}
		return c.Physical
	}
	return a.bareSQL(r, a.exprIn(s, el.Expr, inIndex))
}

// indexElems writes the key columns of an index.
func (a *analyzer) indexElems(s *scope, r *rte, ix *catalog.Index) []string {
	var out []string
	for _, c := range ix.Columns {
		if c.Num != 0 {
			out = append(out, columnByNum(r.rel, c.Num).Physical)
			continue
		}
		out = append(out, a.bareSQL(r, a.catalogExprIn(s, c.Expr, inIndex)))
	}
	return out
}

// indexMatches tells whether the index has exactly the inferred elements, in any
// order, and its predicate is the written one (or it has none).
func (a *analyzer) indexMatches(s *scope, r *rte, ix *catalog.Index, elems []string, where string) bool {
	if ix.Where != "" && a.bareSQL(r, a.catalogExprIn(s, ix.Where, inIndexPredicate)) != where {
		return false
	}
	keys := a.indexElems(s, r, ix)
	return subset(keys, elems) && subset(elems, keys)
}

func subset(xs, ys []string) bool {
	for _, x := range xs {
		found := false
		for _, y := range ys {
			found = found || x == y
		}
		if !found {
			return false
		}
	}
	return true
}

// insert writes INSERT.
func (e *emitter) insert(p *insertPlan, c *conflictPlan) {
	e.with(p.outer)
	e.s("INSERT INTO ")
	e.name(p.rel.Physical)
	e.s(" AS r")
	e.int(p.target.id)
	if len(p.columns) == 0 {
		// All columns are NULL: SQLite numbers the hidden row id.
		e.s("(rid) VALUES (NULL)")
		for range len(p.rows) - 1 {
			e.s(", (NULL)")
		}
	} else {
		e.columnList(p.columns)
		e.insertSource(p)
	}
	e.conflict(p, c)
	e.writeReturning(p.target, p.ret)
}

func (e *emitter) columnList(columns []*catalog.Column) {
	e.s("(")
	for i, c := range columns {
		if i > 0 {
			e.s(", ")
		}
		e.name(c.Physical)
	}
	e.s(") ")
}

func (e *emitter) insertSource(p *insertPlan) {
	if p.source == nil {
		e.s("VALUES ")
		for i, row := range p.rows {
			if i > 0 {
				e.s(", ")
			}
			e.s("(")
			e.storedList(p, row)
			e.s(")")
		}
		return
	}
	e.s("SELECT ")
	e.storedList(p, p.values)
	e.s(" FROM ")
	e.leaf(p.source)
	e.s(" WHERE 1")
}

func (e *emitter) storedList(p *insertPlan, row []expr) {
	for i, x := range row {
		if i > 0 {
			e.s(", ")
		}
		e.stored(p.rel, p.columns[i], x)
	}
}

func (e *emitter) conflict(p *insertPlan, c *conflictPlan) {
	if c == nil {
		return
	}
	e.s(" ON CONFLICT ")
	e.s(c.target)
	if !c.update {
		e.s(" DO NOTHING")
		return
	}
	e.s(" DO UPDATE SET ")
	for i, set := range c.set {
		if i > 0 {
			e.s(", ")
		}
		e.name(set.column.Physical)
		e.s(" = ")
		e.expr(set.x)
	}
	if c.where != nil {
		e.s(" WHERE ")
		e.expr(c.where)
	}
}
