package builtin

import (
	"strings"

	"polyreme/pgsql/types"
)

// Lister is a Session that lists what it holds. Only queries that the client's
// session runs itself have one; anywhere else the functions answer 0A000.
type Lister interface {
	// List returns the rows of the set-returning function with PostgreSQL's
	// prosrc name: show_all_settings, pg_prepared_statement, pg_cursor,
	// pg_stat_get_activity, pg_listening_channels, pg_lock_status.
	List(function string, args []types.Value) [][]types.Value
}

func registerSessionSets(r *registry) {
	for key, args := range map[string]string{
		"show_all_settings": "", "pg_prepared_statement": "", "pg_cursor": "", "pg_stat_get_activity": "$1",
		"pg_listening_channels": "",
		"pg_lock_status":        "",
	} {
		r.set(key, args, outColumns(key), func(e *Env, a []types.Value) (Rows, error) {
			lister, ok := e.Session.(Lister)
			if !ok {
				return nil, unsupportedFunction(key)
			}
			return &tableRows{rows: lister.List(key, a)}, nil
		})
	}
	registerCounters(r)
	expand := sqliteName("_pg_expandarray(anyarray)")
	r.native("(SELECT e.n FROM pg_index AS i, "+expand+"(i.indkey) AS e WHERE i.indexrelid = $1 AND e.x = $2)",
		"_pg_index_position(oid,int2)")
}

// outColumns returns the names of the output columns of a function; one that
// returns a type has a single column.
func outColumns(source string) []string {
	var names []string
	for i := range functionTable {
		f := &functionTable[i]
		if f.Source != source {
			continue
		}
		for n, mode := range f.ArgModes {
			if mode == 'o' {
				names = append(names, f.ArgNames[n])
			}
		}
		break
	}
	if names == nil {
		return []string{"value"}
	}
	return names
}

// registerCounters makes the statistics of tables what they are in PostgreSQL
// with track_counts off: counters are zero, and nothing has happened yet.
func registerCounters(r *registry) {
	for i := range functionTable {
		f := &functionTable[i]
		if !strings.HasPrefix(f.Name, "pg_stat_get_") || f.ReturnsSet || len(f.AllArgs) > 0 || r.byKey[f.Source] != nil {
			continue
		}
		value := "0"
		switch f.Result {
		case types.Int8OID:
		case types.Float8OID:
			value = "0.0"
		case types.TimestamptzOID:
			value = "NULL"
		default:
			continue
		}
		switch {
		case len(f.Args) == 0:
			r.native(value, f.Source)
		case len(f.Args) == 1 && f.Args[0] == types.OidOID:
			r.native("(CASE WHEN $1 IS NOT NULL THEN "+value+" END)", f.Source)
		}
	}
}
