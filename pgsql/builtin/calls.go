package builtin

import "polyreme/pgsql/types"

// Caller is a Session that serves functions with effects outside of the
// database: locks between sessions, waiting, cancelling. They
// exist only where a client's session runs the statement itself; anywhere else
// they answer 0A000.
type Caller interface {
	// Call runs the function with PostgreSQL's prosrc name
	// (pg_advisory_lock_int8, pg_sleep ...). Args may hold NULL only where
	// PostgreSQL's function is not strict.
	Call(function string, args []types.Value) (types.Value, error)
}

func registerCalls(r *registry) {
	keys := []string{
		"pg_sleep", "pg_sleep_for(interval)", "pg_sleep_until(timestamptz)", "pg_cancel_backend", "pg_terminate_backend",
		"pg_reload_conf", "pg_export_snapshot", "pg_blocking_pids",
		"pg_advisory_unlock_all",
	}
	for _, lock := range []string{
		"pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared",
		"pg_try_advisory_lock", "pg_try_advisory_lock_shared", "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared",
		"pg_advisory_unlock", "pg_advisory_unlock_shared",
	} {
		keys = append(keys, lock+"_int8", lock+"_int4")
	}
	r.native("(SELECT last_value FROM polyreme_sequence WHERE oid = $1 AND is_called)", "pg_sequence_last_value")
	for _, key := range keys {
		name := sqliteName(key)
		r.scalar(key, func(e *Env, a []types.Value) (types.Value, error) {
			caller, ok := e.Session.(Caller)
			if !ok {
				return types.Value{}, unsupportedFunction(name)
			}
			return caller.Call(name, a)
		})
		r.byKey[key].session = true
	}
}
