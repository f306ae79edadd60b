package plan

import (
	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
)

// notify plans NOTIFY: a call of pg_notify() without its row.
func (a *analyzer) notify(s *ast.NotifyStmt) *Statement {
	a.check(-1, builtin.CheckNotification(s.Channel, s.Payload))
	a.notifies = true
	return &Statement{
		Kind: Write, Tag: "NOTIFY", Bounded: true,
		Ops: []Op{{
			SQL:    "SELECT pg_notify(?1, ?2)",
			Params: []types.Value{types.TextValue(s.Channel), types.TextValue(s.Payload)},
		}},
	}
}

// OnlyNotifies tells whether a write changes no data, but sends notifications.
// It is allowed in read-only transactions, as in PostgreSQL.
func (st *Statement) OnlyNotifies() bool {
	return st.Kind == Write && st.Notifies && !st.UsesSequence && (st.Tag == "NOTIFY" || st.Tag == "SELECT")
}
