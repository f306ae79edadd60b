package sqlfsm

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// applier is the writer connection and the state machine's state in memory. It
// belongs to the goroutine on which raft applies.
type applier struct {
	store     *Store
	writer    *connection
	applied   applied
	ledger    *ledger
	versions  versions
	sequences *sequences
	advisory  advisory
	deferred  bool // some foreign key is DEFERRABLE INITIALLY DEFERRED
	executor  executor
	decoder   raftlog.Decoder
	batch     raftlog.Batch
	entry     raftlog.Entry
	settings  []raftlog.Setting
	settled   bool // settings are those that the functions see

	notifications notifications

	changes  tableChanges
	snapshot raftlog.Index // that the entry's results were found in; 0 not known
	skipped  uint64        // validated reads that did not run again

	// broken has the entries that SQLite answered by rolling the whole
	// transaction back (the step limit): the group is run again without them.
	broken map[place]raftlog.Result
	undone bool // such a rollback just happened
	where  place
}

// place is an entry's position in the log.
type place struct {
	index    raftlog.Index
	position int
}

const (
	writerStatements = 1024 // prepared statements kept
	// valueBytesMax bounds a value or row that an entry makes; the same on every
	// node, and small enough that every node has the memory.
	valueBytesMax = 256 << 20
)

// openApplier opens the writer, creates the tables of an empty file and loads
// the state.
// lockWait bounds how long a group waits for the write lock. Nobody but the
// writer and a truncating checkpoint, which the token keeps apart, holds it for
// long. But a connection that finds the log's header half changed takes it for a
// moment to read the header again (walIndexReadHdr in SQLite's wal.c).
const lockWait = 10 * time.Second

func openApplier(s *Store) (*applier, error) {
	writer, err := s.connect(sqlite.Config{
		CacheKiB: s.config.WriterCacheKiB, StatementCacheSize: writerStatements, ValueBytesMax: valueBytesMax,
	})
	if err != nil {
		return nil, err
	}
	writer.conn.SetBusyTimeout(lockWait)
	a := &applier{store: s, writer: writer, broken: make(map[place]raftlog.Result)}
	a.sequences = newSequences(writer.conn)
	writer.env.Sequences, writer.env.Notifier = a.sequences, &a.notifications
	a.executor.attach(writer.conn, writer.env)
	a.executor.ran = func(stmt *sqlite.Stmt) { a.changes.note(stmt, a.where.index) }
	writer.env.Transactions = entryXact(0)
	if err := prepareFile(writer.conn); err != nil {
		return nil, errors.Join(err, writer.conn.Close())
	}
	if err := a.reload(); err != nil {
		return nil, errors.Join(err, writer.conn.Close())
	}
	writer.conn.SetVMStepLimit(s.config.stepsMax)
	return a, nil
}

// reload reads all state from the file.
func (a *applier) reload() (err error) {
	conn := a.writer.conn
	if a.applied, err = loadApplied(conn); err != nil {
		return err
	}
	if a.ledger, err = loadLedger(conn); err != nil {
		return err
	}
	if err := a.advisory.load(conn); err != nil {
		return err
	}
	return a.reloadSchema()
}

// reloadSchema reads what depends on the schema.
func (a *applier) reloadSchema() (err error) {
	conn := a.writer.conn
	if a.versions, err = loadVersions(conn); err != nil {
		return err
	}
	a.sequences.forget()
	a.changes.forget(max(a.applied.index, a.where.index))
	conn.DropStatements()
	deferred, err := conn.QueryInt64("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%INITIALLY DEFERRED%'")
	if err != nil {
		return err
	}
	a.deferred = deferred > 0
	return a.store.config.LoadSchema(conn, a.writer.env)
}

// group applies committed raft entries in one transaction and fills results,
// one for each of them. An error is a local fault; nothing was committed then.
func (a *applier) group(logs []*raft.Log, results []any) error {
	clear(a.broken)
	for {
		err := a.attempt(logs, results)
		if err == nil {
			return nil
		}
		if !a.undone {
			return err
		}
		// SQLite undid the group because of one entry, whose result is known
		// now. Start over from the file's state, without that entry.
		a.undone = false
		if err := a.reload(); err != nil {
			return err
		}
	}
}

// errUndone ends an attempt whose transaction SQLite has rolled back.
var errUndone = errors.New("transaction was rolled back by the step limit")

func (a *applier) attempt(logs []*raft.Log, results []any) error {
	conn := a.writer.conn
	a.notifications.take() // of an attempt that SQLite undid
	a.advisory.changes.reset()
	if err := conn.BeginImmediate(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := a.entries(logs, results); err != nil {
		if conn.InTransaction() {
			err = errors.Join(err, conn.Rollback())
		}
		return err
	}
	if err := conn.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// entries applies raft entries within the transaction.
func (a *applier) entries(logs []*raft.Log, results []any) error {
	configured := false
	for i, log := range logs {
		index := raftlog.Index(log.Index)
		if index <= a.applied.index {
			continue // in the file already: raft replays its log after a restart
		}
		switch log.Type {
		case raft.LogCommand:
			decided, err := a.command(index, log.Data)
			if err != nil {
				return fmt.Errorf("apply entry %d: %w", index, err)
			}
			results[i] = decided
		case raft.LogConfiguration:
			a.applied.configuration = append(a.applied.configuration[:0], log.Data...)
			a.applied.configurationIndex = index
			configured = true
		}
		a.applied.index, a.applied.term = index, raftlog.Term(log.Term)
	}
	return a.writeApplied(configured)
}

// writeApplied brings the row of polyreme_applied up to date.
func (a *applier) writeApplied(configured bool) error {
	at := &a.applied
	if configured {
		if err := runWith(a.writer.conn, "UPDATE polyreme_applied SET configuration_index = ?1, configuration = ?2 WHERE id = 1",
			types.IntValue(int64(at.configurationIndex)), types.BlobValue(at.configuration)); err != nil {
			return err
		}
	}
	return runWith(a.writer.conn, "UPDATE polyreme_applied SET idx = ?1, term = ?2, clock = ?3, schema = ?4 WHERE id = 1",
		types.IntValue(int64(at.index)), types.IntValue(int64(at.term)), types.IntValue(at.clock),
		types.IntValue(int64(a.versions.schema())))
}

// command applies the batch of proposals in one raft entry.
func (a *applier) command(index raftlog.Index, data []byte) ([]raftlog.Result, error) {
	if err := a.batch.Decode(data); err != nil {
		return nil, err
	}
	a.applied.clock = max(a.applied.clock, a.batch.Clock)
	a.ledger.begin(index)
	results := make([]raftlog.Result, len(a.batch.Entries))
	for i, encoded := range a.batch.Entries {
		if err := a.decoder.Entry(encoded, &a.entry); err != nil {
			return nil, fmt.Errorf("proposal %d: %w", i, err)
		}
		a.where = place{index, i}
		result, err := a.decide(&a.entry)
		if err != nil {
			return nil, fmt.Errorf("proposal %d: %w", i, err)
		}
		results[i] = result
	}
	if err := a.sequences.flush(); err != nil {
		return nil, err
	}
	return results, a.ledger.flush(a.writer.conn)
}

// decide gives an entry its result: the Ledger's, or that of executing it.
func (a *applier) decide(e *raftlog.Entry) (raftlog.Result, error) {
	conn := a.writer.conn
	control := e.Control()
	switch control {
	case raftlog.OpOpenSession:
		return a.openSession(e)
	case raftlog.OpExpireSessions:
		return a.expireSessions(e)
	}
	if e.Request.IsZero() {
		return a.execute(e, control)
	}
	said, last := a.ledger.judge(e.Request)
	switch said {
	case expired:
		return raftlog.Result{Status: raftlog.SessionExpired}, nil
	case stale:
		return raftlog.Result{Status: raftlog.Stale}, nil
	case answered:
		return a.ledger.outcome(conn, last)
	}
	if err := a.ledger.touch(conn, e.Request.Session, a.applied.clock); err != nil {
		return raftlog.Result{}, err
	}
	result, err := a.execute(e, control)
	if err != nil {
		return result, err
	}
	a.ledger.record(e.Request, &result)
	return result, nil
}

// openSession starts a session under the id that its place in the log gives.
func (a *applier) openSession(e *raftlog.Entry) (raftlog.Result, error) {
	var node types.Value
	if params := e.Operations[0].Params; len(params) > 0 && params[0].Kind == types.Text {
		node = params[0]
	} else {
		node = types.TextValue("")
	}
	id := raftlog.SessionID(a.where.index, a.where.position)
	if err := a.ledger.open(a.writer.conn, id, node, a.applied.clock); err != nil {
		return raftlog.Result{}, err
	}
	return raftlog.Result{Status: raftlog.Applied, Session: id}, nil
}

// expireSessions ends sessions by the log's clock.
func (a *applier) expireSessions(e *raftlog.Entry) (raftlog.Result, error) {
	if params := e.Operations[0].Params; len(params) == 1 && params[0].Kind == types.Int {
		if err := a.ledger.expire(a.writer.conn, params[0].Int64()); err != nil {
			return raftlog.Result{}, err
		}
		if err := a.forgetXacts(); err != nil {
			return raftlog.Result{}, err
		}
	}
	return raftlog.Result{Status: raftlog.Applied}, nil
}

// execute runs an entry that the Ledger has not seen.
func (a *applier) execute(e *raftlog.Entry, control raftlog.OpKind) (raftlog.Result, error) {
	switch control {
	case raftlog.OpFence:
		return raftlog.Result{Status: raftlog.Fenced}, nil
	case raftlog.OpNoop:
		return raftlog.Result{Status: raftlog.Applied}, nil
	case raftlog.OpAdvisory:
		return a.advisory.apply(e)
	case raftlog.OpDrawXacts:
		return a.drawXacts(e)
	case raftlog.OpSettleXact:
		return a.settleXact(e)
	}
	settings, id, err := raftlog.CutXact(e.Settings)
	if err != nil {
		return failed(0, pgerr.New(pgerr.ProtocolViolation, "%v", err)), nil
	}
	if e.Settings = settings; id != 0 {
		return a.executeXact(id, e)
	}
	return a.executeEntry(e)
}

// executeEntry runs the operations of an entry, if they fit the schema.
func (a *applier) executeEntry(e *raftlog.Entry) (raftlog.Result, error) {
	if result, ok := a.broken[a.where]; ok {
		return result, nil
	}
	if refused, err := a.advisory.guarded(e); refused != nil || err != nil {
		return *refused, err
	}
	if !a.versions.hold(e.Dependencies) {
		return raftlog.Result{Status: raftlog.SchemaChanged}, nil
	}
	return a.run(e)
}
