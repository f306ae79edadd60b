package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// clause is the part of a query that an expression stands in: it decides where
// aggregates and window functions may be, and names it in messages.
type clause uint8

const (
	inOther clause = iota
	inSelect
	inWhere
	inHaving
	inGroupBy
	inOrderBy
	inDistinctOn
	inJoinOn
	inFromFunction
	inLimit
	inOffset
	inValues
	inInsertTarget
	inUpdateSet
	inReturning
	inWindow
	inAggregate
	inFilter
	inDefault
	inCheck
	inIndex
	inIndexPredicate
	inGenerated
	inUsing
)

// scope is one level of a query: what its names mean.
type scope struct {
	parent  *scope
	items   []nsItem
	ctes    []*cte
	query   *query
	clause  clause
	windows []*window
	from    bool // the FROM clause is being analyzed: items are for LATERAL only
	lateral bool // a LATERAL item is being analyzed

	keepUnknown bool         // literals of unknown type stay so in the output
	onLeft      func(*query) // called after the left side of a set operation: recursive queries
}

// nsItem is a name in a scope. Exactly one of rte and cols is set: cols is for
// joins whose columns are merged or renamed.
type nsItem struct {
	name    string
	schema  string
	rte     *rte
	cols    []nsCol
	hasCols bool // its columns are found by their bare names
	hasRel  bool // it is found by its own name
}

// nsCol is a column of a join.
type nsCol struct {
	name string
	x    expr
}

func (it *nsItem) count() int {
	if it.rte != nil {
		n := len(it.rte.cols)
		for n > 0 && it.rte.cols[n-1].hidden {
			n--
		}
		return n
	}
	return len(it.cols)
}

func (it *nsItem) colName(i int) string {
	if it.rte != nil {
		return it.rte.cols[i].name
	}
	return it.cols[i].name
}

func (it *nsItem) column(i, pos int) expr {
	if it.rte != nil {
		return newVar(it.rte, i, pos)
	}
	return it.cols[i].x
}

// find returns the index of the column, -1 where there is none and -2 where
// there are two.
func (it *nsItem) find(name string) int {
	found := -1
	for i, n := 0, it.count(); i < n; i++ {
		if it.colName(i) == name {
			if found >= 0 {
				return -2
			}
			found = i
		}
	}
	return found
}

// newVar is a column of an entry; that of a row whose fields are known is the row.
func newVar(r *rte, col, pos int) expr {
	c := &r.cols[col]
	if c.fields != nil {
		row := &rowExpr{base: base{c.oid, -1, pos}, names: c.names}
		for _, f := range c.fields {
			row.args = append(row.args, newVar(r, f, pos))
		}
		return row
	}
	return &varExpr{base: base{c.oid, c.typmod, pos}, rte: r, col: col}
}

// newRTE numbers a range table entry.
func (a *analyzer) newRTE(s *scope, kind rteKind) *rte {
	a.rtes++
	return &rte{kind: kind, id: a.rtes, owner: s}
}

// relationRTE makes the entry of a stored relation.
func (a *analyzer) relationRTE(s *scope, rel *catalog.Relation) *rte {
	r := a.newRTE(s, rteRelation)
	r.rel = rel
	r.alias = rel.Name
	r.schema = rel.SchemaName
	r.cols = make([]rteCol, 0, len(rel.Columns))
	for _, c := range rel.Columns {
		if !c.Dropped {
			r.cols = append(r.cols, rteCol{name: c.Name, oid: c.Type, typmod: c.Typmod, physical: c.Physical, rel: rel.OID, num: c.Num})
		}
	}
	a.use(rel)
	return r
}

// visible tells whether the items of s may be used from where we are.
func (s *scope) visible() bool { return !s.from || s.lateral }

// columnRef resolves a name to a column, or to the whole row of a relation.
func (a *analyzer) columnRef(s *scope, ref *ast.ColumnRef) expr {
	switch len(ref.Names) {
	case 1:
		return a.bareColumn(s, ref)
	case 2:
		return a.qualifiedColumn(s, "", ref.Names[0], ref.Names[1], ref.Pos())
	case 3:
		return a.qualifiedColumn(s, ref.Names[0], ref.Names[1], ref.Names[2], ref.Pos())
	case 4:
		if ref.Names[0] != a.opt.Database {
			a.failf(ref.Pos(), pgerr.FeatureNotSupported, "cross-database references are not implemented: %s", dotted(ref.Names))
		}
		return a.qualifiedColumn(s, ref.Names[1], ref.Names[2], ref.Names[3], ref.Pos())
	}
	a.failf(ref.Pos(), pgerr.SyntaxError, "improper qualified name (too many dotted names): %s", dotted(ref.Names))
	return nil
}

func (a *analyzer) bareColumn(s *scope, ref *ast.ColumnRef) expr {
	name := ref.Names[0]
	for level := s; level != nil; level = level.parent {
		if !level.visible() {
			continue
		}
		if x := a.findColumn(level, name, ref.Pos()); x != nil {
			return x
		}
	}
	for level := s; level != nil; level = level.parent {
		if !level.visible() {
			continue
		}
		for i := range level.items {
			if it := &level.items[i]; it.hasRel && it.name == name {
				return a.wholeRow(it, ref.Pos())
			}
		}
	}
	a.missingColumn(s, "", name, ref.Pos())
	return nil
}

// findColumn looks for a bare column name at one level.
func (a *analyzer) findColumn(s *scope, name string, pos int) expr {
	var found expr
	for i := range s.items {
		it := &s.items[i]
		if !it.hasCols {
			continue
		}
		switch n := it.find(name); {
		case n == -2 || n >= 0 && found != nil:
			a.failf(pos, pgerr.AmbiguousColumn, "column reference \"%s\" is ambiguous", name)
		case n >= 0:
			found = it.column(n, pos)
		}
	}
	if found != nil {
		return found
	}
	for i := range s.items {
		if it := &s.items[i]; it.hasCols && it.rte != nil && len(s.items) == 1 {
			if x := a.systemColumn(it.rte, name, pos); x != nil {
				return x
			}
		}
	}
	return nil
}

func (a *analyzer) qualifiedColumn(s *scope, schema, rel, name string, pos int) expr {
	it := a.findItem(s, schema, rel, pos)
	if it == nil {
		a.missingFrom(s, rel, pos)
	}
	switch n := it.find(name); {
	case n == -2:
		a.failf(pos, pgerr.AmbiguousColumn, "column reference \"%s\" is ambiguous", name)
	case n >= 0:
		return it.column(n, pos)
	}
	if it.rte != nil {
		if x := a.systemColumn(it.rte, name, pos); x != nil {
			return x
		}
	}
	if x := a.functionalColumn(it, name, pos); x != nil {
		return x
	}
	a.missingColumn(s, rel, name, pos)
	return nil
}

// functionalColumn is the notation t.f for f(t); no function that takes a row
// is supported.
func (a *analyzer) functionalColumn(*nsItem, string, int) expr { return nil }

// findItem returns the item called rel, or nil.
func (a *analyzer) findItem(s *scope, schema, rel string, pos int) *nsItem {
	for level := s; level != nil; level = level.parent {
		if !level.visible() {
			continue
		}
		var found *nsItem
		for i := range level.items {
			it := &level.items[i]
			if !it.hasRel || it.name != rel || schema != "" && it.schema != schema {
				continue
			}
			if found != nil {
				a.failf(pos, pgerr.AmbiguousAlias, "table reference \"%s\" is ambiguous", rel)
			}
			found = it
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// missingFrom raises PostgreSQL's error for a relation that is not in FROM.
func (a *analyzer) missingFrom(s *scope, rel string, pos int) {
	for level := s; level != nil; level = level.parent {
		for i := range level.items {
			it := &level.items[i]
			if !it.hasRel {
				continue
			}
			if it.name == rel {
				a.fail(pos, pgerr.New(pgerr.UndefinedTable, "invalid reference to FROM-clause entry for table \"%s\"", rel).
					WithHint("There is an entry for table \"%s\", but it cannot be referenced from this part of the query.", rel))
			}
			if it.rte != nil && it.rte.rel != nil && it.rte.aliased && it.rte.rel.Name == rel {
				a.fail(pos, pgerr.New(pgerr.UndefinedTable, "invalid reference to FROM-clause entry for table \"%s\"", rel).
					WithHint("Perhaps you meant to reference the table alias \"%s\".", it.name))
			}
		}
	}
	a.failf(pos, pgerr.UndefinedTable, "missing FROM-clause entry for table \"%s\"", rel)
}

// systemColumn answers tableoid; the other system columns have no counterpart.
func (a *analyzer) systemColumn(r *rte, name string, pos int) expr {
	if r.kind != rteRelation || r.rel == nil {
		return nil
	}
	switch name {
	case "tableoid":
		return &constExpr{base: base{types.OidOID, -1, pos}, val: types.IntValue(int64(r.rel.OID))}
	case "xmin", "xmax", "cmin", "cmax":
		if r.rel.System {
			oid := types.XidOID
			if name[0] == 'c' {
				oid = types.CidOID
			}
			return &constExpr{base: base{oid, -1, pos}, val: types.IntValue(1)}
		}
		a.fail(pos, pgerr.Unsupported("system column \"%s\" is not supported", name))
	case "ctid":
		a.fail(pos, pgerr.Unsupported("system column \"%s\" is not supported", name))
	}
	return nil
}

// wholeRow makes the row of all columns of an item.
func (a *analyzer) wholeRow(it *nsItem, pos int) expr {
	if it.rte != nil && it.rte.kind == rteFunction && len(it.rte.cols) == 1 {
		return it.column(0, pos)
	}
	row := &rowExpr{base: base{types.RecordOID, -1, pos}, whole: true}
	for i, n := 0, it.count(); i < n; i++ {
		row.args = append(row.args, it.column(i, pos))
		row.names = append(row.names, it.colName(i))
	}
	return row
}

// wholeRowRef is t.* where one expression is wanted.
func (a *analyzer) wholeRowRef(s *scope, ref *ast.ColumnRef) expr {
	if len(ref.Names) == 0 {
		a.failf(ref.Pos(), pgerr.SyntaxError, "row expansion via \"*\" is not supported here")
	}
	schema, n := "", len(ref.Names)
	if n > 1 {
		schema = ref.Names[n-2]
	}
	it := a.findItem(s, schema, ref.Names[n-1], ref.Pos())
	if it == nil {
		a.missingFrom(s, ref.Names[n-1], ref.Pos())
	}
	return a.wholeRow(it, ref.Pos())
}

// checkAlias raises 42712 where a name is used twice.
func (a *analyzer) checkAlias(items []nsItem, it *nsItem, pos int) {
	for i := range items {
		other := &items[i]
		if !other.hasRel || other.name != it.name {
			continue
		}
		if other.rte != nil && it.rte != nil && other.rte.rel != nil && it.rte.rel != nil &&
			!other.rte.aliased && !it.rte.aliased && other.rte.rel != it.rte.rel {
			continue
		}
		a.failf(-1, pgerr.DuplicateAlias, "table name \"%s\" specified more than once", it.name)
	}
}

// findCTE returns the visible common table expression of that name, or nil.
func (s *scope) findCTE(name string) *cte {
	for level := s; level != nil; level = level.parent {
		for i := len(level.ctes) - 1; i >= 0; i-- {
			if level.ctes[i].name == name {
				return level.ctes[i]
			}
		}
	}
	return nil
}

func dotted(names []string) string {
	s := names[0]
	for _, n := range names[1:] {
		s += "." + n
	}
	return s
}
