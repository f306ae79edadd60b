package builtin

import (
	"strings"
	"sync"

	"polyreme/pgsql/types"
)

// Scalar is a Go implementation of a function. The arguments are in storage
// form and alias the statement's memory; the result may alias the arguments or
// the scratch memory of e, until the next call with the same Env.
type Scalar func(e *Env, a []types.Value) (types.Value, error)

// Aggregate is the state of one group (or of one window frame).
type Aggregate interface {
	// Step takes in one row. What it keeps it must copy.
	Step(e *Env, a []types.Value) error
	// Result returns the value of the rows so far; it may be called again after
	// more rows where the aggregate is used over a window.
	Result(e *Env) (types.Value, error)
}

// Inverter is an Aggregate that can take the oldest row out again.
type Inverter interface {
	Aggregate
	Inverse(e *Env, a []types.Value) error
}

// Rows is what a set-returning function yields, one row at a time. The values
// are valid until the next call.
type Rows interface {
	// Next returns nil after the last row.
	Next() ([]types.Value, error)
}

// SetFunction starts a set-returning function. It gets its arguments also where
// one is NULL only if the function is not strict.
type SetFunction func(e *Env, a []types.Value) (Rows, error)

// scalarEntry is a Go function to be registered on connections.
type scalarEntry struct {
	name     string
	strict   bool
	volatile bool
	run      Scalar
	integer2 func(x, y int64) (int64, error)
}

type aggregateEntry struct {
	name       string
	skipNulls  bool // rows with a NULL argument are not seen (a strict transition)
	invertible bool
	over       bool // keeps the rows of its frame to start again from them
	make       func() Aggregate
}

type setEntry struct {
	name    string
	strict  bool
	columns []string
	args    int // arguments in the longest call
	start   SetFunction
}

// implementation is how one key is computed, before it meets its rows.
type implementation struct {
	template  string // native, or a call other than name($1,...)
	scalar    Scalar
	integer2  func(x, y int64) (int64, error)
	aggregate func() Aggregate
	set       SetFunction
	skipNulls bool
	invert    bool
	columns   []string
	distinct  string // template with one argument, for DISTINCT
	session   bool   // served by Caller
	used      bool
}

// registry collects implementations by key: prosrc for PostgreSQL's internal
// functions, name(argtype,argtype) for aggregates and those written in SQL.
type registry struct {
	byKey map[string]*implementation
	extra []scalarEntry // functions that are in no row of pg_proc
	sets  []setEntry

	aggregates []aggregateEntry // that are in no row of pg_proc
}

func newRegistry() *registry {
	return &registry{byKey: make(map[string]*implementation, 2000)}
}

func (r *registry) add(key string, i *implementation) {
	if r.byKey[key] != nil {
		panic("builtin: " + key + " is implemented twice")
	}
	r.byKey[key] = i
}

// native implements the keys by a template over SQLite's expressions.
func (r *registry) native(template string, keys ...string) {
	for _, k := range keys {
		r.add(k, &implementation{template: template})
	}
}

// scalar implements key by a Go function that is called with its arguments.
func (r *registry) scalar(key string, f Scalar) { r.add(key, &implementation{scalar: f}) }

// integer2 implements key by a function of two integers, which is called without
// building Values.
func (r *registry) integer2(key string, f func(x, y int64) (int64, error)) {
	r.add(key, &implementation{integer2: f, scalar: func(_ *Env, a []types.Value) (types.Value, error) {
		n, err := f(a[0].Int64(), a[1].Int64())
		return types.IntValue(n), err
	}})
}

// typed implements key by a Go function that is called with args, a template of
// an argument list that may name types ("$1,$2,@2").
func (r *registry) typed(key, args string, f Scalar) {
	r.add(key, &implementation{scalar: f, template: args})
}

// support registers a Go function that has no row in pg_proc, for templates,
// casts and the planner.
func (r *registry) support(name string, strict bool, f Scalar) {
	r.extra = append(r.extra, scalarEntry{name: name, strict: strict, run: f})
}

// supportVolatile is support for a function whose calls differ.
func (r *registry) supportVolatile(name string, strict bool, f Scalar) {
	r.extra = append(r.extra, scalarEntry{name: name, strict: strict, volatile: true, run: f})
}

// aggregate implements key; rows with a NULL argument are left out where
// skipNulls. The first value of newState tells whether it can be inverted.
func (r *registry) aggregate(key, args string, skipNulls bool, newState func() Aggregate) {
	_, invert := newState().(Inverter)
	r.add(key, &implementation{aggregate: newState, skipNulls: skipNulls, invert: invert, template: args})
}

// set implements key by a table-valued function with the given columns.
func (r *registry) set(key, args string, columns []string, start SetFunction) {
	r.add(key, &implementation{set: start, columns: columns, template: args})
}

// supportSet registers a table-valued function without a row in pg_proc.
func (r *registry) supportSet(name string, args int, columns []string, start SetFunction) {
	r.sets = append(r.sets, setEntry{name: name, args: args, columns: columns, start: start})
}

// keyOf returns the key under which f's implementation is registered.
func keyOf(f *Function) string {
	if f.Kind == 'f' && f.Language == 'i' || f.Kind == 'w' {
		return f.Source
	}
	var b strings.Builder
	b.WriteString(f.Name)
	b.WriteByte('(')
	for i, a := range f.Args {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(typeName(a))
	}
	b.WriteByte(')')
	return b.String()
}

func typeName(oid types.OID) string {
	if t := types.ByOID(oid); t != nil {
		return t.Name
	}
	return "unknown"
}

// sqliteName makes a name for SQLite from a key.
func sqliteName(key string) string {
	name := strings.TrimRight(strings.NewReplacer("(", "_", ",", "_", ")", "").Replace(key), "_")
	if sqliteNames()[name] {
		return "pg_" + name
	}
	return name
}

// sqliteNames are the functions that SQLite brings along (or would, with other
// options): its schema code calls some, so ours must not take their names.
var sqliteNames = sync.OnceValue(func() map[string]bool {
	names := make(map[string]bool, 256)
	for _, n := range strings.Fields(sqliteNameList) {
		names[n] = true
	}
	return names
})

const sqliteNameList = `
abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce concat concat_ws
cos cosh count cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp
first_value floor format fts5 geopoly_area glob group_concat hex highlight if ifnull iif instr json json_array
json_array_length json_each json_error_position json_extract json_group_array json_group_object json_insert
json_object json_patch json_pretty json_quote json_remove json_replace json_set json_tree json_type json_valid
jsonb jsonb_array jsonb_each jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object
jsonb_patch jsonb_remove jsonb_replace jsonb_set jsonb_tree julianday lag last_insert_rowid last_value lead length like
likelihood likely ln load_extension log log10 log2 lower ltrim match matchinfo max median min mod nth_value ntile
nullif octet_length offsets optimize percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians
random randomblob rank regexp replace round row_number rtrim sign sin sinh snippet soundex sqlite_version
sqrt stddev strftime string_agg substr substring subtype sum tan tanh time timediff total total_changes trim trunc
typeof unhex unicode unistr unistr_quote unixepoch unlikely upper variance zeroblob generate_series`
