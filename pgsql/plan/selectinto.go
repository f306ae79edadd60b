package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// selectInto plans SELECT … INTO: CREATE TABLE AS with another spelling.
func (a *analyzer) selectInto(s *ast.SelectStmt) *Statement {
	plain := *s
	plain.Into = nil
	return a.createTableAs(&ast.CreateTableAsStmt{Into: s.Into, Query: &plain})
}

// createTableAs plans CREATE TABLE AS.
func (a *analyzer) createTableAs(s *ast.CreateTableAsStmt) *Statement {
	a.fail(-1, pgerr.Unsupported("CREATE TABLE AS is not supported"))
	return nil
}
