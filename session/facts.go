package session

import (
	"net"
	"strconv"
	"strings"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/settings"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// sessionFacts answers what functions in queries ask about their session.
type sessionFacts Session

var _ builtin.Session = (*sessionFacts)(nil)

func (f *sessionFacts) CurrentUser() string { return (*Session)(f).user() }

func (f *sessionFacts) SessionUser() string {
	v, _ := f.settings.Get("session_authorization")
	return v
}

func (f *sessionFacts) Database() string  { return f.start.Database }
func (f *sessionFacts) BackendPID() int64 { return int64(f.start.PID) }

func (f *sessionFacts) SearchPath() []string { return (*Session)(f).searchPath() }
func (f *sessionFacts) NamedPath() []string  { return (*Session)(f).namedPath() }

func (f *sessionFacts) Setting(name string) (string, bool) {
	v, err := (*Session)(f).setting(name)
	return v, err == nil
}

// SetSetting is set_config().
func (f *sessionFacts) SetSetting(name, value string, local bool) (string, error) {
	s := (*Session)(f)
	if err := s.assign(name, value, false, local && s.block != nil && s.block.explicit, nil); err != nil {
		return "", err
	}
	return s.setting(name)
}

func (f *sessionFacts) Fact(name string) types.Value {
	host, port, _ := net.SplitHostPort(f.start.RemoteAddr)
	switch name {
	case "server_start_time", "conf_load_time":
		return types.IntValue(microseconds(f.manager.started))
	case "notification_queue_usage":
		return types.FloatValue(f.manager.config.Listeners.usage())
	case "client_addr":
		if host != "" {
			return types.TextValue(host)
		}
	case "client_port":
		if n, err := strconv.Atoi(port); err == nil {
			return types.IntValue(int64(n))
		}
	}
	return types.Value{}
}

// replayFacts answers the same for a write that is applied: from the settings
// that its entry carries and nothing else.
type replayFacts struct{ state *settings.State }

// ReplayFacts returns what functions in an applied write know of the session
// that it came from.
func ReplayFacts(state *settings.State) builtin.Session { return replayFacts{state} }

func (f replayFacts) CurrentUser() string {
	if role, _ := f.state.Get("role"); role != "none" {
		return role
	}
	return f.SessionUser()
}

func (f replayFacts) SessionUser() string {
	v, _ := f.state.Get("session_authorization")
	return v
}

func (f replayFacts) Database() string  { return "postgres" }
func (f replayFacts) BackendPID() int64 { return 0 }

func (f replayFacts) SearchPath() []string {
	return catalog.EffectivePath(userPath(f.state, f.CurrentUser()), f.state.Temporary)
}

func (f replayFacts) NamedPath() []string {
	return catalog.NamedPath(userPath(f.state, f.CurrentUser()), f.state.Temporary)
}

func (f replayFacts) Setting(name string) (string, bool) {
	v, err := f.state.Show(name)
	return v, err == nil
}

func (f replayFacts) SetSetting(string, string, bool) (string, error) {
	return "", pgerr.Unsupported("set_config() in a statement that writes is not supported")
}

func (f replayFacts) Fact(string) types.Value { return types.Value{} }

// ReplayCatalog returns what functions in a write that runs with env know of
// the schema: current is asked when one of them wants to know.
func ReplayCatalog(env *builtin.Env, current func() *catalog.Catalog) *catalog.Functions {
	return &catalog.Functions{
		Current: current,
		Path:    func() []string { return env.Session.SearchPath() },
		Expr:    plan.PrintExpr,
		Query:   plan.PrintQuery,
	}
}

// sessionSequences serves currval and lastval in queries. nextval and setval
// change the database: statements with them are writes.
type sessionSequences Session

var _ builtin.Sequences = (*sessionSequences)(nil)

func (q *sessionSequences) NextValue(uint32) (int64, error) {
	return 0, pgerr.Unsupported("nextval() in this place is not supported")
}

func (q *sessionSequences) SetValue(uint32, int64, bool) error {
	return pgerr.Unsupported("setval() in this place is not supported")
}

func (q *sessionSequences) CurrentValue(oid uint32) (int64, error) {
	if v, ok := q.currval[oid]; ok {
		return v, nil
	}
	name := strconv.FormatUint(uint64(oid), 10)
	if cat := q.manager.catalog.Load(); cat != nil {
		if r := cat.RelationByOID(oid); r != nil {
			name = r.Name
		}
	}
	return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "currval of sequence %q is not yet defined in this session", name)
}

func (q *sessionSequences) LastValue() (int64, error) {
	if q.lastSeq == 0 {
		return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session")
	}
	return q.currval[q.lastSeq], nil
}

// blockSequences answers queries of a transaction in its workspace: what the
// transaction did not draw itself the session may have drawn before.
type blockSequences struct {
	builtin.Sequences
	before *sessionSequences
}

// SetValue is setval: from then on the sequence's values are the transaction's own.
func (q blockSequences) SetValue(oid uint32, value int64, called bool) error {
	if b := q.before.block; b != nil {
		b.drawn.own(oid)
	}
	return q.Sequences.SetValue(oid, value, called)
}

func (q blockSequences) CurrentValue(oid uint32) (int64, error) {
	if v, err := q.Sequences.CurrentValue(oid); err == nil {
		return v, nil
	}
	return q.before.CurrentValue(oid)
}

func (q blockSequences) LastValue() (int64, error) {
	if v, err := q.Sequences.LastValue(); err == nil {
		return v, nil
	}
	return q.before.LastValue()
}

// catalogFacts answers what functions ask about the schema cat.
func (s *Session) catalogFacts(cat *catalog.Catalog) *catalog.Functions {
	if s.functions.cat == cat {
		return &s.functions.facts
	}
	s.functions.cat = cat
	s.functions.facts = catalog.Functions{
		Current: func() *catalog.Catalog { return cat },
		Path:    s.searchPath,
		Expr:    plan.PrintExpr,
		Query:   plan.PrintQuery,
	}
	return &s.functions.facts
}

// catalogFunctions keeps the facts of the catalog used last.
type catalogFunctions struct {
	cat   *catalog.Catalog
	facts catalog.Functions
	env   types.Env
	state *settings.State // that env was made for
}

// valueEnv is the environment in which values are read and written: the
// session's settings, and the names of cat for regclass and its kind.
func (s *Session) valueEnv(cat *catalog.Catalog) *types.Env {
	f := &s.functions
	if f.state == s.settings && f.cat == cat && f.env.RegIn != nil {
		f.env.TransactionTime = s.transactionTime()
		return &f.env
	}
	facts := s.catalogFacts(cat)
	f.state = s.settings
	f.env = s.settings.Env
	f.env.TransactionTime = s.transactionTime()
	f.env.RegIn = func(kind types.OID, name string) (int64, error) {
		oid, ok, err := facts.Resolve(kind, name, s.searchPath())
		if err == nil && !ok {
			err = regError(kind, name)
		}
		return int64(oid), err
	}
	f.env.RegOut = func(kind types.OID, oid int64) string {
		name, _ := facts.Name(kind, uint32(oid), s.searchPath())
		return name
	}
	return &f.env
}

func (s *Session) transactionTime() int64 {
	if s.block != nil {
		return s.block.moment.Time
	}
	return s.clock()
}

// regError is the error of a name that no object has.
func regError(kind types.OID, name string) error {
	switch kind {
	case types.RegclassOID:
		return pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", name)
	case types.RegtypeOID:
		return pgerr.New(pgerr.UndefinedObject, "type %q does not exist", name)
	case types.RegnamespaceOID:
		return pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", name)
	case types.RegroleOID:
		return pgerr.New(pgerr.UndefinedObject, "role %q does not exist", name)
	}
	what := "function"
	if strings.Contains(types.FormatType(kind, -1), "oper") {
		what = "operator"
	}
	return pgerr.New(pgerr.UndefinedFunction, what+" %q does not exist", name)
}
