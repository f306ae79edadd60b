package builtin

import (
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// version is what version() says where the session does not know better.
const version = "PostgreSQL 15.0 (Polyreme)"

// needSession makes a function of the session.
func needSession(name string, f func(e *Env, s Session, a []types.Value) (types.Value, error)) Scalar {
	return func(e *Env, a []types.Value) (types.Value, error) {
		if e.Session == nil {
			return types.Value{}, unsupportedFunction(name)
		}
		return f(e, e.Session, a)
	}
}

// fact answers what only the process knows.
func fact(name string) Scalar {
	return func(e *Env, _ []types.Value) (types.Value, error) {
		if e.Session == nil {
			return types.Value{}, nil
		}
		return e.Session.Fact(name), nil
	}
}

func registerSession(r *registry) {
	r.scalar("pgsql_version", func(e *Env, _ []types.Value) (types.Value, error) {
		if e.Session != nil {
			if v := e.Session.Fact("version"); !v.IsNull() {
				return v, nil
			}
		}
		return types.TextValue(version), nil
	})
	r.scalar("current_database", needSession("current_database", func(_ *Env, s Session, _ []types.Value) (types.Value, error) {
		return types.TextValue(s.Database()), nil
	}))
	r.scalar("current_user", needSession("current_user", func(_ *Env, s Session, _ []types.Value) (types.Value, error) {
		return types.TextValue(s.CurrentUser()), nil
	}))
	r.scalar("session_user", needSession("session_user", func(_ *Env, s Session, _ []types.Value) (types.Value, error) {
		return types.TextValue(s.SessionUser()), nil
	}))
	r.scalar("current_schema", func(e *Env, _ []types.Value) (types.Value, error) {
		if path := e.existing(e.namedPath()); len(path) > 0 {
			return types.TextValue(path[0]), nil
		}
		return types.Value{}, nil
	})
	r.scalar("current_schemas", func(e *Env, a []types.Value) (types.Value, error) {
		if !a[0].Bool() {
			return e.textArray(e.existing(e.namedPath())), nil
		}
		path := e.existing(e.searchPath())
		if !contains(path, "pg_catalog") {
			path = append([]string{"pg_catalog"}, path...)
		}
		return e.textArray(path), nil
	})
	r.scalar("pg_backend_pid", needSession("pg_backend_pid", func(_ *Env, s Session, _ []types.Value) (types.Value, error) {
		return types.IntValue(s.BackendPID()), nil
	}))
	registerSettings(r)
	registerFacts(r)
	registerTemporary(r)
	registerSequences(r)
	registerTransactions(r)
	registerEncodings(r)
}

// existing leaves the schemas out that do not exist.
func (e *Env) existing(path []string) []string {
	if e.Catalog == nil {
		return path
	}
	found := make([]string, 0, len(path))
	for _, name := range path {
		if _, ok, err := e.Catalog.Resolve(types.RegnamespaceOID, QuoteIdentifier(name), nil); ok && err == nil {
			found = append(found, name)
		}
	}
	return found
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func registerSettings(r *registry) {
	show := needSession("current_setting", func(_ *Env, s Session, a []types.Value) (types.Value, error) {
		if v, ok := s.Setting(string(a[0].Bytes)); ok {
			return types.TextValue(v), nil
		}
		if len(a) > 1 && a[1].Bool() {
			return types.Value{}, nil
		}
		return types.Value{}, pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter \"%s\"", a[0].Bytes)
	})
	r.scalar("show_config_by_name", show)
	r.scalar("show_config_by_name_missing_ok", show)
	r.scalar("set_config_by_name", needSession("set_config", func(_ *Env, s Session, a []types.Value) (types.Value, error) {
		if a[0].IsNull() {
			return types.Value{}, pgerr.New(pgerr.NullValueNotAllowed, "SET requires parameter name")
		}
		v, err := s.SetSetting(string(a[0].Bytes), string(a[1].Bytes), a[2].Bool())
		if err != nil {
			return types.Value{}, err
		}
		return types.TextValue(v), nil
	}))
}

func registerFacts(r *registry) {
	r.scalar("pg_postmaster_start_time", fact("server_start_time"))
	r.scalar("pg_conf_load_time", fact("conf_load_time"))
	r.scalar("inet_client_addr", fact("client_addr"))
	r.scalar("inet_client_port", fact("client_port"))
	r.scalar("inet_server_addr", fact("server_addr"))
	r.scalar("inet_server_port", fact("server_port"))
	r.scalar("current_query", fact("query"))
	r.native("0", "pg_is_in_recovery", "pg_jit_available", "pg_trigger_depth")
	r.native("(0 AND $1)", "row_security_active", "row_security_active_name",
		"pg_relation_is_publishable", "pg_stat_get_numscans", "pg_stat_get_live_tuples", "pg_stat_get_dead_tuples")
	// The argument stays in the text: a parameter in it must be bound.
	r.native("(CASE WHEN $1 IS NULL THEN @1 ELSE @1 END)", "pg_typeof")
	r.typed("pg_collation_for", "@1,$1", func(_ *Env, a []types.Value) (types.Value, error) {
		oid := types.OID(a[0].Int64())
		if elem := types.ElemOf(oid); elem != 0 {
			oid = elem
		}
		t := types.ByOID(oid)
		switch {
		case t == nil || t.Collation == 0 && oid != types.UnknownOID:
			return types.Value{}, pgerr.New(pgerr.DatatypeMismatch, "collations are not supported by type %s", types.FormatType(oid, -1))
		case oid == types.NameOID:
			return types.TextValue(`"C"`), nil
		}
		return types.TextValue(`"default"`), nil
	})
	r.typed("pg_column_size", "$1,@1", func(e *Env, a []types.Value) (types.Value, error) {
		return types.IntValue(columnSize(e, types.OID(a[1].Int64()), a[0])), nil
	})
	r.scalar("timeofday", func(e *Env, _ []types.Value) (types.Value, error) {
		return types.TextValue(timeOfDay(e)), nil
	})
}

// columnSize is the size that PostgreSQL's in-memory form would have.
func columnSize(e *Env, oid types.OID, v types.Value) int64 {
	t := types.ByOID(oid)
	switch {
	case t != nil && t.Len > 0:
		return int64(t.Len)
	case v.Kind == types.Text || v.Kind == types.Blob:
		return int64(len(v.Bytes)) + 4
	}
	return int64(len(types.AppendText(nil, oid, -1, v, &e.Types))) + 4
}

func registerSequences(r *registry) {
	need := func(name string, f func(s Sequences, a []types.Value) (types.Value, error)) Scalar {
		return func(e *Env, a []types.Value) (types.Value, error) {
			if e.Sequences == nil {
				return types.Value{}, unsupportedFunction(name)
			}
			return f(e.Sequences, a)
		}
	}
	r.scalar("nextval_oid", need("nextval", func(s Sequences, a []types.Value) (types.Value, error) {
		return integer(s.NextValue(uint32(a[0].Int64())))
	}))
	r.scalar("currval_oid", need("currval", func(s Sequences, a []types.Value) (types.Value, error) {
		return integer(s.CurrentValue(uint32(a[0].Int64())))
	}))
	r.scalar("lastval", need("lastval", func(s Sequences, _ []types.Value) (types.Value, error) { return integer(s.LastValue()) }))
	r.scalar("setval_oid", need("setval", func(s Sequences, a []types.Value) (types.Value, error) {
		return a[1], s.SetValue(uint32(a[0].Int64()), a[1].Int64(), true)
	}))
	r.scalar("setval3_oid", need("setval", func(s Sequences, a []types.Value) (types.Value, error) {
		return a[1], s.SetValue(uint32(a[0].Int64()), a[1].Int64(), a[2].Bool())
	}))
}

// encodingNames are PostgreSQL's encodings by their numbers.
var encodingNames = [...]string{
	"SQL_ASCII", "EUC_JP", "EUC_CN", "EUC_KR", "EUC_TW", "EUC_JIS_2004", "UTF8", "MULE_INTERNAL", "LATIN1", "LATIN2",
	"LATIN3", "LATIN4", "LATIN5", "LATIN6", "LATIN7", "LATIN8", "LATIN9", "LATIN10", "WIN1256", "WIN1258", "WIN866",
	"WIN874", "KOI8R", "WIN1251", "WIN1252", "ISO_8859_5", "ISO_8859_6", "ISO_8859_7", "ISO_8859_8", "WIN1250",
	"WIN1253", "WIN1254", "WIN1255", "WIN1257", "KOI8U", "SJIS", "BIG5", "GBK", "UHC", "GB18030", "JOHAB", "SHIFT_JIS_2004",
}

func registerEncodings(r *registry) {
	r.scalar("PG_encoding_to_char", func(_ *Env, a []types.Value) (types.Value, error) {
		if n := a[0].Int64(); n >= 0 && n < int64(len(encodingNames)) {
			return types.TextValue(encodingNames[n]), nil
		}
		return types.TextValue(""), nil
	})
	r.scalar("PG_char_to_encoding", func(_ *Env, a []types.Value) (types.Value, error) {
		want := encodingName(a[0].Bytes)
		if want == "unicode" {
			want = "utf8"
		}
		for i, name := range encodingNames {
			if encodingName([]byte(name)) == want {
				return types.IntValue(int64(i)), nil
			}
		}
		return types.IntValue(-1), nil
	})
	r.native("'UTF8'", "getdatabaseencoding", "pg_client_encoding")
	r.native("(CASE $1 WHEN 6 THEN 4 ELSE 1 END)", "pg_encoding_max_length_sql")
}

// timeOfDay is timeofday(): the clock in the old text form.
func timeOfDay(e *Env) string {
	env := e.Types
	env.DateOutput = types.DatePostgres
	return string(types.AppendText(nil, types.TimestamptzOID, -1, types.IntValue(e.clockTime()), &env))
}
