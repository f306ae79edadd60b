package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// comment plans COMMENT ON.
func (a *analyzer) comment(s *ast.CommentStmt) *Statement {
	d := a.newDDL()
	text := ""
	if s.Comment != nil {
		text = *s.Comment
	}
	switch s.Object {
	case ast.ObjectTable, ast.ObjectView, ast.ObjectIndex, ast.ObjectSequence:
		r := a.alterTarget(rangeVarOf(s.Names), s.Object, false)
		if s.Object == ast.ObjectTable && r.Kind != catalog.KindTable {
			a.failf(-1, pgerr.WrongObjectType, "\"%s\" is not a table", r.Name)
		}
		d.edit.SetComment(catalog.PgClassOID, r.OID, 0, text)
	case ast.ObjectColumn:
		n := len(s.Names)
		if n < 2 {
			a.failf(-1, pgerr.SyntaxError, "column name must be qualified")
		}
		r := a.alterTarget(rangeVarOf(s.Names[:n-1]), ast.ObjectTable, false)
		d.edit.SetComment(catalog.PgClassOID, r.OID, int32(d.column(r, s.Names[n-1]).Num), text)
	case ast.ObjectTableConstraint:
		n := len(s.Names)
		r := a.alterTarget(rangeVarOf(s.Names[:n-1]), ast.ObjectTable, false)
		d.edit.SetComment(catalog.PgConstraintOID, d.constraint(r, s.Names[n-1]).OID, 0, text)
	case ast.ObjectSchema:
		schema := d.edit.Schema(s.Names[0])
		if schema == nil {
			a.failf(-1, pgerr.InvalidSchemaName, "schema \"%s\" does not exist", s.Names[0])
		}
		d.edit.SetComment(catalog.PgNamespaceOID, schema.OID, 0, text)
	case ast.ObjectExtension:
		if s.Names[0] != "plpgsql" {
			a.failf(-1, pgerr.UndefinedObject, "extension \"%s\" does not exist", s.Names[0])
		}
		return a.nothing("COMMENT") // its comment is the system's
	default:
		a.fail(-1, pgerr.Unsupported("COMMENT ON this kind of object is not supported"))
	}
	return d.statement("COMMENT")
}
