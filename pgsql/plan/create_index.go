package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func (a *analyzer) createIndex(s *ast.IndexStmt) *Statement {
	found := a.namedRelation(s.Rel)
	switch found.Kind {
	case catalog.KindTable:
	case catalog.KindView:
		a.fail(-1, pgerr.New(pgerr.WrongObjectType, "cannot create index on relation \"%s\"", found.Name).
			WithDetail("This operation is not supported for views."))
	default:
		a.failf(-1, pgerr.WrongObjectType, "cannot create index on relation \"%s\"", found.Name)
	}
	a.checkChangeable(found)
	a.checkTablespace(s.Tablespace)
	d := a.newDDL()
	if s.Name != "" && d.edit.NameTaken(found.Schema, s.Name) {
		if s.IfNotExists {
			a.notice(pgerr.DuplicateTable, "relation \"%s\" already exists, skipping", s.Name)
			return a.nothing("CREATE INDEX")
		}
		a.failf(-1, pgerr.DuplicateTable, "relation \"%s\" already exists", s.Name)
	}
	r := d.edit.Relation(found.OID)
	index := d.readIndex(r, s)
	if index.Name == "" {
		index.Name = d.relationName(r.Schema, r.Name, keyNames(indexNames(index, r)), "idx")
	}
	d.edit.NewIndex(r, index)
	r.SettleRowID()
	if index.Physical != "" {
		d.sqlite(d.indexSQL(r, index))
	}
	return d.statement("CREATE INDEX")
}

// readIndex makes the index that the statement describes.
func (d *ddl) readIndex(r *catalog.Relation, s *ast.IndexStmt) *catalog.Index {
	index := &catalog.Index{
		Name: s.Name, Unique: s.Unique, NullsNotDistinct: s.NullsNotDistinct, Method: s.AccessMethod,
		Options: d.storageOptions(s.Options),
	}
	if index.Method == "" {
		index.Method = "btree"
	}
	d.checkMethod(index, s)
	for i := range s.Elems {
		index.Columns = append(index.Columns, d.indexElem(r, index, &s.Elems[i]))
	}
	nameExpressions(index)
	for i := range s.Including {
		e := &s.Including[i]
		if e.Expr != nil {
			d.failf(-1, pgerr.FeatureNotSupported, "expressions are not supported in included columns")
		}
		index.Include = append(index.Include, d.indexColumn(r, e.Name).Num)
	}
	if s.Where != nil {
		x := d.coerceBool(d.exprIn(d.relationScope(r), s.Where, inIndexPredicate), "WHERE")
		d.checkImmutable(x, "functions in index predicate must be marked IMMUTABLE", pgerr.InvalidObjectDefinition)
		index.Where = d.deparse(x)
	}
	return index
}

// checkMethod refuses access methods that do not exist, and says so where the
// index does not speed anything up.
func (d *ddl) checkMethod(index *catalog.Index, s *ast.IndexStmt) {
	if catalog.AccessMethodOID(index.Method) == 0 || index.Method == "heap" {
		d.failf(-1, pgerr.UndefinedObject, "access method \"%s\" does not exist", index.Method)
	}
	switch index.Method {
	case "btree":
		return
	case "hash":
		if len(s.Elems) > 1 {
			d.failf(-1, pgerr.FeatureNotSupported, "access method \"hash\" does not support multicolumn indexes")
		}
	default:
		d.notice(pgerr.SuccessfulCompletion, "access method \"%s\" is not implemented: the index is recorded but not used", index.Method)
	}
	if index.Unique {
		d.failf(-1, pgerr.FeatureNotSupported, "access method \"%s\" does not support unique indexes", index.Method)
	}
}

func (d *ddl) indexColumn(r *catalog.Relation, name string) *catalog.Column {
	c := r.Column(name)
	if c == nil {
		d.failf(-1, pgerr.UndefinedColumn, "column \"%s\" does not exist", name)
	}
	return c
}

// indexElem reads one key of CREATE INDEX.
func (d *ddl) indexElem(r *catalog.Relation, index *catalog.Index, e *ast.IndexElem) catalog.IndexColumn {
	key := catalog.IndexColumn{Typmod: -1, Desc: e.Dir == ast.SortDesc, Name: e.Name}
	key.NullsFirst = e.Nulls == ast.NullsFirst || e.Nulls == ast.NullsDefault && key.Desc
	if e.Expr == nil {
		c := d.indexColumn(r, e.Name)
		key.Num, key.Type, key.Typmod, key.Collation = c.Num, c.Type, c.Typmod, c.Collation
	} else {
		x := d.resolveUnknown(d.exprIn(d.relationScope(r), e.Expr, inIndex))
		if v, ok := x.(*varExpr); ok {
			c := r.ColumnByNum(v.rte.cols[v.col].num)
			key.Num, key.Type, key.Typmod, key.Collation, key.Name = c.Num, c.Type, c.Typmod, c.Collation, c.Name
		} else {
			d.checkImmutable(x, "functions in index expression must be marked IMMUTABLE", pgerr.InvalidObjectDefinition)
			key.Expr, key.Type, key.Typmod = d.deparse(x), x.typ(), x.mod()
			if f, ok := x.(*funcExpr); ok {
				key.Name = f.fn.Name
			} else {
				key.Name = columnName(e.Expr)
			}
			if key.Name == "" || key.Name == "?column?" {
				key.Name = "expr"
			}
		}
	}
	if len(e.Collation) > 0 {
		if key.Collation = catalog.CollationOID(e.Collation[len(e.Collation)-1]); key.Collation == 0 {
			d.failf(-1, pgerr.UndefinedObject, "collation \"%s\" for encoding \"UTF8\" does not exist", e.Collation[len(e.Collation)-1])
		}
	}
	d.indexOpClass(index, &key, e)
	return key
}

func (d *ddl) indexOpClass(index *catalog.Index, key *catalog.IndexColumn, e *ast.IndexElem) {
	if len(e.OpClass) == 0 {
		d.checkIndexable(key.Type, index.Method)
		return
	}
	name := e.OpClass[len(e.OpClass)-1]
	c := catalog.OpClassByName(index.Method, name)
	if c == nil {
		d.failf(-1, pgerr.UndefinedObject, "operator class \"%s\" does not exist for access method \"%s\"", name, index.Method)
	}
	if !canCoerce([]types.OID{key.Type}, []types.OID{c.Input}, implicit) {
		d.failf(-1, pgerr.DatatypeMismatch, "operator class \"%s\" does not accept data type %s", name, typeText(key.Type))
	}
	key.OpClass = c.OID
}

// nameExpressions makes the names of an index's columns differ, as
// ChooseIndexColumnNames does.
func nameExpressions(index *catalog.Index) {
	taken := map[string]bool{}
	for i := range index.Columns {
		key := &index.Columns[i]
		name := key.Name
		for n := 1; taken[name]; n++ {
			name = key.Name + itoa(n)
		}
		key.Name = name
		taken[name] = true
	}
}

func indexNames(index *catalog.Index, r *catalog.Relation) []string {
	var names []string
	for _, key := range index.Columns {
		names = append(names, key.Name)
	}
	for _, num := range index.Include {
		names = append(names, r.ColumnByNum(num).Name)
	}
	return names
}

// indexSQL returns the statement that creates the physical index.
func (d *ddl) indexSQL(r *catalog.Relation, i *catalog.Index) string {
	b := append(make([]byte, 0, 128), "CREATE "...)
	if i.Unique {
		b = append(b, "UNIQUE "...)
	}
	b = append(b, "INDEX "+i.Physical+" ON "+r.Physical+" ("...)
	for n, key := range i.Columns {
		if n > 0 {
			b = append(b, ", "...)
		}
		b = append(b, d.indexKeySQL(r, i, key)...)
		if key.Desc {
			b = append(b, " DESC"...)
		}
	}
	b = append(b, ')')
	if i.Where != "" {
		b = append(b, " WHERE "+d.physicalExpr(r, i.Where)...)
	}
	return string(b)
}

// indexKeySQL is one key. SQLite takes NULLs to differ from each other: where
// they must not, a value of another storage class stands for NULL.
func (d *ddl) indexKeySQL(r *catalog.Relation, i *catalog.Index, key catalog.IndexColumn) string {
	sql, collation := "", types.Collation(key.Type)
	if key.Num != 0 {
		sql = r.ColumnByNum(key.Num).Physical
		if !i.NullsNotDistinct {
			return sql
		}
	} else {
		sql = d.physicalExpr(r, key.Expr)
	}
	if i.NullsNotDistinct && i.Unique {
		marker := "x''"
		if types.StrictDecl(key.Type) == "BLOB" {
			marker = "''"
		}
		sql = "ifnull(" + sql + ", " + marker + ")"
	}
	if collation != "" {
		sql += " COLLATE " + collation
	}
	return sql
}
