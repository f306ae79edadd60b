package session

import (
	"context"
	"time"

	"polyreme/pgsql/catalog"
	"polyreme/raftlog"
)

// sweeper drops the temporary relations that sessions have left behind: whose node
// died, or could not reach the others when they ended. It works on the leader only.
type sweeper struct {
	manager *Manager
	stop    context.CancelFunc
	swept   chan struct{} // closed when run has ended; nil: never started
}

const (
	// sweepInterval is how often schemas without an owner are looked for.
	sweepInterval = time.Second
	// sweepLimit bounds one attempt to drop what is in one.
	sweepLimit = 10 * time.Second
)

func (w *sweeper) start() {
	ctx, stop := context.WithCancel(context.Background())
	w.stop, w.swept = stop, make(chan struct{})
	go func() {
		defer close(w.swept)
		w.run(ctx)
	}()
}

func (w *sweeper) close() {
	if w.swept != nil {
		w.stop()
		<-w.swept
	}
}

func (w *sweeper) run(ctx context.Context) {
	look := time.NewTicker(sweepInterval)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if leads := w.manager.config.Leads; leads == nil || leads() {
				w.sweep(ctx)
			}
		case <-ctx.Done():
			return
		}
	}
}

// sweep drops the contents of the schemas whose lock nobody has. A session that
// takes the lock meanwhile does not use the schema before it is empty, and what it
// makes there then has another schema version than the drop depends on.
func (w *sweeper) sweep(ctx context.Context) {
	m := w.manager
	cat, err := m.current(ctx)
	if err != nil || cat.Version != uint64(m.config.Store.SchemaVersion()) {
		return // newer than the locks that can be seen: the next time
	}
	schemas := cat.TemporarySchemas()
	if len(schemas) == 0 {
		return
	}
	// After the catalog: who has made one of its relations is among the owners.
	owned := map[string]bool{}
	for _, row := range m.config.Store.AdvisoryLocks() {
		if row.Lock.Temporary {
			owned[catalog.TemporarySchema(row.Lock.Key)] = true
		}
	}
	for _, s := range schemas {
		if !owned[s.Name] {
			w.empty(ctx, cat, s.Name)
		}
	}
}

// empty drops what the schema has in cat.
func (w *sweeper) empty(ctx context.Context, cat *catalog.Catalog, schema string) {
	ctx, done := context.WithTimeout(ctx, sweepLimit)
	defer done()
	m := w.manager
	dropped, err := m.dropTemporary(ctx, cat, schema, func(ctx context.Context, e *raftlog.Entry) (raftlog.Result, error) {
		result, _, err := m.config.Log.Propose(ctx, e)
		return result, err
	})
	if dropped && err == nil {
		m.config.Logger.Info("temporary relations without a session dropped", "schema", schema)
		return
	}
	m.config.Logger.Debug("temporary relations without a session not dropped yet", "schema", schema, "err", err)
}
