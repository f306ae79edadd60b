package builtin

import "polyreme/pgsql/types"

// Function is one row of pg_proc. The names of its fields follow the columns.
// Rows are shared and must not be changed.
type Function struct {
	OID        types.OID
	Name       string
	Schema     string // "" is pg_catalog
	Language   byte   // 'i' internal, 'c', 's' sql
	Kind       byte   // 'f' function, 'a' aggregate, 'w' window function
	Cost       float32
	Rows       float32
	Variadic   types.OID // type of the elements of the VARIADIC array, 0 none
	Support    string
	Leakproof  bool
	Strict     bool
	ReturnsSet bool
	Volatility byte // 'i' immutable, 's' stable, 'v' volatile
	Parallel   byte
	Result     types.OID
	Args       []types.OID // types of the input arguments
	AllArgs    []types.OID // with the OUT arguments, or nil where there are none
	ArgModes   string      // one letter for each of AllArgs: i, o, b, v, t
	ArgNames   []string
	Defaults   []string // PostgreSQL expressions of the last len(Defaults) arguments
	Source     string   // prosrc, "" for functions written in SQL

	// SQL is the template of a call, "" where the function is not implemented.
	// For a set-returning function it is a table-valued function for FROM.
	SQL string
	// OverSQL is the template of an aggregate or window function with OVER.
	OverSQL string
	// DistinctSQL is the template of an aggregate with DISTINCT, where it is
	// another than SQL: SQLite allows DISTINCT with one argument only. DISTINCT
	// goes after its first parenthesis.
	DistinctSQL string
	// Columns are the visible columns of a set-returning function's table.
	Columns []string

	// BySession tells that the call goes to the session (Caller): it works only
	// where a client's session runs the statement itself.
	BySession bool

	scalar Scalar
}

// Implemented tells whether a call of f can be emitted.
func (f *Function) Implemented() bool { return f.SQL != "" }

// Signature returns name(type, type), as PostgreSQL's messages write it.
func (f *Function) Signature() string {
	s := f.Name + "("
	for i, a := range f.Args {
		if i > 0 {
			s += ", "
		}
		s += types.FormatType(a, -1)
	}
	return s + ")"
}

// Eval calls a scalar implementation outside of SQLite, to fold constants. It
// answers ok = false where f has none that works without a connection. Strict
// functions yield NULL for a NULL argument.
func (f *Function) Eval(env *Env, args []types.Value) (v types.Value, ok bool, err error) {
	if f.scalar == nil {
		return types.Value{}, false, nil
	}
	if f.Strict && anyNull(args) {
		return types.Value{}, true, nil
	}
	v, err = f.scalar(env, args)
	return v.Clone(), true, err
}

func anyNull(args []types.Value) bool {
	for i := range args {
		if args[i].Kind == types.Null {
			return true
		}
	}
	return false
}

// Operator is one row of pg_operator.
type Operator struct {
	OID        types.OID
	Name       string
	Left       types.OID // 0: prefix operator
	Right      types.OID
	Result     types.OID
	Func       types.OID
	Commutator types.OID
	Negator    types.OID
	CanMerge   bool
	CanHash    bool
	Restrict   string
	Join       string

	// SQL is the template of its function, "" where it is not implemented.
	SQL string
}

// Implemented tells whether the operator can be emitted.
func (o *Operator) Implemented() bool { return o.SQL != "" }

// AggregateRow is one row of pg_aggregate.
type AggregateRow struct {
	Func              types.OID
	Kind              byte // 'n' normal, 'o' ordered set, 'h' hypothetical set
	DirectArgs        int
	Transition        string
	Final             string
	Combine           string
	Serial            string
	Deserial          string
	MovingTransition  string
	MovingInverse     string
	MovingFinal       string
	FinalExtra        bool
	MovingFinalExtra  bool
	FinalModify       byte
	MovingFinalModify byte
	SortOperator      types.OID
	State             types.OID
	StateSpace        int
	MovingState       types.OID
	MovingStateSpace  int
	Initial           string
	MovingInitial     string
}
