package builtin

import (
	"bytes"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerPlanner registers what the planner emits besides functions of
// PostgreSQL:
//
//	pg_single(x)                  aggregate: the one value of a scalar sub-query
//	pg_limit(n), pg_offset(n)     checked counts of LIMIT and OFFSET
//	pg_raise(code, message)       fails; up to six more arguments are the error's
//	                              detail, schema, table, column, constraint, hint
//	row_text(oid, value, ...)     text form of a row
//	row_json(name, oid, value, ...) the object that row_to_json makes of a row
func registerPlanner(r *registry) {
	r.aggregates = append(r.aggregates, aggregateEntry{name: "pg_single", make: func() Aggregate { return &single{} }})
	r.support("pg_limit", false, func(_ *Env, a []types.Value) (types.Value, error) {
		return rowCount(a[0], types.IntValue(-1), pgerr.InvalidRowCountInLimit, "LIMIT must not be negative")
	})
	r.support("pg_offset", false, func(_ *Env, a []types.Value) (types.Value, error) {
		return rowCount(a[0], types.IntValue(0), pgerr.InvalidRowCountInOffset, "OFFSET must not be negative")
	})
	r.supportVolatile("pg_raise", false, func(_ *Env, a []types.Value) (types.Value, error) {
		e := &pgerr.Error{}
		fields := [...]*string{&e.Code, &e.Message, &e.Detail, &e.Schema, &e.Table, &e.Column, &e.Constraint, &e.Hint}
		for i := range min(len(a), len(fields)) {
			*fields[i] = string(a[i].Bytes)
		}
		return types.Value{}, e
	})
	r.support("row_text", false, rowText)
	r.support("row_json", false, rowJSON)
}

// single is the state of pg_single: one row, or an error.
type single struct {
	seen  bool
	value types.Value
}

func (s *single) Step(_ *Env, a []types.Value) error {
	if s.seen {
		return pgerr.New(pgerr.CardinalityViolation, "more than one row returned by a subquery used as an expression")
	}
	s.seen, s.value = true, a[0].Clone()
	return nil
}

func (s *single) Result(*Env) (types.Value, error) { return s.value, nil }

func rowCount(n, null types.Value, code, message string) (types.Value, error) {
	switch {
	case n.IsNull():
		return null, nil
	case n.Int64() < 0:
		return types.Value{}, pgerr.New(code, "%s", message)
	}
	return n, nil
}

// rowText is record_out: (1,"a b",), quoted as PostgreSQL quotes it.
func rowText(e *Env, a []types.Value) (types.Value, error) {
	b := append(e.buffer(), '(')
	for i := 0; i+1 < len(a); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		if a[i+1].IsNull() {
			continue
		}
		oid := types.OID(a[i].Int64())
		if oid == types.RecordOID {
			b = appendField(b, a[i+1].Bytes)
			continue
		}
		b = appendField(b, types.AppendText(nil, oid, -1, a[i+1], &e.Types))
	}
	b = append(b, ')')
	e.scratch = b
	return types.TextBytes(b), nil
}

// appendField writes a field of a row, in quotes where its text needs them.
func appendField(b, text []byte) []byte {
	if len(text) > 0 && !bytes.ContainsAny(text, "\"\\(), \t\n\r\v\f") {
		return append(b, text...)
	}
	b = append(b, '"')
	for _, c := range text {
		if c == '"' || c == '\\' {
			b = append(b, c)
		}
		b = append(b, c)
	}
	return append(b, '"')
}

func rowJSON(e *Env, a []types.Value) (types.Value, error) {
	b := append(e.buffer(), '{')
	for i := 0; i+2 < len(a); i += 3 {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(types.AppendJSONString(b, a[i].Bytes), ':')
		oid := types.OID(a[i+1].Int64())
		if oid == types.RecordOID && !a[i+2].IsNull() {
			b = append(b, a[i+2].Bytes...)
			continue
		}
		b = e.appendJSON(b, oid, a[i+2])
	}
	b = append(b, '}')
	e.scratch = b
	return types.TextBytes(b), nil
}
