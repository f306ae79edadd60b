package builtin

import "polyreme/pgsql/types"

// Lister is a Session that lists what it holds. Only queries that the client's
// session runs itself have one; anywhere else the functions answer 0A000.
type Lister interface {
	// List returns the rows of the set-returning function with PostgreSQL's
	// prosrc name: show_all_settings, pg_prepared_statement, pg_cursor.
	List(function string) [][]types.Value
}

func registerSessionSets(r *registry) {
	for key, columns := range map[string][]string{
		"show_all_settings": {
			"name", "setting", "unit", "category", "short_desc", "extra_desc", "context", "vartype", "source", "min_val", "max_val",
			"enumvals", "boot_val", "reset_val", "sourcefile", "sourceline", "pending_restart",
		},
		"pg_prepared_statement": {
			"name", "statement", "prepare_time", "parameter_types", "from_sql", "generic_plans", "custom_plans",
		},
		"pg_cursor": {"name", "statement", "is_holdable", "is_binary", "is_scrollable", "creation_time"},
	} {
		r.set(key, "", columns, func(e *Env, _ []types.Value) (Rows, error) {
			lister, ok := e.Session.(Lister)
			if !ok {
				return nil, unsupportedFunction(key)
			}
			return &tableRows{rows: lister.List(key)}, nil
		})
	}
}
