package plan

import (
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// rename plans ALTER … RENAME. Only the catalog changes: physical names come
// from OIDs.
func (a *analyzer) rename(s *ast.RenameStmt) *Statement {
	switch s.Object {
	case ast.ObjectTable, ast.ObjectView, ast.ObjectIndex, ast.ObjectSequence:
		return a.renameRelation(s)
	case ast.ObjectColumn:
		return a.renameColumn(s)
	case ast.ObjectTableConstraint:
		return a.renameConstraint(s)
	case ast.ObjectSchema:
		return a.renameSchema(s)
	}
	a.fail(-1, pgerr.Unsupported("RENAME of this kind of object is not supported"))
	return nil
}

func alterTag(o ast.ObjectType) string {
	switch o {
	case ast.ObjectView:
		return "ALTER VIEW"
	case ast.ObjectIndex:
		return "ALTER INDEX"
	case ast.ObjectSequence:
		return "ALTER SEQUENCE"
	case ast.ObjectMatView:
		return "ALTER MATERIALIZED VIEW"
	}
	return "ALTER TABLE"
}

// alterTarget resolves the relation of an ALTER; ALTER TABLE takes any kind.
func (a *analyzer) alterTarget(rv *ast.RangeVar, object ast.ObjectType, missingOk bool) *catalog.Relation {
	r := a.findRelation(rv)
	if r == nil && missingOk {
		a.notice(pgerr.SuccessfulCompletion, "relation \"%s\" does not exist, skipping", rv.Name)
		return nil
	}
	if r == nil {
		r = a.namedRelation(rv) // raises
	}
	if kind := objectKind(object); object != ast.ObjectTable && r.Kind != kind {
		word := kindWord(kind)
		a.failf(-1, pgerr.WrongObjectType, "\"%s\" is not %s %s", r.Name, article(word), word)
	}
	a.checkChangeable(r)
	return r
}

func (a *analyzer) renameRelation(s *ast.RenameStmt) *Statement {
	tag := alterTag(s.Object)
	r := a.alterTarget(s.Rel, s.Object, s.MissingOk)
	if r == nil {
		return a.nothing(tag)
	}
	d := a.newDDL()
	if d.edit.NameTaken(r.Schema, s.NewName) {
		a.failf(-1, pgerr.DuplicateTable, "relation \"%s\" already exists", s.NewName)
	}
	if r.Index != nil {
		table, index := d.edit.Index(r.OID)
		index.Name = s.NewName
		if index.Constraint != 0 {
			table.ConstraintByOID(index.Constraint).Name = s.NewName
		}
		return d.statement(tag)
	}
	d.retarget(r, r.SchemaName, s.NewName)
	d.edit.Relation(r.OID).Name = s.NewName
	return d.statement(tag)
}

// setSchema plans ALTER … SET SCHEMA.
func (a *analyzer) setSchema(s *ast.AlterObjectSchemaStmt) *Statement {
	switch s.Object {
	case ast.ObjectTable, ast.ObjectView, ast.ObjectSequence:
	default:
		a.fail(-1, pgerr.Unsupported("SET SCHEMA of this kind of object is not supported"))
	}
	tag := alterTag(s.Object)
	r := a.alterTarget(s.Rel, s.Object, s.MissingOk)
	if r == nil {
		return a.nothing(tag)
	}
	d := a.newDDL()
	if d.isOwnTemporary(s.NewSchema) || isTemporaryName(s.NewSchema) || r.IsTemporary() {
		a.failf(-1, pgerr.FeatureNotSupported, "cannot move objects into or out of temporary schemas")
	}
	schema := d.schemaFor(s.NewSchema, r.Name, -1)
	if r.Sequence != nil && r.Sequence.OwnedBy != 0 {
		a.fail(-1, pgerr.New(pgerr.FeatureNotSupported, "cannot move an owned sequence into another schema").
			WithDetail("Sequence \"%s\" is linked to table \"%s\".", r.Name, a.cat.RelationByOID(r.Sequence.OwnedBy).Name))
	}
	move := append([]*catalog.Relation{r}, a.cat.OwnedSequences(r.OID)...)
	for _, m := range move {
		if schema.OID == m.Schema {
			continue
		}
		if d.edit.NameTaken(schema.OID, m.Name) {
			a.failf(-1, pgerr.DuplicateTable, "relation \"%s\" already exists in schema \"%s\"", m.Name, schema.Name)
		}
		d.retarget(m, schema.Name, m.Name)
		moved := d.edit.Relation(m.OID)
		moved.Schema, moved.SchemaName = schema.OID, schema.Name
	}
	return d.statement(tag)
}

// retarget rewrites the text of the views over r for its new name.
func (d *ddl) retarget(r *catalog.Relation, schema, name string) {
	for _, view := range d.cat.ViewsOver(r.OID) {
		v := d.edit.Relation(view.OID)
		text := v.View.SQL
		stmts, err := parse.Parse(text)
		d.check(-1, err)
		var splices []splice
		for _, rv := range queryRelations(stmts[0].Stmt) {
			if rv.Schema != r.SchemaName || rv.Name != r.Name {
				continue
			}
			replacement := catalog.QualifiedName(schema, name)
			if rv.Alias == nil && name != r.Name {
				replacement += " " + catalog.QuoteIdent(r.Name) // its columns are called by it
			}
			splices = append(splices, splice{rv.Pos(), nameEnd(text, rv.Pos()), replacement})
		}
		v.View.SQL = applySplices(text, 0, len(text), splices)
	}
}

// nameEnd returns where the qualified name that starts at the offset ends.
func nameEnd(text string, at int) int {
	for i := at; ; i++ {
		if i < len(text) && text[i] == '"' {
			for i++; i < len(text) && (text[i] != '"' || i+1 < len(text) && text[i+1] == '"'); i++ {
				if text[i] == '"' {
					i++
				}
			}
			i++
		} else {
			for i < len(text) && isWordByte(text[i]) {
				i++
			}
		}
		if i >= len(text) || text[i] != '.' {
			return i
		}
	}
}

func (a *analyzer) renameColumn(s *ast.RenameStmt) *Statement {
	object := s.Relation
	tag := alterTag(object)
	r := a.alterTarget(s.Rel, object, s.MissingOk)
	if r == nil {
		return a.nothing(tag)
	}
	d := a.newDDL()
	changed := d.edit.Relation(r.OID)
	c := changed.Column(s.Sub)
	if c == nil {
		a.failf(-1, pgerr.UndefinedColumn, "column \"%s\" does not exist", s.Sub)
	}
	if changed.Column(s.NewName) != nil {
		a.failf(-1, pgerr.DuplicateColumn, "column \"%s\" of relation \"%s\" already exists", s.NewName, r.Name)
	}
	d.renameInTexts(changed, c, s.NewName)
	for _, i := range changed.Indexes {
		for n := range i.Columns {
			if key := &i.Columns[n]; key.Num == c.Num && key.Name == c.Name {
				key.Name = s.NewName
			}
		}
	}
	d.renameInViews(r, c, s.NewName)
	return d.statement(tag)
}

// renameInTexts rewrites the expressions over r that use the column c.
func (d *ddl) renameInTexts(r *catalog.Relation, c *catalog.Column, name string) {
	rewrite := func(text string) string {
		if text == "" || !strings.Contains(text, c.Name) {
			return text
		}
		s := d.relationScope(r)
		x := d.catalogExpr(s, text)
		for i := range s.items[0].rte.cols {
			if col := &s.items[0].rte.cols[i]; col.num == c.Num {
				col.name = name
			}
		}
		d.views++
		defer func() { d.views-- }()
		return d.deparse(x)
	}
	for _, k := range r.Constraints {
		if k.Kind == catalog.Check {
			k.Expr = rewrite(k.Expr)
		}
	}
	for _, i := range r.Indexes {
		i.Where = rewrite(i.Where)
		for n := range i.Columns {
			i.Columns[n].Expr = rewrite(i.Columns[n].Expr)
		}
	}
	for _, other := range r.Columns {
		if other.Generated != 0 {
			other.Default = rewrite(other.Default)
		}
	}
}

func (a *analyzer) renameConstraint(s *ast.RenameStmt) *Statement {
	r := a.alterTarget(s.Rel, ast.ObjectTable, s.MissingOk)
	if r == nil {
		return a.nothing("ALTER TABLE")
	}
	d := a.newDDL()
	changed := d.edit.Relation(r.OID)
	k := d.constraint(changed, s.Sub)
	if changed.Constraint(s.NewName) != nil {
		a.failf(-1, pgerr.DuplicateObject, "constraint \"%s\" for relation \"%s\" already exists", s.NewName, r.Name)
	}
	if k.Kind == catalog.PrimaryKey || k.Kind == catalog.Unique {
		if d.edit.NameTaken(r.Schema, s.NewName) {
			a.failf(-1, pgerr.DuplicateTable, "relation \"%s\" already exists", s.NewName)
		}
		changed.IndexByOID(k.Index).Name = s.NewName
	}
	k.Name = s.NewName
	return d.statement("ALTER TABLE")
}

// constraint returns the constraint of that name, or raises 42704.
func (d *ddl) constraint(r *catalog.Relation, name string) *catalog.Constraint {
	k := r.Constraint(name)
	if k == nil {
		d.failf(-1, pgerr.UndefinedObject, "constraint \"%s\" for table \"%s\" does not exist", name, r.Name)
	}
	return k
}

func (a *analyzer) renameSchema(s *ast.RenameStmt) *Statement {
	d := a.newDDL()
	old := s.Names[len(s.Names)-1]
	schema := d.edit.Schema(old)
	switch {
	case schema == nil:
		a.failf(-1, pgerr.InvalidSchemaName, "schema \"%s\" does not exist", old)
	case schema.System:
		a.failf(-1, pgerr.InsufficientPrivilege, "permission denied for schema %s", old)
	case isTemporaryName(old):
		a.fail(-1, pgerr.Unsupported("a schema of temporary relations cannot be renamed"))
	case d.edit.Schema(s.NewName) != nil:
		a.failf(-1, pgerr.DuplicateSchema, "schema \"%s\" already exists", s.NewName)
	case strings.HasPrefix(s.NewName, "pg_"):
		a.fail(-1, pgerr.New(pgerr.ReservedName, "unacceptable schema name \"%s\"", s.NewName).
			WithDetail("The prefix \"pg_\" is reserved for system schemas."))
	}
	for _, r := range a.cat.Relations() {
		if r.Schema == schema.OID && r.Kind != catalog.KindIndex {
			d.retarget(r, s.NewName, r.Name)
		}
	}
	d.edit.RenameSchema(schema.OID, s.NewName)
	return d.statement("ALTER SCHEMA")
}

// alterOwner plans ALTER … OWNER TO of schemas.
func (a *analyzer) alterOwner(s *ast.AlterOwnerStmt) *Statement {
	if s.Object != ast.ObjectSchema {
		a.fail(-1, pgerr.Unsupported("OWNER TO of this kind of object is not supported"))
	}
	d := a.newDDL()
	name := s.Names[len(s.Names)-1]
	if d.edit.Schema(name) == nil {
		a.failf(-1, pgerr.InvalidSchemaName, "schema \"%s\" does not exist", name)
	}
	d.edit.SetSchemaOwner(d.edit.Schema(name).OID, a.role(&s.NewOwner).OID)
	return d.statement("ALTER SCHEMA")
}
