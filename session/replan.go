package session

import (
	"bytes"
	"context"
	"slices"

	"polyreme/locks"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/settings"
	"polyreme/pgsql/types"
	"polyreme/raftlog"
	"polyreme/sqlfsm"
)

// A block is planned for one schema, and so are the operations that it sends at
// COMMIT. When others have changed the schema meanwhile, what the block did is
// planned again for the schema that is there now and runs again on the newest state.
// As with any other validation the results must be what the client was shown. So
// clients that load rows through temporary tables do not get 40001 for those of
// others. Objects that the block made have other OIDs then, which nobody but its
// client can have seen: a block that changed more than temporary relations gets 40001.

// shownReplansMax is how often a block that runs in a workspace is planned again at
// its end. Each time costs as much as its statements did.
const shownReplansMax = 20

// given is what the client gave with a statement of a block.
type given struct {
	params   []types.Value
	settings *settings.State // when it was planned
}

// note makes the statement of p one of the block's, and returns its number.
func (s *Session) note(p *portal) int {
	b := s.block
	b.plans = append(b.plans, p.planned)
	b.given = append(b.given, given{p.params, s.settings})
	b.created = append(b.created, p.planned.createdTables()...)
	b.depend(p.planned)
	return len(b.plans) - 1
}

// outdated tells whether the block's statements were planned for another schema than
// cat, as far as they use it.
func (b *block) outdated(cat *catalog.Catalog) bool {
	if b.changesSchema {
		return b.base != cat.Version
	}
	for oid, version := range b.depends {
		r := cat.RelationByOID(oid)
		switch {
		case oid == 0 && cat.Version > uint64(version):
			return true
		case oid != 0 && (r == nil || r.Version > uint64(version)):
			return true
		}
	}
	return false
}

// ownSchema tells whether the block changes the schema of temporary relations at most.
func (b *block) ownSchema() bool {
	return !slices.ContainsFunc(b.operations, func(op raftlog.Operation) bool {
		p := b.plans[op.Statement]
		return p.Kind == plan.Schema && !p.OwnSchema
	})
}

// workspaceCatalog returns the catalog of the state that a workspace began with, in
// which nothing has changed the schema yet.
func (s *Session) workspaceCatalog(ctx context.Context, w *sqlfsm.Workspace) (*catalog.Catalog, error) {
	cat, err := s.manager.current(ctx)
	if err == nil && cat.Version != uint64(w.Schema) {
		cat, err = LoadCatalog(w.Conn)
	}
	return cat, err
}

// schemaKey is what blocks claim that are planned again at their end: one after the
// other, for each that commits makes it necessary for those that do so meanwhile.
var schemaKey = locks.Key{Relation: 0, Whole: true}

// replanShown plans the block again for the newest schema.
func (s *Session) replanShown(ctx context.Context) error {
	b := s.block
	if b.unseen > 0 || !b.ownSchema() {
		return errSchemaConflict()
	}
	// A hint: without the lock it may take more attempts.
	s.claim(ctx, locks.Claim{Items: []locks.Item{{Key: schemaKey, Mode: locks.Exclusive}}})
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	for _, p := range s.portals { // they end with the block, and hold the workspace
		p.close()
	}
	if err := b.workspace.Rebase(); err != nil {
		return s.workspaceFailed(ctx, b.workspace, err)
	}
	cat, err := s.workspaceCatalog(ctx, b.workspace)
	if err != nil {
		return err
	}
	return s.replanBlock(ctx, cat)
}

// replanBlock plans all statements of the block for the schema cat, which is that of
// its empty workspace, and runs them there. When that fails the workspace is lost.
func (s *Session) replanBlock(ctx context.Context, cat *catalog.Catalog) error {
	b := s.block
	err := errSchemaConflict()
	was := *b
	if b.ownSchema() {
		b.operations, b.created, b.savepoints = nil, nil, nil
		b.plans = slices.Clone(was.plans)
		b.catalog, b.changesSchema = nil, false
		b.depends, b.wrote = map[uint32]raftlog.SchemaVersion{}, map[uint32]bool{}
		b.drawn.again()
		err = s.replanAll(ctx, cat, was.operations, was.savepoints)
	}
	if err == nil {
		return nil
	}
	if b.workspace != nil {
		b.workspace.Close()
	}
	b.workspace, b.lost = nil, true
	b.operations, b.created, b.savepoints, b.plans = was.operations, was.created, was.savepoints, was.plans
	b.catalog, b.changesSchema, b.base = was.catalog, was.changesSchema, was.base
	b.depends, b.wrote = was.depends, was.wrote
	return err
}

// replanAll plans and runs the statements of the old operations, with the savepoints
// at their places.
func (s *Session) replanAll(ctx context.Context, cat *catalog.Catalog, old []raftlog.Operation, savepoints []savepoint) error {
	b := s.block
	for at := 0; at <= len(old); {
		for len(savepoints) > 0 && savepoints[0].operations <= at {
			if err := s.keepSavepoint(savepoints[0]); err != nil {
				return err
			}
			savepoints = savepoints[1:]
		}
		if at == len(old) {
			return nil
		}
		end := at
		for end < len(old) && old[end].Statement == old[at].Statement {
			end++
		}
		if err := s.replanStatement(ctx, cat, old[at:end]); err != nil {
			return err
		}
		at = end
		if b.catalog != nil {
			cat = b.catalog
		}
	}
	return nil
}

// keepSavepoint sets a savepoint of the block where its workspace is now.
func (s *Session) keepSavepoint(sp savepoint) error {
	b := s.block
	sp.operations, sp.created, sp.inWorkspace = len(b.operations), len(b.created), true
	sp.catalog, sp.changesSchema = b.catalog, b.changesSchema
	if err := b.workspace.Savepoint(savepointName(len(b.savepoints))); err != nil {
		return err
	}
	b.savepoints = append(b.savepoints, sp)
	return nil
}

// replanStatement plans the statement of the old operations for cat and runs it.
func (s *Session) replanStatement(ctx context.Context, cat *catalog.Catalog, old []raftlog.Operation) error {
	b, number := s.block, old[0].Statement
	was, with := b.plans[number], b.given[number]
	p := &portal{planned: was, params: with.params}
	now := s.settings
	s.settings = with.settings
	next, err := s.planAgain(ctx, p, cat)
	s.settings = now
	if err != nil || !sameColumns(was.columns, next.columns) {
		return errSchemaConflict()
	}
	operations, ok := sameOperations(old, was, next, with.params)
	if !ok {
		return errSchemaConflict()
	}
	b.plans[number] = next
	b.created = append(b.created, next.createdTables()...)
	b.depend(next)
	first := len(b.operations)
	b.operations = append(b.operations, operations...)
	return s.runAgain(ctx, next, b.operations[first:], old)
}

// runAgain runs the operations in the workspace; their results must be those that
// the old operations had.
func (s *Session) runAgain(ctx context.Context, p *planned, operations, old []raftlog.Operation) error {
	w := s.block.workspace
	s.equipWrite(w.Env, p.catalog)
	s.watcher.begin(ctx, w.Conn)
	defer s.watcher.end()
	var expected [][]byte
	for i := range old {
		if old[i].Expect != nil {
			expected = append(expected, old[i].Expect)
		}
	}
	for i := range operations {
		op := &operations[i]
		got, err := w.Run(op)
		if err != nil {
			return s.translatePlan(p, s.workspaceFailed(ctx, w, err))
		}
		if !op.Counts && !op.Returns && !op.Read || p.Kind == plan.Utility { // the client was shown nothing
			continue
		}
		if len(expected) == 0 || !bytes.Equal(expected[0], got.Digest) {
			return s.block.conflict(old[0].Statement)
		}
		op.Expect, expected = got.Digest, expected[1:]
	}
	if len(expected) > 0 {
		return s.block.conflict(old[0].Statement)
	}
	return nil
}

// sameOperations makes the operations of a statement whose plan was one and is
// another now. ok is false where that cannot be.
func sameOperations(old []raftlog.Operation, was, next *planned, params []types.Value) (operations []raftlog.Operation, ok bool) {
	switch {
	case was.Kind != next.Kind:
		return nil, false
	case was.Kind == plan.Utility: // SET CONSTRAINTS
		return old, true
	case was.Kind == plan.Write || was.Kind == plan.Schema:
		return appendOperations(nil, next.Statement, params, old[0].Statement), true
	}
	texts := statementTexts(was)
	for _, op := range old {
		i := slices.Index(texts, op.SQL)
		if texts := statementTexts(next); i < 0 || i >= len(texts) {
			return nil, false
		} else {
			op.SQL = texts[i]
		}
		operations = append(operations, op)
	}
	return operations, true
}

// statementTexts are the texts that the operations of a query or COPY may have.
func statementTexts(p *planned) []string {
	texts := []string{p.querySQL()}
	for _, l := range p.Locks {
		texts = append(texts, l.Check)
	}
	return texts
}
