package session

import (
	"context"

	"polyreme/locks"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/settings"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// sessionStatement plans the statements whose result columns only the session
// knows, and returns nil for all others.
func (s *Session) sessionStatement(raw ast.RawStmt) *plan.Statement {
	switch t := raw.Stmt.(type) {
	case *ast.VariableShowStmt:
		return &plan.Statement{Kind: plan.Utility, Node: t, Tag: "SHOW", Columns: showColumns(t.Name)}
	case *ast.FetchStmt:
		st := &plan.Statement{Kind: plan.Utility, Node: t, Tag: "FETCH", TagCount: true}
		if t.Move {
			st.Tag = "MOVE"
		} else if c := s.cursors[t.Cursor]; c != nil {
			st.Columns = c.planned.Columns
		}
		return st
	case *ast.ExecuteStmt:
		if p := s.statements[t.Name]; p != nil && p.planned != nil && t.Name != "" {
			return &plan.Statement{Kind: plan.Utility, Node: t, Tag: p.planned.Tag, TagCount: p.planned.TagCount, Columns: p.planned.Columns}
		}
	}
	return nil
}

func showColumns(name string) []plan.Column {
	textColumn := func(name string) plan.Column { return plan.Column{Name: name, Type: types.TextOID, Typmod: -1} }
	if name == "all" {
		return []plan.Column{textColumn("name"), textColumn("setting"), textColumn("description")}
	}
	if p := settings.Lookup(name); p != nil {
		name = p.Name
	}
	return []plan.Column{textColumn(name)}
}

// utility runs a statement that is about the session. done tells that it has
// been answered; else p.rows are its rows.
func (s *Session) utility(ctx context.Context, p *portal, last bool, r *pgwire.Reply) (done bool, err error) {
	switch t := p.planned.raw.Stmt.(type) {
	case *ast.TransactionStmt:
		return true, s.transaction(ctx, t, r)
	case *ast.VariableSetStmt:
		return true, s.set(ctx, t, r)
	case *ast.VariableShowStmt:
		return false, s.show(p, t.Name)
	case *ast.PrepareStmt:
		return true, s.prepareSQL(ctx, p, t, r)
	case *ast.ExecuteStmt:
		return s.executeSQL(ctx, p, t, last, r)
	case *ast.DeallocateStmt:
		return true, s.deallocate(t, r)
	case *ast.DeclareCursorStmt:
		return true, s.declare(ctx, p, t, r)
	case *ast.FetchStmt:
		return s.fetch(p, t, r)
	case *ast.ClosePortalStmt:
		return true, s.closeCursor(t, r)
	case *ast.DiscardStmt:
		return true, s.discard(ctx, t, r)
	case *ast.ConstraintsSetStmt:
		return true, s.setConstraints(ctx, p, t, r)
	case *ast.LockStmt:
		return true, s.lock(ctx, t, r)
	case *ast.VacuumStmt:
		return true, s.vacuum(ctx, t, r)
	case *ast.UnlistenStmt:
		return true, s.unlisten(ctx, t, last, r)
	case *ast.ListenStmt:
		return true, s.listen(ctx, t, last, r)
	case *ast.CheckPointStmt:
		r.CommandComplete("CHECKPOINT") // every acknowledged write is durable in the log already
		return true, nil
	case *ast.Unsupported:
		return true, pgerr.Unsupported("%s is not supported", t.Kind)
	}
	tag := p.planned.Tag
	if tag == "" {
		tag = "this statement"
	}
	return true, pgerr.Unsupported("%s is not supported", tag)
}

// lock is LOCK TABLE. What it waited for is seen by what follows in the block.
// Writes and row locks of other blocks respect it; a query never waits, it has
// its snapshot.
func (s *Session) lock(ctx context.Context, t *ast.LockStmt, r *pgwire.Reply) error {
	if s.block == nil || !s.block.explicit {
		return pgerr.New(pgerr.NoActiveSQLTransaction, "LOCK TABLE can only be used in transaction blocks")
	}
	cat, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	m := locks.AccessShare + locks.Mode(t.Mode) - 1
	if m > locks.RowExclusive {
		if err := s.checkWritable("LOCK TABLE"); err != nil {
			return err
		}
	}
	var items []locks.Item
	for _, name := range t.Rels {
		rel, err := s.resolve(cat, name)
		if err != nil {
			return err
		}
		items = append(items, locks.Item{Key: locks.Key{Relation: rel.OID, Whole: true}, Mode: m})
	}
	wait := locks.Block
	if t.NoWait {
		wait = locks.Fail
	}
	g, err := s.claim(ctx, locks.Claim{Items: items, Wait: wait})
	if err != nil {
		return err
	}
	if _, err := s.catchLocks(ctx, g); err != nil {
		return err
	}
	if g.AsNewAs > s.lastIndex {
		s.lastIndex = g.AsNewAs // a view that opens later is as new
	}
	r.CommandComplete("LOCK TABLE")
	return nil
}

// vacuum runs ANALYZE through the log: planner statistics are part of the
// state that all nodes share. Space is reused without VACUUM.
func (s *Session) vacuum(ctx context.Context, t *ast.VacuumStmt, r *pgwire.Reply) error {
	tag, analyze := "ANALYZE", true
	if t.Vacuum {
		tag, analyze = "VACUUM", false
		if s.block != nil && s.block.explicit {
			return pgerr.New(pgerr.ActiveSQLTransaction, "VACUUM cannot run inside a transaction block")
		}
		for _, o := range t.Options {
			if o.Name == "analyze" {
				analyze = true
			}
		}
	}
	cat, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	var operations []raftlog.Operation
	for _, v := range t.Rels {
		relation, err := s.resolve(cat, v.Rel)
		if err != nil {
			return err
		}
		if analyze && relation.Physical != "" && !relation.System {
			operations = append(operations, raftlog.Operation{Kind: raftlog.OpExec, SQL: `ANALYZE "` + relation.Physical + `"`})
		}
	}
	if analyze && len(t.Rels) == 0 {
		operations = append(operations, raftlog.Operation{Kind: raftlog.OpExec, SQL: "ANALYZE"})
	}
	if len(operations) > 0 {
		if s.block != nil && s.block.explicit {
			return pgerr.Unsupported("ANALYZE inside a transaction block is not supported")
		}
		result, err := s.propose(ctx, &raftlog.Entry{Moment: s.moment(), Operations: operations})
		if err != nil {
			return err
		}
		if result.Status != raftlog.Applied && result.Status != raftlog.ResultLost {
			return unexpectedStatus(&result)
		}
	}
	r.CommandComplete(tag)
	return nil
}

func (s *Session) discard(ctx context.Context, t *ast.DiscardStmt, r *pgwire.Reply) error {
	switch t.Target {
	case ast.DiscardAll:
		if s.block != nil {
			return pgerr.New(pgerr.ActiveSQLTransaction, "DISCARD ALL cannot run inside a transaction block")
		}
		if err := s.unlockAll(ctx); err != nil {
			return err
		}
		if err := s.dropTemporary(ctx); err != nil {
			return err
		}
		clear(s.statements)
		clear(s.cursors)
		clear(s.currval)
		s.lastSeq = 0
		s.stopListening()
		s.base = s.defaults
		s.setSettings(s.defaults)
		r.CommandComplete("DISCARD ALL")
	case ast.DiscardPlans:
		r.CommandComplete("DISCARD PLANS") // plans are checked against the schema at each use
	case ast.DiscardSequences:
		clear(s.currval)
		s.lastSeq = 0
		r.CommandComplete("DISCARD SEQUENCES")
	}
	return nil
}

// textRows makes rows of text columns.
func textRows(columns int, values ...string) rows {
	all := raftlog.Rows{Columns: columns}
	row := make([]types.Value, columns)
	for i := 0; i < len(values); i += columns {
		for j := range row {
			row[j] = types.TextValue(values[i+j])
		}
		all.Append(row)
	}
	return newValueRows(all)
}

// resolve finds the relation that a name in a statement means.
func (s *Session) resolve(cat *catalog.Catalog, name *ast.RangeVar) (*catalog.Relation, error) {
	path := s.searchPath()
	if name.Schema == "" {
		if r := cat.Resolve(path, name.Name); r != nil {
			return r, nil
		}
		return nil, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", name.Name)
	}
	if schema := cat.SchemaNamed(path, name.Schema); schema != nil {
		if r := cat.Relation(schema.OID, name.Name); r != nil {
			return r, nil
		}
	}
	return nil, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", name.Schema+"."+name.Name)
}
