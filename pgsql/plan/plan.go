package plan

import (
	"fmt"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// Options is what a statement's meaning depends on besides its text.
type Options struct {
	Catalog    *catalog.Catalog
	SearchPath []string    // where names are looked up: catalog.EffectivePath, "$user" already replaced
	NamedPath  []string    // where new relations go: catalog.NamedPath; nil is SearchPath
	ParamTypes []types.OID // declared types of $1…; 0 is to be inferred
	Env        *types.Env  // folding of constants: TimeZone, DateStyle; nil is the default
	User       string
	Database   string
}

// Kind says which way a statement takes.
type Kind uint8

// Kinds.
const (
	Read    Kind = iota // SQL is a query
	Write               // Ops go to the log
	Schema              // Ops go to the log and NewCatalog is the catalog after them
	Utility             // the session does it: Node
	Copy                // COPY: Copy
	Explain             // EXPLAIN: Explain
)

// Column is a column of the result, as RowDescription tells it.
type Column struct {
	Name     string
	Type     types.OID
	Typmod   int32
	Relation uint32 // the column's relation and number, 0 for an expression
	Attnum   int16
}

// Op is one SQLite statement of a write.
type Op struct {
	SQL     string
	Counts  bool          // its changed rows count into the tag
	Returns bool          // its rows are those of RETURNING
	Params  []types.Value // of catalog rows: the op has its own parameters, not the client's
	Sets    int           // SQL runs once for each len(Params)/Sets of Params; 0 means 1
}

// Dependency is a relation at the version that the plan was made for; relation 0
// is the whole schema.
type Dependency struct {
	Relation uint32
	Version  uint64
}

// Statement is a planned statement. It is immutable.
type Statement struct {
	Kind     Kind
	Node     ast.Stmt
	Tag      string // "SELECT", "INSERT 0", "CREATE TABLE"
	TagCount bool   // the tag is followed by the number of rows
	Params   []types.OID
	Columns  []Column
	SQL      string // Read
	Ops      []Op   // Write and Schema

	Depends        []Dependency
	ReadsRelations []uint32
	Target         uint32 // relation that INSERT, UPDATE or DELETE is about

	Bounded      bool // its own text bounds the work
	Volatile     bool // calls a volatile function
	UsesSequence bool
	Notifies     bool // sends notifications, if its rows make it
	ForUpdate    bool

	Locks        []RowLock // of the rows of a Read
	LimitSQL     string    // with SKIP LOCKED: LIMIT and OFFSET as a row, -1 for none
	UnlimitedSQL string    // and the query without them

	NewCatalog *catalog.Catalog
	OnCommit   *OnCommit // of a temporary table that is created
	// Temporary tells that nothing but temporary tables changes, which a read-only
	// transaction may do.
	Temporary bool
	OwnSchema bool // of a change of the schema: it is of temporary relations only

	Notices []*pgerr.Error
	Copy    *CopyPlan
	Explain *ExplainPlan

	target    *catalog.Relation
	insertion []keyValue // what an INSERT of one row gives each column
}

// analyzer is the state of the planning of one statement.
type analyzer struct {
	sql    string
	opt    Options
	cat    *catalog.Catalog
	env    *types.Env
	regEnv *types.Env // env with the catalog of the plan; made when it is needed
	params []*paramInfo
	rtes   int
	ctes   int
	depth  int
	views  int

	temporary    string                 // the session's schema of temporary relations, "" for none
	relations    []*catalog.Relation    // all that is read or written
	keys         []uint32               // primary keys that grouping relies on
	recursive    []*ast.CommonTableExpr // of WITH RECURSIVE, without the form of a recursive query
	volatile     bool
	usesSequence bool
	keptSequence bool // it draws from a sequence that is not temporary
	notifies     bool
	forUpdate    bool
	onCommit     *OnCommit
	wholeSchema  bool
	planning     bool // a statement, not the text of something in the catalog
	notices      []*pgerr.Error
}

// paramInfo is what is known of $n.
type paramInfo struct {
	oid  types.OID
	uses []*paramExpr
}

// Plan analyzes one statement of the source text sql and emits its SQL.
func Plan(stmt ast.RawStmt, sql string, opt Options) (st *Statement, err error) {
	a := newAnalyzer(sql, opt)
	defer recoverError(&st, &err)
	a.planning = true
	st = a.statement(stmt.Stmt)
	st.Node = stmt.Stmt
	a.finish(st)
	return st, nil
}

// recoverError turns the panic of fail into err.
func recoverError(st **Statement, err *error) {
	switch r := recover().(type) {
	case nil:
	case *pgerr.Error:
		*st, *err = nil, r
	default:
		*st, *err = nil, pgerr.New(pgerr.InternalError, "plan: %s", fmt.Sprint(r))
	}
}

func newAnalyzer(sql string, opt Options) *analyzer {
	a := &analyzer{sql: sql, opt: opt, cat: opt.Catalog, env: opt.Env, temporary: catalog.OwnTemporary(opt.SearchPath)}
	if a.env == nil {
		a.env = types.DefaultEnv()
	}
	if opt.NamedPath == nil {
		a.opt.NamedPath = opt.SearchPath
	}
	for _, oid := range opt.ParamTypes {
		if oid == types.UnknownOID {
			oid = 0
		}
		a.params = append(a.params, &paramInfo{oid: oid})
	}
	return a
}

// statement plans by the kind of statement.
func (a *analyzer) statement(stmt ast.Stmt) *Statement {
	switch s := stmt.(type) {
	case *ast.SelectStmt:
		if s.Into != nil {
			return a.selectInto(s)
		}
		return a.selectStatement(s)
	case *ast.CreateTableAsStmt:
		return a.createTableAs(s)
	case *ast.InsertStmt:
		return a.insert(s)
	case *ast.UpdateStmt:
		return a.update(s)
	case *ast.DeleteStmt:
		return a.delete(s)
	case *ast.MergeStmt:
		a.fail(-1, pgerr.Unsupported("MERGE is not supported"))
	case *ast.TruncateStmt:
		return a.truncate(s)
	case *ast.CopyStmt:
		return a.copyStatement(s)
	case *ast.NotifyStmt:
		return a.notify(s)
	case *ast.ExplainStmt:
		return a.explain(s)
	case *ast.Unsupported:
		a.fail(-1, pgerr.Unsupported("%s is not supported", s.Kind))
	}
	if st := a.schemaStatement(stmt); st != nil {
		return st
	}
	return &Statement{Kind: Utility, Node: stmt, Tag: utilityTag(stmt)}
}

// finish fills what all statements have in common.
func (a *analyzer) finish(st *Statement) {
	if st.Kind == Utility {
		return
	}
	st.Params = a.paramTypes()
	st.Volatile = st.Volatile || a.volatile
	st.UsesSequence = st.UsesSequence || a.usesSequence
	st.Notifies = st.Notifies || a.notifies
	st.ForUpdate = a.forUpdate
	st.Notices = append(st.Notices, a.notices...)
	a.finishTemporary(st)
	if a.wholeSchema || st.Kind == Schema {
		st.Depends = append(st.Depends, Dependency{0, a.cat.Version})
	}
	for _, r := range a.relations {
		st.ReadsRelations = append(st.ReadsRelations, r.OID)
		if !r.System && st.Kind != Schema {
			st.Depends = append(st.Depends, Dependency{r.OID, r.Version})
		}
	}
}

// paramTypes returns the types of all parameters, or raises 42P18.
func (a *analyzer) paramTypes() []types.OID {
	if len(a.params) == 0 {
		return nil
	}
	oids := make([]types.OID, len(a.params))
	for i, p := range a.params {
		if p.oid == 0 {
			if len(p.uses) == 0 {
				// PostgreSQL: a parameter that is not used has type unknown only
				// where a later one is used; Describe then fails.
				a.fail(-1, pgerr.New(pgerr.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1))
			}
			a.fail(p.uses[0].pos, pgerr.New(pgerr.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1))
		}
		oids[i] = p.oid
	}
	return oids
}

// fail raises err with the position of the byte offset pos.
func (a *analyzer) fail(pos int, err *pgerr.Error) {
	if pos >= 0 && a.views == 0 {
		err = err.At(ast.Character(a.sql, pos))
	}
	panic(err)
}

// failf raises a new error.
func (a *analyzer) failf(pos int, code, format string, args ...any) {
	a.fail(pos, pgerr.New(code, format, args...))
}

// check raises err, if there is one, at pos.
func (a *analyzer) check(pos int, err error) {
	if err != nil {
		a.fail(pos, pgerr.From(err))
	}
}

func (a *analyzer) notice(code, format string, args ...any) {
	e := pgerr.New(code, format, args...)
	e.Severity = "NOTICE"
	a.notices = append(a.notices, e)
}

// use records that the statement depends on r.
func (a *analyzer) use(r *catalog.Relation) {
	for _, u := range a.relations {
		if u == r {
			return
		}
	}
	a.relations = append(a.relations, r)
}

// depthMax bounds the recursion of analysis; SQLite's own expression depth
// limit is 1000.
const depthMax = 1000

func (a *analyzer) enter(pos int) {
	if a.depth++; a.depth > depthMax {
		a.fail(pos, pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded").
			WithHint(`Increase the configuration parameter "max_stack_depth" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.`))
	}
}

func (a *analyzer) leave() { a.depth-- }
