package session

import (
	"context"
	"errors"
	"slices"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
)

// prepared is a prepared statement: of Parse, or of SQL's PREPARE.
type prepared struct {
	sql     string
	params  []uint32 // declared types
	planned *planned // nil for an empty query string
	fromSQL bool
	made    int64 // when, in microseconds since 2000-01-01
}

// preparedMax bounds the prepared statements of one session.
const preparedMax = 10000

// Parse implements pgwire.Session.
func (s *Session) Parse(ctx context.Context, name, sql string, params []uint32, r *pgwire.Reply) error {
	if err := s.parse(ctx, name, sql, params); err != nil {
		return s.failBatch(ctx, err, r)
	}
	return nil
}

func (s *Session) parse(ctx context.Context, name, sql string, params []uint32) error {
	if name != "" {
		if _, ok := s.statements[name]; ok {
			return pgerr.New(pgerr.DuplicatePreparedStatement, "prepared statement %q already exists", name)
		}
		if len(s.statements) >= preparedMax {
			return pgerr.New(pgerr.ConfigurationLimitExceeded, "too many prepared statements (at most %d)", preparedMax).
				WithHint("DEALLOCATE statements that are no longer used.")
		}
	}
	p, err := s.plan(ctx, sql, params)
	if err != nil {
		return err
	}
	s.statements[name] = &prepared{sql: sql, params: slices.Clone(params), planned: p, made: s.clock()}
	return nil
}

// plan returns the plan of a text of at most one statement, nil for none.
func (s *Session) plan(ctx context.Context, sql string, params []uint32) (*planned, error) {
	cat, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	failed := s.block != nil && s.block.failed
	shared := s.block == nil || s.block.catalog == nil
	var key planKey
	if shared && !failed {
		key = s.planKey(sql, params)
		if p := s.manager.plans.get(key, cat.Version); p != nil {
			return p, nil
		}
	}
	raws, err := s.parseText(sql)
	if err != nil {
		return nil, err
	}
	switch len(raws) {
	case 0:
		return nil, nil
	case 1:
	default:
		return nil, pgerr.New(pgerr.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	p, err := s.planRaw(ctx, raws[0], sql, params, cat)
	if err != nil {
		return nil, err
	}
	if shared && !failed && p.Kind != plan.Schema && p.Kind != plan.Utility {
		s.manager.plans.put(key, p)
	}
	return p, nil
}

func (s *Session) parseText(sql string) ([]ast.RawStmt, error) {
	return parse.Options{BackslashEscapes: !s.settings.ConformingStrings}.Parse(sql)
}

// planRaw plans a parsed statement. When a name is unknown it makes sure that
// this node has not just missed a schema change that was acknowledged
// elsewhere.
func (s *Session) planRaw(ctx context.Context, raw ast.RawStmt, sql string, params []uint32, cat *catalog.Catalog) (*planned, error) {
	if err := s.refusal(raw.Stmt); err != nil {
		return nil, err
	}
	if st := s.sessionStatement(raw); st != nil {
		return newPlanned(st, raw, sql, cat), nil
	}
	p, err := s.planDeclared(ctx, raw, sql, params, cat)
	if err == nil || !unknownName(pgerr.Code(err)) || s.block != nil && s.block.catalog != nil {
		return p, err
	}
	if s.catchUp(ctx) != nil {
		return nil, err
	}
	newer, failure := s.manager.current(ctx)
	if failure != nil || newer.Version == cat.Version {
		return nil, err
	}
	return s.planDeclared(ctx, raw, sql, params, newer)
}

// planDeclared plans a statement against one catalog. DECLARE takes the
// parameters of its query.
func (s *Session) planDeclared(ctx context.Context, raw ast.RawStmt, sql string, params []uint32, cat *catalog.Catalog) (*planned, error) {
	declare, ok := raw.Stmt.(*ast.DeclareCursorStmt)
	if !ok {
		return s.planAt(ctx, raw, sql, params, cat)
	}
	query := raw
	query.Stmt = declare.Query
	inner, err := s.planAt(ctx, query, sql, params, cat)
	if err != nil {
		return nil, err
	}
	st := &plan.Statement{Kind: plan.Utility, Node: declare, Tag: "DECLARE CURSOR", Params: inner.Params}
	return newPlanned(st, raw, sql, cat), nil
}

// planAt plans a statement against one catalog.
func (s *Session) planAt(ctx context.Context, raw ast.RawStmt, sql string, params []uint32, cat *catalog.Catalog) (*planned, error) {
	declared := make([]types.OID, len(params))
	for i, oid := range params {
		declared[i] = types.OID(oid)
	}
	options := plan.Options{
		Catalog: cat, SearchPath: s.searchPath(), NamedPath: s.namedPath(), ParamTypes: declared, Env: s.valueEnv(cat),
		User: s.user(), Database: s.start.Database,
	}
	st, err := plan.Plan(raw, sql, options)
	if errors.Is(err, plan.ErrNeedsTemporary) {
		if err := s.takeTemporary(ctx, cat); err != nil {
			return nil, err
		}
		options.SearchPath, options.NamedPath = s.searchPath(), s.namedPath()
		st, err = plan.Plan(raw, sql, options)
	}
	if err != nil {
		return nil, err
	}
	p := newPlanned(st, raw, sql, cat)
	p.private = s.block != nil && s.block.catalog == cat
	return p, nil
}

// unknownName tells whether an error may come from a catalog that is behind.
func unknownName(code string) bool {
	switch code {
	case pgerr.UndefinedTable, pgerr.UndefinedColumn, pgerr.UndefinedObject, pgerr.UndefinedFunction,
		pgerr.InvalidSchemaName, pgerr.DuplicateTable, pgerr.DuplicateObject, pgerr.DuplicateColumn, pgerr.DuplicateSchema:
		return true
	}
	return false
}

// errPlanChanged tells a client to prepare its statement again: pgJDBC and Active
// Record do that by themselves, and know the error by the routine that raises it.
func errPlanChanged() error {
	e := pgerr.New(pgerr.FeatureNotSupported, "cached plan must not change result type")
	e.Routine = "RevalidateCachedQuery"
	return e
}

// refresh plans p again when the catalog has another version than it was made
// for. The result columns must stay what the client was told.
func (s *Session) refresh(ctx context.Context, p *portal, cat *catalog.Catalog) error {
	same := p.planned.version == cat.Version && (!p.planned.private || p.planned.catalog == cat)
	if same || p.planned.Kind == plan.Utility {
		return nil
	}
	next, err := s.planAgain(ctx, p, cat)
	if err != nil {
		return err
	}
	if (p.described || p.statement != nil) && !sameColumns(p.planned.columns, next.columns) {
		return errPlanChanged()
	}
	p.use(next)
	if p.statement != nil {
		p.statement.planned = next
	}
	return nil
}

// planAgain plans the statement of p against cat, with the parameter types
// that its values already have.
func (s *Session) planAgain(ctx context.Context, p *portal, cat *catalog.Catalog) (*planned, error) {
	params := make([]uint32, len(p.planned.Params))
	for i, oid := range p.planned.Params {
		params[i] = uint32(oid)
	}
	return s.planAt(ctx, p.planned.raw, p.planned.sql, params, cat)
}

func sameColumns(a, b []pgwire.Column) bool {
	return slices.EqualFunc(a, b, func(x, y pgwire.Column) bool {
		return x.Name == y.Name && x.Type == y.Type && x.Typmod == y.Typmod
	})
}

// catchUp waits until this node has applied all that was acknowledged before
// the call.
func (s *Session) catchUp(ctx context.Context) error {
	index, err := s.manager.config.Log.ReadIndex(ctx)
	if err != nil {
		return err
	}
	return s.manager.config.Store.WaitApplied(ctx, index)
}

func (s *Session) statement(name string) (*prepared, error) {
	if p, ok := s.statements[name]; ok {
		return p, nil
	}
	if name == "" {
		return nil, pgerr.New(pgerr.InvalidSQLStatementName, "unnamed prepared statement does not exist")
	}
	return nil, pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", name)
}

// DescribeStatement implements pgwire.Session.
func (s *Session) DescribeStatement(ctx context.Context, name string, r *pgwire.Reply) error {
	st, err := s.statement(name)
	if err != nil {
		return s.failBatch(ctx, err, r)
	}
	if st.planned == nil {
		r.ParameterDescription(nil)
		r.NoData()
		return nil
	}
	if s.block != nil && s.block.failed && len(st.planned.columns) > 0 {
		return errFailedBlock()
	}
	cat, err := s.catalog(ctx)
	if err == nil {
		p := &portal{planned: st.planned, statement: st, described: true}
		err = s.refresh(ctx, p, cat)
	}
	if err != nil {
		return s.failBatch(ctx, err, r)
	}
	r.ParameterDescription(st.planned.Params)
	describeColumns(st.planned.columns, nil, r)
	return nil
}

func describeColumns(columns []pgwire.Column, formats []int16, r *pgwire.Reply) {
	if columns == nil {
		r.NoData()
		return
	}
	r.RowDescription(columns, formats)
}

// CloseStatement implements pgwire.Session.
func (s *Session) CloseStatement(name string) error {
	delete(s.statements, name)
	return nil
}
