package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

func (a *analyzer) pending(kind string) *Statement {
	a.fail(-1, pgerr.Unsupported("%s is not supported", kind))
	return nil
}

func (a *analyzer) alterTable(*ast.AlterTableStmt) *Statement       { return a.pending("ALTER TABLE") }
func (a *analyzer) drop(*ast.DropStmt) *Statement                   { return a.pending("DROP") }
func (a *analyzer) rename(*ast.RenameStmt) *Statement               { return a.pending("ALTER … RENAME") }
func (a *analyzer) setSchema(*ast.AlterObjectSchemaStmt) *Statement { return a.pending("ALTER … SET SCHEMA") }
func (a *analyzer) alterOwner(*ast.AlterOwnerStmt) *Statement       { return a.pending("ALTER … OWNER") }
func (a *analyzer) comment(*ast.CommentStmt) *Statement             { return a.pending("COMMENT") }
