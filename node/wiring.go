package node

import (
	"time"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/settings"
	"polyreme/raftlog"
	"polyreme/session"
	"polyreme/sqlfsm/sqlite"
)

// replaySettings makes env hold the settings that an entry carries and the
// defaults of all others. It is deterministic.
func replaySettings(env *builtin.Env, entry []raftlog.Setting) error {
	state := defaultSettings
	if len(entry) > 0 {
		pairs := make([]settings.Pair, len(entry))
		for i, s := range entry {
			pairs[i] = settings.Pair(s)
		}
		var err error
		if state, err = settings.FromPairs(pairs); err != nil {
			return err
		}
	}
	env.Types = state.Env
	env.Session = session.ReplayFacts(state)
	return nil
}

// loadSchema makes env know the schema that conn sees. It is read when a
// function first asks for it. One that cannot be read is a local fault, which
// the statement that asked reports by its panic.
func loadSchema(conn *sqlite.Conn, env *builtin.Env) error {
	var loaded *catalog.Catalog
	env.Catalog = session.ReplayCatalog(env, func() *catalog.Catalog {
		if loaded == nil {
			var err error
			if loaded, err = session.LoadCatalog(conn); err != nil {
				panic(err)
			}
		}
		return loaded
	})
	return nil
}

// defaultSettings is never changed.
var defaultSettings = settings.New()

// genesisEntry is what a new cluster's log begins with: the catalog. It
// depends on the schema being empty, so that a second one changes nothing.
func genesisEntry() *raftlog.Entry {
	e := &raftlog.Entry{
		Moment:        raftlog.Moment{Time: time.Now().UnixMicro() - postgresEpoch},
		Dependencies:  []raftlog.Dependency{{Relation: 0, Version: 0}},
		ChangesSchema: true,
	}
	for _, op := range catalog.Genesis() {
		e.Operations = append(e.Operations, raftlog.Operation{Kind: raftlog.OpExec, SQL: op.SQL, Params: op.Params, Sets: op.Sets})
	}
	return e
}

// postgresEpoch is 2000-01-01 UTC in Unix microseconds.
const postgresEpoch = 946684800 * 1_000_000
