package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// selectInto plans SELECT … INTO: CREATE TABLE AS with another spelling.
func (a *analyzer) selectInto(s *ast.SelectStmt) *Statement {
	plain := *s
	plain.Into = nil
	return a.createTableAs(&ast.CreateTableAsStmt{Into: s.Into, Query: &plain})
}

// createTableAs plans CREATE TABLE AS: the table of the query's columns, and an
// INSERT of its rows.
func (a *analyzer) createTableAs(s *ast.CreateTableAsStmt) *Statement {
	sel, ok := s.Query.(*ast.SelectStmt)
	switch {
	case s.MatView:
		a.fail(-1, pgerr.Unsupported("CREATE MATERIALIZED VIEW is not supported"))
	case !ok:
		a.fail(-1, pgerr.Unsupported("CREATE TABLE AS EXECUTE is not supported"))
	}
	q := a.query(&scope{}, sel)
	a.paramTypes()
	cols := q.visible()
	if len(s.Into.Columns) > len(cols) {
		a.failf(-1, pgerr.SyntaxError, "too many column names were specified")
	}
	if s.Into.OnCommit != ast.OnCommitNone && s.Into.Rel.Persistence != ast.Temporary {
		a.fail(-1, errOnCommit())
	}
	create := &ast.CreateStmt{Rel: withoutPlace(s.Into.Rel), IfNotExists: s.IfNotExists, Options: s.Into.Options, OnCommit: s.Into.OnCommit}
	for i, t := range cols {
		name := t.name
		if i < len(s.Into.Columns) {
			name = s.Into.Columns[i]
		}
		def := &ast.ColumnDef{At: ast.NoPos, Name: name, Type: a.typeNameOf(t.x.typ(), t.x.mod(), name)}
		create.Columns = append(create.Columns, def)
		create.Order = append(create.Order, def)
	}
	st := a.createTable(create)
	st.Tag = "CREATE TABLE AS"
	if st.NewCatalog == a.cat || s.Into.WithNoData {
		return st
	}
	rel := newRelation(a.cat, st.NewCatalog, s.Into.Rel)
	st.Tag, st.TagCount = "SELECT", true
	st.Ops = append(st.Ops, a.fill(rel, q))
	return st
}

// newRelation finds the table that the new catalog has and the old has not.
func newRelation(old, cat *catalog.Catalog, rv *ast.RangeVar) *catalog.Relation {
	for oid := old.NextOID; oid < cat.NextOID; oid++ {
		if r := cat.RelationByOID(oid); r != nil && r.Kind == catalog.KindTable && r.Name == rv.Name {
			return r
		}
	}
	return nil
}

// fill is the INSERT of the query's rows into a new table.
func (a *analyzer) fill(rel *catalog.Relation, q *query) Op {
	s := &scope{}
	target := a.newRTE(s, rteRelation)
	target.rel = rel
	p := &insertPlan{rel: rel, scope: s, target: target, outer: &query{scope: s}, source: a.queryRTE(s, q)}
	for i := range p.source.cols {
		p.columns = append(p.columns, rel.Columns[i])
		p.values = append(p.values, newVar(p.source, i, -1))
	}
	e := newEmitter(a)
	e.insert(p, nil)
	return Op{SQL: e.text(), Counts: true}
}

// typeNameOf writes a type as the grammar would give it.
func (a *analyzer) typeNameOf(oid types.OID, typmod int32, column string) *ast.TypeName {
	t := types.ByOID(oid)
	if t == nil || t.Kind == 'p' {
		a.failf(-1, pgerr.InvalidTableDefinition, "column \"%s\" has pseudo-type %s", column, types.FormatType(oid, -1))
	}
	name := &ast.TypeName{At: ast.NoPos, Names: []string{"pg_catalog", t.Name}}
	for _, m := range typmodParts(oid, typmod) {
		name.Typmods = append(name.Typmods, &ast.Const{At: ast.NoPos, Kind: ast.ConstInt4, Int: m})
	}
	return name
}

// typmodParts takes a typmod apart into the modifiers that MakeTypmod makes it of.
func typmodParts(oid types.OID, typmod int32) []int64 {
	if typmod < 0 {
		return nil
	}
	switch oid {
	case types.VarcharOID, types.BpcharOID:
		return []int64{int64(typmod) - varHeader}
	case types.NumericOID:
		if precision, scale, ok := types.NumericTypmod(typmod); ok {
			return []int64{int64(precision), int64(scale)}
		}
	case types.TimeOID, types.TimetzOID, types.TimestampOID, types.TimestamptzOID:
		return []int64{int64(typmod)}
	case types.IntervalOID:
		if typmod&intervalFull == intervalFull {
			return []int64{int64(typmod >> 16)}
		}
		return []int64{int64(typmod >> 16), int64(typmod & intervalFull)}
	}
	return nil
}
