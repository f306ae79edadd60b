package session

import (
	"context"
	"strings"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
)

// prepareSQL runs PREPARE.
func (s *Session) prepareSQL(ctx context.Context, p *portal, t *ast.PrepareStmt, r *pgwire.Reply) error {
	if s.statements[t.Name] != nil {
		return pgerr.New(pgerr.DuplicatePreparedStatement, "prepared statement %q already exists", t.Name)
	}
	if len(s.statements) >= preparedMax {
		return pgerr.New(pgerr.ConfigurationLimitExceeded, "too many prepared statements (at most %d)", preparedMax)
	}
	cat, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	declared := make([]uint32, len(t.ArgTypes))
	for i, name := range t.ArgTypes {
		oid, _, err := plan.ResolveType(cat, s.searchPath(), name)
		if err != nil {
			return err
		}
		declared[i] = uint32(oid)
	}
	raw := p.planned.raw
	raw.Stmt = t.Query
	planned, err := s.planRaw(ctx, raw, p.planned.sql, declared, cat)
	if err != nil {
		return err
	}
	s.statements[t.Name] = &prepared{sql: p.planned.sql, params: declared, planned: planned, fromSQL: true, made: s.clock()}
	r.CommandComplete("PREPARE")
	return nil
}

// executeSQL runs EXECUTE: the portal becomes one of the prepared statement.
func (s *Session) executeSQL(ctx context.Context, p *portal, t *ast.ExecuteStmt, last bool, r *pgwire.Reply) (bool, error) {
	st, err := s.statement(t.Name)
	if err != nil || st.planned == nil {
		return true, err
	}
	inner := &portal{planned: st.planned, statement: st, formats: p.formats, described: p.described, started: true}
	inner.encoders = st.planned.encoders(p.formats)
	if cat, err := s.catalog(ctx); err != nil {
		return true, err
	} else if err := s.refresh(ctx, inner, cat); err != nil {
		return true, err
	}
	if inner.params, err = s.arguments(ctx, p.planned, t, inner.planned); err != nil {
		return true, err
	}
	done, err := s.begin(ctx, inner, 0, last && inner.planned.columns == nil, r)
	p.rows = inner.rows
	return done, err
}

// arguments evaluates the expressions of EXECUTE as the parameter types.
func (s *Session) arguments(ctx context.Context, execute *planned, t *ast.ExecuteStmt, planned *planned) ([]types.Value, error) {
	if len(t.Params) != len(planned.Params) {
		return nil, pgerr.New(pgerr.SyntaxError, "wrong number of parameters for prepared statement %q", t.Name).
			WithDetail("Expected %d parameters but got %d.", len(planned.Params), len(t.Params))
	}
	if len(t.Params) == 0 {
		return nil, nil
	}
	raw := execute.raw
	var err error
	if raw.Stmt, err = s.argumentQuery(t, planned); err != nil {
		return nil, err
	}
	cat, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	inner, err := s.planRaw(ctx, raw, execute.sql, nil, cat)
	if err != nil {
		return nil, err
	}
	if inner.Kind != plan.Read {
		return nil, pgerr.Unsupported("this argument of EXECUTE is not supported")
	}
	p := &portal{planned: inner, encoders: inner.text}
	if err := s.read(ctx, p, nil); err != nil {
		return nil, err
	}
	defer p.close()
	if _, err := p.rows.next(); err != nil {
		return nil, err
	}
	params := make([]types.Value, len(planned.Params))
	for i := range params {
		params[i] = p.rows.column(i).Clone()
	}
	return params, nil
}

// argumentQuery makes the query that converts the arguments of EXECUTE. Its
// expressions are EXECUTE's own, so that errors point into its text.
func (s *Session) argumentQuery(t *ast.ExecuteStmt, planned *planned) (ast.Stmt, error) {
	var sql strings.Builder
	sql.WriteString("SELECT ")
	for i, oid := range planned.Params {
		if i > 0 {
			sql.WriteString(", ")
		}
		sql.WriteString("NULL::" + types.FormatType(oid, -1))
	}
	raws, err := s.parseText(sql.String())
	if err != nil {
		return nil, err
	}
	query := raws[0].Stmt.(*ast.SelectStmt)
	for i := range query.Targets {
		query.Targets[i].Value.(*ast.TypeCast).X = t.Params[i]
	}
	return query, nil
}

func (s *Session) deallocate(t *ast.DeallocateStmt, r *pgwire.Reply) error {
	if t.Name == "" {
		clear(s.statements)
		r.CommandComplete("DEALLOCATE ALL")
		return nil
	}
	if s.statements[t.Name] == nil {
		return pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", t.Name)
	}
	delete(s.statements, t.Name)
	r.CommandComplete("DEALLOCATE")
	return nil
}
