package session

import (
	"context"
	"errors"
	"slices"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm"
)

// setConstraints is SET CONSTRAINTS: when the block's foreign keys are checked.
// https://www.postgresql.org/docs/15/sql-set-constraints.html
//
// At the log they are checked at the end of the entry in any case. So DEFERRED is an
// operation of the block, which keeps the statements that follow from failing there,
// and IMMEDIATE is the workspace's alone: what is open is checked now, and again after
// each statement.
func (s *Session) setConstraints(ctx context.Context, p *portal, t *ast.ConstraintsSetStmt, r *pgwire.Reply) error {
	b := s.block
	if b == nil || !b.explicit {
		s.notice(warning(pgerr.NoActiveSQLTransaction, "SET CONSTRAINTS can only be used in transaction blocks"), r)
		r.CommandComplete("SET CONSTRAINTS")
		return nil
	}
	cat, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	for _, name := range t.Names {
		if err := s.checkDeferrable(cat, name); err != nil {
			return err
		}
	}
	if err := s.settlePending(ctx, r); err != nil {
		return err
	}
	switch {
	case t.Deferred:
		err = s.deferConstraints(ctx, p)
	case t.Names != nil:
		err = pgerr.Unsupported("SET CONSTRAINTS of single constraints to IMMEDIATE is not supported").
			WithHint("SET CONSTRAINTS ALL IMMEDIATE checks them all.")
	default:
		b.checksAtOnce = true
		err = s.checkConstraints(cat, p.planned.Statement)
	}
	if err != nil {
		return err
	}
	r.CommandComplete("SET CONSTRAINTS")
	return nil
}

// deferConstraints adds the operation to the block.
func (s *Session) deferConstraints(ctx context.Context, p *portal) error {
	w, err := s.openWorkspace(ctx)
	if err != nil {
		return err
	}
	b := s.block
	op := raftlog.Operation{Kind: raftlog.OpExec, Statement: len(b.plans), SQL: sqlfsm.DeferConstraints, Read: true}
	if _, err := w.Run(&op); err != nil {
		return s.workspaceFailed(ctx, w, err)
	}
	b.operations = append(b.operations, op)
	s.note(p)
	b.checksAtOnce = false
	return nil
}

// deferred tells whether constraints are deferred among operations.
func deferred(operations []raftlog.Operation) bool {
	return slices.ContainsFunc(operations, func(op raftlog.Operation) bool { return op.SQL == sqlfsm.DeferConstraints })
}

// checkConstraints checks the foreign keys that the block has deferred, in the words of
// a statement.
func (s *Session) checkConstraints(cat *catalog.Catalog, st *plan.Statement) error {
	if s.block.workspace == nil {
		return nil
	}
	err := s.block.workspace.CheckConstraints()
	var violated *pgerr.Error
	if errors.As(err, &violated) {
		return plan.TranslateError(cat, st, violated, rawValues, s.valueEnv(cat))
	}
	return err
}

// checkDeferrable refuses names of constraints that are not there, or are not declared
// deferrable. As in PostgreSQL the first schema of the search path that has one counts.
func (s *Session) checkDeferrable(cat *catalog.Catalog, name *ast.RangeVar) error {
	schemas := s.searchPath()
	if name.Schema != "" {
		schema := cat.SchemaNamed(schemas, name.Schema)
		if schema == nil {
			return pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", name.Schema)
		}
		schemas = []string{schema.Name}
	}
	for _, schema := range schemas {
		found := false
		for _, rel := range cat.Relations() {
			if of := cat.SchemaByOID(rel.Schema); of == nil || of.Name != schema {
				continue
			}
			for i := range rel.Constraints {
				if k := rel.Constraints[i]; k.Name == name.Name {
					if !k.Deferrable {
						return pgerr.New(pgerr.WrongObjectType, "constraint %q is not deferrable", name.Name)
					}
					found = true
				}
			}
		}
		if found {
			return nil
		}
	}
	return pgerr.New(pgerr.UndefinedObject, "constraint %q does not exist", name.Name)
}
