package settings

import (
	"maps"
	"slices"
	"strings"
	"time"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// Consistency is what reads outside of the log see.
type Consistency uint8

// The levels of polyreme.read_consistency.
const (
	Linearizable Consistency = iota // all writes acknowledged before the read began
	Bounded                         // data at most polyreme.max_staleness old
	Local                           // what this node has applied
)

// Pair is a parameter with its value.
type Pair struct{ Name, Value string }

// State is the values of all parameters in one session. It is immutable.
type State struct {
	set map[string]string // canonical values of parameters that are not at their default, by lower-case name

	// Derived values.
	Env               types.Env
	SearchPath        []string // as set, "$user" not replaced
	Temporary         string   // TemporarySchema of a log entry, "" for none
	ReadConsistency   Consistency
	MaxStaleness      time.Duration
	CommitTimeout     time.Duration
	StatementTimeout  time.Duration // 0 is none, as for the next three
	TransactionLimit  time.Duration
	IdleTimeout       time.Duration
	IdleInTransaction time.Duration
	LockTimeout       time.Duration // 0 is none
	WorkspaceBytes    int64
	ConformingStrings bool
	MessageLevel      int // rank of client_min_messages

	// Replayed are the parameters that results of a write depend on and that
	// are not at their default, ordered by name: what a log entry carries.
	Replayed []Pair
	// PlanKey distinguishes states under which the same text is planned
	// differently.
	PlanKey string
}

// TemporarySchema names what a log entry carries beside parameters: the schema with
// the temporary relations of the session that it comes from.
const TemporarySchema = "polyreme.temporary_schema"

// New returns the state with all parameters at their defaults.
func New() *State { return derive(map[string]string{}) }

// FromPairs returns the state that has the given parameters set, as a log
// entry carries them. Values that are not valid are an error.
func FromPairs(pairs []Pair) (*State, error) {
	set := make(map[string]string, len(pairs))
	temporary := ""
	for _, p := range pairs {
		if p.Name == TemporarySchema {
			temporary = p.Value
			continue
		}
		parameter := Lookup(p.Name)
		if parameter == nil {
			return nil, unknown(p.Name)
		}
		value, err := parameter.canonical(p.Value)
		if err != nil {
			return nil, err
		}
		set[lower(p.Name)] = value
	}
	s := derive(set)
	s.Temporary = temporary
	return s, nil
}

// WithTemporary returns the state of a session with the schema of temporary
// relations, "" for none.
func (s *State) WithTemporary(schema string) *State {
	if schema == s.Temporary {
		return s
	}
	with := *s
	with.Temporary = schema
	return &with
}

// Get returns the value of the parameter name as it is kept, without its unit.
func (s *State) Get(name string) (string, bool) {
	name = lower(name)
	if v, ok := s.set[name]; ok {
		return v, true
	}
	if p := lookup[name]; p != nil {
		return p.Default, true
	}
	return "", false
}

// Show returns the value of the parameter name as SHOW prints it.
func (s *State) Show(name string) (string, error) {
	v, ok := s.Get(name)
	if !ok {
		return "", unknown(name)
	}
	if p := Lookup(name); p != nil {
		return p.display(v), nil
	}
	return v, nil
}

// With returns the state with the parameter set to a value as SET gives it.
// It answers PostgreSQL's errors for unknown names and invalid values.
func (s *State) With(name, value string) (*State, error) {
	p := Lookup(name)
	if p == nil {
		if !strings.Contains(name, ".") {
			return nil, unknown(name)
		}
		if strings.HasPrefix(lower(name), "polyreme.") {
			return nil, pgerr.New(pgerr.InvalidName, "invalid configuration parameter name %q", name).
				WithDetail("%q is a reserved prefix.", "polyreme")
		}
	} else {
		if err := p.changeable(); err != nil {
			return nil, err
		}
		canonical, err := p.canonical(value)
		if err != nil {
			return nil, err
		}
		value = canonical
	}
	set := maps.Clone(s.set)
	set[lower(name)] = value
	return derive(set), nil
}

// Override returns the state with a parameter set that clients cannot change
// themselves. The value must be canonical.
func (s *State) Override(name, value string) *State {
	set := maps.Clone(s.set)
	set[lower(name)] = value
	return derive(set)
}

// ResetTo returns the state in which the parameter has the value that it has
// in base.
func (s *State) ResetTo(base *State, name string) (*State, error) {
	p := Lookup(name)
	if _, placeholder := s.set[lower(name)]; p == nil && !placeholder {
		return nil, unknown(name)
	}
	if p != nil {
		if err := p.changeable(); err != nil {
			return nil, err
		}
	}
	set := maps.Clone(s.set)
	delete(set, lower(name))
	if p == nil { // a parameter of the client's own stays known
		set[lower(name)] = ""
	}
	if v, ok := base.set[lower(name)]; ok {
		set[lower(name)] = v
	}
	return derive(set), nil
}

// Reported calls f with each parameter that clients are told of and whose
// value differs from that in before, which may be nil for all.
func (s *State) Reported(before *State, f func(name, value string)) {
	for i := range parameters {
		p := &parameters[i]
		if !p.Report {
			continue
		}
		v, _ := s.Get(p.Name)
		if before != nil {
			if old, _ := before.Get(p.Name); old == v {
				continue
			}
		}
		f(p.Name, p.display(v))
	}
}

func unknown(name string) error {
	return pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter %q", name)
}

// replayed lists the parameters that a log entry carries, ordered by name.
var replayed = []string{"bytea_output", "DateStyle", "extra_float_digits", "IntervalStyle", "role", "search_path", "session_authorization", "TimeZone"}

// derive makes a State of canonical values. The map is the State's from then on.
func derive(set map[string]string) *State {
	s := &State{set: set}
	get := func(name string) string { v, _ := s.Get(name); return v }
	s.Env = *types.DefaultEnv()
	s.Env.TimeZone = zoneOrUTC(get("TimeZone"))
	s.Env.DateOutput, s.Env.DateOrder = dateStyle(get("DateStyle"))
	s.Env.IntervalStyle = intervalStyles[get("IntervalStyle")]
	s.Env.ExtraFloatDigits = int(integer(get("extra_float_digits")))
	s.Env.ByteaEscape = get("bytea_output") == "escape"
	s.SearchPath = splitIdentifiers(get("search_path"))
	switch get("polyreme.read_consistency") {
	case "bounded":
		s.ReadConsistency = Bounded
	case "local":
		s.ReadConsistency = Local
	}
	s.MaxStaleness = duration(get("polyreme.max_staleness"))
	s.CommitTimeout = duration(get("polyreme.commit_timeout"))
	milliseconds := func(name string) time.Duration { return time.Duration(integer(get(name))) * time.Millisecond }
	s.StatementTimeout = milliseconds("statement_timeout")
	s.TransactionLimit = milliseconds("transaction_timeout")
	s.IdleTimeout = milliseconds("idle_session_timeout")
	s.IdleInTransaction = milliseconds("idle_in_transaction_session_timeout")
	s.LockTimeout = milliseconds("lock_timeout")
	s.WorkspaceBytes = integer(get("polyreme.workspace_mem")) << 10
	s.ConformingStrings = get("standard_conforming_strings") == "on"
	s.MessageLevel = slices.Index(Lookup("client_min_messages").Values, get("client_min_messages"))
	var key strings.Builder
	for _, name := range replayed {
		if v, ok := set[lower(name)]; ok && v != Lookup(name).Default {
			s.Replayed = append(s.Replayed, Pair{name, v})
			key.WriteString(name + "=" + v + "\x00")
		}
	}
	if !s.ConformingStrings {
		key.WriteString("standard_conforming_strings=off\x00")
	}
	s.PlanKey = key.String()
	return s
}
