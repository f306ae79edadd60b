package plan

import (
	"slices"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// ErrNeedsTemporary is the error of a statement that makes a temporary relation for
// a session that has no schema for such yet: the session gets one and plans again.
var ErrNeedsTemporary = pgerr.New(pgerr.InternalError, "the session has no schema of temporary relations")

// OnCommit is what happens to a temporary table when the transaction that created
// it commits, and every later one.
type OnCommit struct {
	Relation uint32
	Drop     bool // ON COMMIT DROP; else DELETE ROWS
}

// isOwnTemporary tells whether a statement means its session's schema of temporary
// relations by the name.
func (a *analyzer) isOwnTemporary(name string) bool {
	return name == catalog.TemporaryAlias || name != "" && name == a.temporary
}

func isTemporaryName(schema string) bool {
	_, ok := catalog.TemporaryNumber(schema)
	return ok
}

// isOthers tells whether the relation is a temporary one of another session.
func (a *analyzer) isOthers(r *catalog.Relation) bool {
	return r.IsTemporary() && r.SchemaName != a.temporary
}

// temporarySchema returns the schema in which temporary relations go. It is made
// with the first of them, and stays.
func (d *ddl) temporarySchema() *catalog.Schema {
	own := d.temporary
	if own == "" {
		panic(ErrNeedsTemporary)
	}
	if s := d.edit.Schema(own); s != nil {
		return s
	}
	return d.edit.NewSchema(own, catalog.BootstrapUserOID)
}

// checkPersistence refuses a relation that the schema, which the statement names,
// is not for (RangeVarAdjustRelationPersistence).
func (d *ddl) checkPersistence(rv *ast.RangeVar, s *catalog.Schema) {
	temporary, own := isTemporaryName(s.Name), s.Name == d.temporary
	switch {
	case temporary && rv.Persistence == ast.Unlogged:
		d.failf(rv.Pos(), pgerr.InvalidTableDefinition, "only temporary relations may be created in temporary schemas")
	case temporary && !own:
		d.failf(rv.Pos(), pgerr.InvalidTableDefinition, "cannot create relations in temporary schemas of other sessions")
	case !temporary && rv.Persistence == ast.Temporary:
		d.failf(rv.Pos(), pgerr.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema")
	}
}

// checkReferencePersistence refuses foreign keys from relations to such that may go
// before them.
func (d *ddl) checkReferencePersistence(r, ref *catalog.Relation) {
	switch {
	case r.Persistence == 'p' && ref.Persistence != 'p':
		d.failf(-1, pgerr.InvalidTableDefinition, "constraints on permanent tables may reference only permanent tables")
	case r.Persistence == 'u' && ref.IsTemporary():
		d.failf(-1, pgerr.InvalidTableDefinition, "constraints on unlogged tables may reference only permanent or unlogged tables")
	case r.IsTemporary() && !ref.IsTemporary():
		d.failf(-1, pgerr.InvalidTableDefinition, "constraints on temporary tables may reference only temporary tables")
	case d.isOthers(ref):
		d.failf(-1, pgerr.InvalidTableDefinition, "constraints on temporary tables must involve temporary tables of this session")
	}
}

// onCommitOf notes the ON COMMIT of a table that is created.
func (d *ddl) onCommitOf(s *ast.CreateStmt, r *catalog.Relation) {
	if s.OnCommit == ast.OnCommitNone {
		return
	}
	if !r.IsTemporary() {
		d.fail(-1, errOnCommit())
	}
	switch s.OnCommit {
	case ast.OnCommitDrop:
		d.onCommit = &OnCommit{Relation: r.OID, Drop: true}
	case ast.OnCommitDeleteRows:
		d.onCommit = &OnCommit{Relation: r.OID}
	}
}

func errOnCommit() *pgerr.Error {
	return pgerr.New(pgerr.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables")
}

// viewName is the name of a new view: one that reads temporary relations is
// temporary itself.
func (d *ddl) viewName(s *ast.ViewStmt) *ast.RangeVar {
	rv := *s.Rel
	if rv.Persistence == ast.Permanent && slices.ContainsFunc(d.relations, (*catalog.Relation).IsTemporary) {
		rv.Persistence = ast.Temporary
		d.notice(pgerr.SuccessfulCompletion, "view \"%s\" will be a temporary view", rv.Name)
	}
	return withoutPlace(&rv)
}

// withoutPlace is the name in a statement whose errors have no position.
func withoutPlace(rv *ast.RangeVar) *ast.RangeVar {
	bare := *rv
	bare.At = ast.NoPos
	return &bare
}

// isTemporarySequence tells whether the argument of nextval is a sequence that only
// this session has. Those of other sessions are refused.
func (a *analyzer) isTemporarySequence(arg expr) bool {
	k, ok := arg.(*constExpr)
	if !ok || k.val.IsNull() {
		return false
	}
	r := a.cat.RelationByOID(uint32(k.val.Int64()))
	if r != nil && a.planning && a.isOthers(r) {
		a.fail(-1, errOthers())
	}
	return r != nil && r.IsTemporary()
}

// finishTemporary tells whether the statement changes temporary relations only.
func (a *analyzer) finishTemporary(st *Statement) {
	st.OnCommit = a.onCommit
	a.checkOthers()
	if st.Kind == Schema {
		return
	}
	switch target := a.cat.RelationByOID(st.Target); {
	case a.keptSequence || a.notifies:
	case target != nil:
		st.Temporary = target.IsTemporary()
	case st.Kind == Write:
		st.Temporary = a.usesSequence
	case len(st.Locks) > 0:
		st.Temporary = !slices.ContainsFunc(st.Locks, func(l RowLock) bool { return !a.cat.RelationByOID(l.Relation).IsTemporary() })
	}
}

// checkOthers refuses to use temporary relations of other sessions.
func (a *analyzer) checkOthers() {
	if slices.ContainsFunc(a.relations, a.isOthers) {
		a.fail(-1, errOthers())
	}
}

func errOthers() *pgerr.Error {
	return pgerr.New(pgerr.FeatureNotSupported, "cannot access temporary tables of other sessions")
}

// DropTemporary plans the drop of all relations of a schema, and of what depends on
// them. It returns nil where the schema has none.
func DropTemporary(cat *catalog.Catalog, schema string) (st *Statement, err error) {
	a := newAnalyzer("", Options{Catalog: cat, SearchPath: []string{schema}})
	defer recoverError(&st, &err)
	if st = a.dropTemporary(); st != nil {
		a.finish(st)
	}
	return st, nil
}

// dropTemporary plans the drop of the session's own temporary relations; nil where
// there are none.
func (a *analyzer) dropTemporary() *Statement {
	own := a.cat.Schema(a.temporary)
	if own == nil {
		return nil
	}
	var all []*catalog.Relation
	for _, r := range a.cat.Relations() {
		if r.Schema == own.OID && r.Kind != catalog.KindIndex {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return nil
	}
	d := a.newDDL()
	d.dropAll(all)
	return d.statement("DISCARD TEMP")
}

// dropAll drops relations with everything that depends on them, and says nothing.
func (d *ddl) dropAll(relations []*catalog.Relation) {
	drop := &dropper{ddl: d, cascade: true, gone: map[uint32]bool{}, going: map[uint32]bool{}, quiet: true}
	for _, r := range relations {
		if s := r.Sequence; s == nil || s.OwnedBy == 0 { // else it goes with its table
			drop.roots = append(drop.roots, root{name: d.describe(r), relation: r})
		}
	}
	drop.run()
}

// discardTemporary plans DISCARD TEMP.
func (a *analyzer) discardTemporary() *Statement {
	st := a.dropTemporary()
	if st == nil {
		st = a.nothing("DISCARD TEMP")
	}
	st.Temporary = true
	return st
}

// EndTransaction plans what ON COMMIT asks for at the end of a transaction that
// leaves the schema as in cat, for the session whose temporary relations are in own:
// the tables to drop, and all that are to be empty; of those, dirty tells which may
// have rows. It returns nil where there is nothing to do.
func EndTransaction(cat *catalog.Catalog, own string, drop, empty []uint32, dirty func(uint32) bool) (st *Statement, err error) {
	a := newAnalyzer("", Options{Catalog: cat, SearchPath: []string{own}})
	defer recoverError(&st, &err)
	d := a.newDDL()
	rels := a.temporaryTables(empty)
	for _, r := range rels {
		for _, ref := range cat.ReferencingForeignKeys(r.OID) {
			if !containsRelation(rels, ref.Relation) {
				a.fail(-1, pgerr.New(pgerr.FeatureNotSupported, "unsupported ON COMMIT and foreign key combination").
					WithDetail("Table \"%s\" references \"%s\", but they do not have the same ON COMMIT setting.", ref.Relation.Name, r.Name))
			}
		}
	}
	st = &Statement{Kind: Write}
	for _, r := range a.childrenFirst(rels) {
		if dirty(r.OID) {
			a.use(r)
			st.Ops = append(st.Ops, Op{SQL: "DELETE FROM " + r.Physical})
		}
	}
	if gone := a.temporaryTables(drop); len(gone) > 0 {
		d.dropAll(gone)
		dropped := d.statement("")
		st.Kind, st.NewCatalog, st.Ops = Schema, dropped.NewCatalog, append(st.Ops, dropped.Ops...)
	}
	if len(st.Ops) == 0 {
		return nil, nil
	}
	a.finish(st)
	return st, nil
}

// temporaryTables returns those of the tables that are still there.
func (a *analyzer) temporaryTables(oids []uint32) []*catalog.Relation {
	var tables []*catalog.Relation
	for _, oid := range oids {
		if r := a.cat.RelationByOID(oid); r != nil && r.IsTemporary() {
			tables = append(tables, r)
		}
	}
	return tables
}
