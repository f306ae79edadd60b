package builtin

import (
	"sort"
	"strings"
	"sync"

	"polyreme/pgsql/types"
)

// Table is the whole of what Polyreme knows about PostgreSQL's built-in
// functions and operators. It is immutable; there is one (Builtins).
type Table struct {
	functions       []Function
	functionByName  map[string][]*Function
	functionByOID   map[types.OID]*Function
	operators       []Operator
	operatorByName  map[string][]*Operator
	operatorByOID   map[types.OID]*Operator
	aggregateByFunc map[types.OID]*AggregateRow

	scalars    []scalarEntry
	aggregates []aggregateEntry
	sets       []setEntry
	casts      map[castKey]string

	// orphans are implementations whose key is in no row; a test has it empty.
	orphans []string
}

// builtins holds the table once it is built. It is not an initialised variable
// because the functions in the table look into the table.
var builtins struct {
	once  sync.Once
	table *Table
}

// Builtins returns the table. The first call builds its indexes.
func Builtins() *Table {
	builtins.once.Do(func() { builtins.table = buildTable() })
	return builtins.table
}

// Functions returns the functions called name, in the order of their OIDs,
// implemented or not; those with a Schema are outside of pg_catalog.
func Functions(name string) []*Function { return Builtins().functionByName[name] }

// FunctionByOID returns the function oid, or nil.
func FunctionByOID(oid types.OID) *Function { return Builtins().functionByOID[oid] }

// Operators returns the operators called name, implemented or not.
func Operators(name string) []*Operator { return Builtins().operatorByName[name] }

// OperatorByOID returns the operator oid, or nil.
func OperatorByOID(oid types.OID) *Operator { return Builtins().operatorByOID[oid] }

// AggregateOf returns the pg_aggregate row of the aggregate function oid, or nil.
func AggregateOf(oid types.OID) *AggregateRow { return Builtins().aggregateByFunc[oid] }

// AllFunctions calls yield with each row of pg_proc in the order of OIDs.
func AllFunctions(yield func(*Function) bool) {
	t := Builtins()
	for i := range t.functions {
		if !yield(&t.functions[i]) {
			return
		}
	}
}

// AllOperators calls yield with each row of pg_operator in the order of OIDs.
func AllOperators(yield func(*Operator) bool) {
	t := Builtins()
	for i := range t.operators {
		if !yield(&t.operators[i]) {
			return
		}
	}
}

// implementations lists the rooms of the table; each file has its own.
func implementations() *registry {
	r := newRegistry()
	for _, register := range []func(*registry){
		registerComparisons,
		registerIntegers,
		registerFloats,
		registerNumerics,
		registerAggregates,
		registerText,
		registerLike,
		registerStatistics,
		registerCollectors,
		registerStrings,
		registerBinary,
		registerRegexps,
		registerDatetimes,
		registerArrays,
		registerCalls,
		registerNotify,
		registerACL,
		registerHashes,
		registerFormatting,
		registerSchema,
		registerSession,
		registerSystem,
		registerPrivileges,
		registerJSON,
		registerJSONBuild,
		registerJSONChanges,
		registerJSONSets,
		registerSeries,
		registerMoment,
		registerInputOutput,
		registerPlanner,
		registerSessionSets,
	} {
		register(r)
	}
	return r
}

func buildTable() *Table {
	r := implementations()
	t := &Table{
		functions:       functionTable[:],
		functionByName:  make(map[string][]*Function, len(functionTable)),
		functionByOID:   make(map[types.OID]*Function, len(functionTable)),
		operators:       operatorTable[:],
		operatorByName:  make(map[string][]*Operator, 128),
		operatorByOID:   make(map[types.OID]*Operator, len(operatorTable)),
		aggregateByFunc: make(map[types.OID]*AggregateRow, len(aggregateTable)),
	}
	for i := range t.functions {
		f := &t.functions[i]
		if impl := r.byKey[keyOf(f)]; impl != nil {
			t.implement(f, keyOf(f), impl)
		}
		t.functionByName[f.Name] = append(t.functionByName[f.Name], f)
		t.functionByOID[f.OID] = f
	}
	for i := range t.operators {
		o := &t.operators[i]
		if f := t.functionByOID[o.Func]; f != nil {
			o.SQL = operatorTemplate(o, f.SQL)
		}
		t.operatorByName[o.Name] = append(t.operatorByName[o.Name], o)
		t.operatorByOID[o.OID] = o
	}
	for i := range aggregateTable {
		t.aggregateByFunc[aggregateTable[i].Func] = &aggregateTable[i]
	}
	for key, impl := range r.byKey {
		if !impl.used {
			t.orphans = append(t.orphans, key)
		}
	}
	t.scalars = append(t.scalars, r.extra...)
	t.aggregates = append(t.aggregates, r.aggregates...)
	t.sets = append(t.sets, r.sets...)
	t.addCasts()
	t.sortEntries()
	return t
}

// operatorTemplate is the template of an operator's function. A prefix operator
// has its only operand as $1 like its function.
func operatorTemplate(_ *Operator, sql string) string { return sql }

// overSuffix ends the SQLite name of an aggregate for use with OVER that has no
// inverse of its own.
const overSuffix = "_over"

// implement joins a row with its implementation. The first row with a key makes
// the entry that is registered on connections.
func (t *Table) implement(f *Function, key string, impl *implementation) {
	first := !impl.used
	impl.used = true
	name := sqliteName(key)
	if impl.scalar == nil && impl.aggregate == nil && impl.set == nil {
		f.SQL, f.OverSQL = impl.template, impl.template
		return
	}
	f.Columns, f.BySession = impl.columns, impl.session
	if impl.template != "" {
		f.SQL = name + "(" + impl.template + ")"
	} else {
		f.SQL = callTemplate(name, len(f.Args))
		if !impl.session {
			f.scalar = impl.scalar
		}
	}
	f.OverSQL, f.DistinctSQL = f.SQL, impl.distinct
	if impl.aggregate != nil && !impl.invert {
		f.OverSQL = name + overSuffix + strings.TrimPrefix(f.SQL, name)
	}
	if !first {
		return
	}
	switch {
	case impl.scalar != nil:
		t.scalars = append(t.scalars, scalarEntry{name: name, strict: f.Strict, volatile: f.Volatility == 'v', run: impl.scalar, integer2: impl.integer2})
	case impl.aggregate != nil:
		t.aggregates = append(t.aggregates, aggregateEntry{name: name, skipNulls: impl.skipNulls, invertible: impl.invert, make: impl.aggregate})
		t.aggregates = append(t.aggregates, aggregateEntry{name: name + overSuffix, skipNulls: impl.skipNulls, over: true, invertible: true, make: impl.aggregate})
	default:
		t.sets = append(t.sets, setEntry{name: name, strict: f.Strict, columns: impl.columns, args: templateArgs(f.SQL, len(f.Args)), start: impl.set})
	}
}

// templateArgs counts the arguments of the widest call of a set function.
func templateArgs(sql string, declared int) int {
	n := declared
	for i := 0; i+1 < len(sql); i++ {
		if sql[i] == '@' && sql[i+1] != '*' {
			n++
		}
	}
	return n
}

// sortEntries makes the order of registration independent of everything.
func (t *Table) sortEntries() {
	sort.Slice(t.scalars, func(i, j int) bool { return t.scalars[i].name < t.scalars[j].name })
	sort.Slice(t.aggregates, func(i, j int) bool { return t.aggregates[i].name < t.aggregates[j].name })
	sort.Slice(t.sets, func(i, j int) bool { return t.sets[i].name < t.sets[j].name })
}
