package plan

import (
	"slices"
	"strings"
	"unicode/utf8"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// schemaStatement plans a statement that changes the schema; nil means that
// stmt is not one.
func (a *analyzer) schemaStatement(stmt ast.Stmt) *Statement {
	switch s := stmt.(type) {
	case *ast.CreateStmt:
		return a.createTable(s)
	case *ast.IndexStmt:
		return a.createIndex(s)
	case *ast.ViewStmt:
		return a.createView(s)
	case *ast.CreateSeqStmt:
		return a.createSequence(s)
	case *ast.AlterSeqStmt:
		return a.alterSequence(s)
	case *ast.CreateSchemaStmt:
		return a.createSchema(s)
	case *ast.AlterTableStmt:
		return a.alterTable(s)
	case *ast.DropStmt:
		return a.drop(s)
	case *ast.RenameStmt:
		return a.rename(s)
	case *ast.AlterObjectSchemaStmt:
		return a.setSchema(s)
	case *ast.AlterOwnerStmt:
		return a.alterOwner(s)
	case *ast.CommentStmt:
		return a.comment(s)
	case *ast.CreateExtensionStmt:
		return a.createExtension(s)
	case *ast.DiscardStmt:
		if s.Target == ast.DiscardTemp {
			return a.discardTemporary()
		}
	}
	return a.unsupportedSchemaStatement(stmt)
}

// createExtension plans CREATE EXTENSION: only what is there already can be
// asked for.
func (a *analyzer) createExtension(s *ast.CreateExtensionStmt) *Statement {
	if s.Name != "plpgsql" {
		a.fail(-1, pgerr.New(pgerr.FeatureNotSupported, "extension \"%s\" is not available", s.Name).
			WithHint("Polyreme has no extensions; see docs/compatibility.md for what is built in."))
	}
	if !s.IfNotExists {
		a.failf(-1, pgerr.DuplicateObject, "extension \"%s\" already exists", s.Name)
	}
	a.notice(pgerr.DuplicateObject, "extension \"%s\" already exists, skipping", s.Name)
	return a.nothing("CREATE EXTENSION")
}

// unsupportedSchemaStatement answers 0A000 for kinds of DDL that are not there.
func (a *analyzer) unsupportedSchemaStatement(stmt ast.Stmt) *Statement {
	kind := ""
	switch stmt.(type) {
	case *ast.CreateEnumStmt, *ast.CompositeTypeStmt:
		kind = "CREATE TYPE"
	case *ast.AlterEnumStmt:
		kind = "ALTER TYPE"
	case *ast.CreateDomainStmt:
		kind = "CREATE DOMAIN"
	case *ast.AlterDomainStmt:
		kind = "ALTER DOMAIN"
	case *ast.CreateFunctionStmt:
		kind = "CREATE FUNCTION"
	case *ast.AlterFunctionStmt:
		kind = "ALTER FUNCTION"
	case *ast.RefreshMatViewStmt:
		kind = "REFRESH MATERIALIZED VIEW"
	case *ast.AlterTableMoveAllStmt:
		kind = "ALTER TABLE ALL IN TABLESPACE"
	case *ast.CreateRoleStmt:
		kind = "CREATE ROLE"
	case *ast.AlterRoleStmt, *ast.AlterRoleSetStmt:
		kind = "ALTER ROLE"
	case *ast.DropRoleStmt:
		kind = "DROP ROLE"
	case *ast.CreatedbStmt:
		kind = "CREATE DATABASE"
	case *ast.DropdbStmt:
		kind = "DROP DATABASE"
	case *ast.AlterDatabaseStmt, *ast.AlterDatabaseSetStmt:
		kind = "ALTER DATABASE"
	case *ast.GrantStmt, *ast.GrantRoleStmt:
		kind = "GRANT"
	case *ast.AlterDefaultPrivilegesStmt:
		kind = "ALTER DEFAULT PRIVILEGES"
	case *ast.DropOwnedStmt:
		kind = "DROP OWNED"
	case *ast.ReassignOwnedStmt:
		kind = "REASSIGN OWNED"
	default:
		return nil
	}
	a.fail(-1, pgerr.Unsupported("%s is not supported", kind))
	return nil
}

// ddl is a change of the schema in the making: the catalog's edit and the
// SQLite statements that follow its rows.
type ddl struct {
	*analyzer
	edit *catalog.Edit
	ops  []Op
}

func (a *analyzer) newDDL() *ddl { return &ddl{analyzer: a, edit: a.cat.Edit()} }

// sqlite adds a physical statement.
func (d *ddl) sqlite(sql string) { d.ops = append(d.ops, Op{SQL: sql}) }

// statement ends the change.
func (d *ddl) statement(tag string) *Statement {
	st := &Statement{Kind: Schema, Tag: tag, NewCatalog: d.edit.Catalog(), OwnSchema: d.edit.OnlyTemporary()}
	// The catalog's rows first: the default of a new column may draw from a
	// sequence that is made here.
	for _, op := range d.edit.Operations() {
		st.Ops = append(st.Ops, Op{SQL: op.SQL, Params: op.Params, Sets: op.Sets})
	}
	st.Ops = append(st.Ops, d.ops...)
	return st
}

// nothing is the plan of a statement that has nothing to do (IF EXISTS).
func (a *analyzer) nothing(tag string) *Statement {
	return &Statement{Kind: Schema, Tag: tag, NewCatalog: a.cat}
}

// owner is the role that new objects belong to.
func (a *analyzer) owner() uint32 {
	if r := a.cat.Role(a.opt.User); r != nil {
		return r.OID
	}
	return catalog.BootstrapUserOID
}

// creationSchema returns the schema in which a new relation goes.
func (d *ddl) creationSchema(rv *ast.RangeVar) *catalog.Schema {
	if rv.Catalog != "" && rv.Catalog != d.opt.Database {
		d.fail(rv.Pos(), pgerr.New(pgerr.FeatureNotSupported, "cross-database references are not implemented: \"%s.%s.%s\"", rv.Catalog, rv.Schema, rv.Name))
	}
	if rv.Schema == "" && rv.Persistence == ast.Temporary {
		return d.temporarySchema()
	}
	s := d.schemaFor(rv.Schema, rv.Name, rv.Pos())
	d.checkPersistence(rv, s)
	return s
}

func (d *ddl) schemaFor(name, object string, pos int) *catalog.Schema {
	if name == "" {
		for _, n := range d.opt.NamedPath {
			if d.isOwnTemporary(n) {
				return d.temporarySchema()
			}
			if s := d.edit.Schema(n); s != nil {
				d.checkWritable(s, object, pos)
				return s
			}
		}
		d.failf(pos, pgerr.InvalidSchemaName, "no schema has been selected to create in")
	}
	if d.isOwnTemporary(name) {
		return d.temporarySchema()
	}
	s := d.edit.Schema(name)
	if s == nil {
		d.failf(pos, pgerr.InvalidSchemaName, "schema \"%s\" does not exist", name)
	}
	d.checkWritable(s, object, pos)
	return s
}

func (d *ddl) checkWritable(s *catalog.Schema, object string, pos int) {
	if s.OID == catalog.PgCatalogOID {
		d.fail(-1, pgerr.New(pgerr.InsufficientPrivilege, "permission denied to create \"%s.%s\"", s.Name, object).
			WithDetail("System catalog modifications are currently disallowed."))
	}
}

// namedRelation resolves a name in a statement about the schema: unlike in
// queries, errors have no position.
func (a *analyzer) namedRelation(rv *ast.RangeVar) *catalog.Relation {
	return a.relation(withoutPlace(rv))
}

// checkChangeable refuses to change a relation of the system.
func (a *analyzer) checkChangeable(r *catalog.Relation) {
	if r.System {
		a.failf(-1, pgerr.InsufficientPrivilege, "permission denied: \"%s\" is a system catalog", r.Name)
	}
	if a.isOthers(r) {
		a.failf(-1, pgerr.FeatureNotSupported, "cannot alter temporary tables of other sessions")
	}
}

// identifierMax is NAMEDATALEN - 1.
const identifierMax = 63

// objectName is PostgreSQL's makeObjectName: name1_name2_label, cut to fit.
func objectName(name1, name2, label string) string {
	overhead := 0
	if name2 != "" {
		overhead++
	}
	if label != "" {
		overhead += len(label) + 1
	}
	room := identifierMax - overhead
	for len(name1)+len(name2) > room {
		if len(name1) > len(name2) {
			name1 = name1[:len(name1)-1]
		} else {
			name2 = name2[:len(name2)-1]
		}
	}
	name := trimRunes(name1)
	if name2 != "" {
		name += "_" + trimRunes(name2)
	}
	if label != "" {
		name += "_" + label
	}
	return name
}

// trimRunes cuts an incomplete character from the end.
func trimRunes(s string) string {
	for s != "" && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

// relationName chooses a name for a new index, sequence or the like.
func (d *ddl) relationName(schema uint32, name1, name2, label string) string {
	for n := 0; ; n++ {
		l := label
		if n > 0 {
			l += itoa(n)
		}
		if name := objectName(name1, name2, l); !d.edit.NameTaken(schema, name) {
			return name
		}
	}
}

// constraintName chooses a name for a check or foreign key of r.
func (d *ddl) constraintName(r *catalog.Relation, name2, label string) string {
	for n := 0; ; n++ {
		l := label
		if n > 0 {
			l += itoa(n)
		}
		name := objectName(r.Name, name2, l)
		if r.Constraint(name) == nil && !d.constraintTaken(r, name) {
			return name
		}
	}
}

// constraintTaken tells whether a constraint of that name is in r's schema.
func (d *ddl) constraintTaken(r *catalog.Relation, name string) bool {
	return slices.ContainsFunc(d.cat.Relations(), func(other *catalog.Relation) bool {
		return other.Schema == r.Schema && !other.System && other.Constraint(name) != nil
	})
}

// keyNames joins column names for an automatic name, as
// ChooseIndexNameAddition does.
func keyNames(names []string) string {
	joined := strings.Join(names, "_")
	if len(joined) >= 2*identifierMax {
		joined = joined[:2*identifierMax]
	}
	return joined
}

// relationScope is a scope in which only the columns of r are visible.
func (d *ddl) relationScope(r *catalog.Relation) *scope {
	s := &scope{}
	used := d.relations
	entry := d.relationRTE(s, r)
	d.relations = used // it may be in the making
	s.items = []nsItem{itemOf(entry)}
	return s
}

// usedColumns returns the numbers of r's columns in x, in order.
func usedColumns(r *catalog.Relation, x expr) []int16 {
	var nums []int16
	walk(x, func(x expr) bool {
		if v, ok := x.(*varExpr); ok && v.rte.rel == r {
			nums = append(nums, v.rte.cols[v.col].num)
		}
		return true
	})
	slices.Sort(nums)
	return slices.Compact(nums)
}

// column returns the live column, or raises 42703.
func (d *ddl) column(r *catalog.Relation, name string) *catalog.Column {
	c := r.Column(name)
	if c == nil {
		d.failf(-1, pgerr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, r.Name)
	}
	return c
}

// raiseIf is a statement that fails with the error where the query finds a row.
// detail is SQL over the query's columns, "" for none.
func raiseIf(e *pgerr.Error, detail, query string) string {
	if detail == "" {
		detail = "NULL"
	}
	args := []string{sqliteText(e.Code), sqliteText(e.Message), detail}
	for _, field := range [...]string{e.Schema, e.Table, e.Column, e.Constraint} {
		args = append(args, sqliteText(field))
	}
	return "SELECT pg_raise(" + strings.Join(args, ", ") + ") FROM (" + query + " LIMIT 1)"
}

// keyDetail is SQL for "Key (a)=(1) " and what is said of it, over the physical
// names of the columns.
func keyDetail(columns []*catalog.Column, says string) string {
	var names, values []string
	for _, c := range columns {
		names = append(names, c.Name)
		sql, _ := builtin.CastSQL(c.Type, types.TextOID, -1, true, c.Physical)
		if c.Type == types.BoolOID {
			sql = "(CASE " + c.Physical + " WHEN 1 THEN 't' WHEN 0 THEN 'f' END)"
		}
		values = append(values, "ifnull("+sql+", 'null')")
	}
	return sqliteText("Key ("+strings.Join(names, ", ")+")=(") + " || " + strings.Join(values, " || ', ' || ") +
		" || " + sqliteText(") "+says)
}

func sqliteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// typeText is the type's name in messages.
func typeText(oid types.OID) string { return types.FormatType(oid, -1) }
