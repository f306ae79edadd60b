package builtin

import (
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/sqlfsm/sqlite"
)

// overridden are SQLite's functions that depend on the clock, on chance, on the
// connection or on the binary. None is ever emitted; a call that gets in by
// another way fails instead of making replicas differ.
var overridden = map[string][]int{
	"random":                    {0},
	"randomblob":                {1},
	"date":                      {-1, 0},
	"time":                      {-1, 0},
	"datetime":                  {-1, 0},
	"julianday":                 {-1, 0},
	"unixepoch":                 {-1, 0},
	"strftime":                  {-1, 0, 1},
	"timediff":                  {2},
	"current_date":              {0},
	"current_time":              {0},
	"current_timestamp":         {0},
	"last_insert_rowid":         {0},
	"changes":                   {0},
	"total_changes":             {0},
	"sqlite_version":            {0},
	"sqlite_source_id":          {0},
	"sqlite_compileoption_get":  {1},
	"sqlite_compileoption_used": {1},
	"load_extension":            {1, 2},
}

func registerOverrides(conn *sqlite.Conn, _ *Env) error {
	for name, arities := range overridden {
		fail := func(ctx *sqlite.Context, _ *sqlite.Args) {
			ctx.ResultError(pgerr.New(pgerr.InternalError, "function %s of the storage engine is not deterministic", name))
		}
		for _, n := range arities {
			if err := conn.CreateFunction(name, n, 0, fail); err != nil {
				return err
			}
		}
	}
	return nil
}

// registerMoment implements time and chance: both come from the Env.
func registerMoment(r *registry) {
	r.scalar("now", func(e *Env, _ []types.Value) (types.Value, error) {
		return types.IntValue(e.Types.TransactionTime), nil
	})
	r.scalar("statement_timestamp", func(e *Env, _ []types.Value) (types.Value, error) { return types.IntValue(e.StatementTime), nil })
	r.scalar("clock_timestamp", func(e *Env, _ []types.Value) (types.Value, error) { return types.IntValue(e.clockTime()), nil })
	r.scalar("drandom", func(e *Env, _ []types.Value) (types.Value, error) {
		return types.FloatValue(float64(e.randomSource().Uint64()>>11) / (1 << 53)), nil
	})
	r.scalar("setseed", func(e *Env, a []types.Value) (types.Value, error) {
		x := a[0].Float8()
		if !(x >= -1 && x <= 1) {
			return types.Value{}, pgerr.New(pgerr.InvalidParameterValue, "setseed parameter %s is out of allowed range [-1,1]", types.AppendFloat(nil, x, 64, 1))
		}
		e.setRandomSeed(uint64(int64(x * (1 << 62))))
		return types.TextBytes(nil), nil
	})
	r.scalar("gen_random_uuid", func(e *Env, _ []types.Value) (types.Value, error) {
		b := append(e.buffer(), make([]byte, 16)...)
		source := e.randomSource()
		_, _ = source.Read(b)
		b[6] = b[6]&0x0f | 0x40
		b[8] = b[8]&0x3f | 0x80
		e.scratch = b
		return types.BlobValue(b), nil
	})
}

func (e *Env) clockTime() int64 {
	if e.Clock != nil {
		return e.Clock()
	}
	return e.Types.TransactionTime
}
