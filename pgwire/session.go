package pgwire

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/pgwire/pgerr"
)

// Session is one client's state as the protocol sees it. Its methods are
// called by one goroutine, in the order of the client's messages; ctx ends
// when the client cancels the statement, disconnects or the server stops. An
// error that a method returns is sent to the client; the session itself marks
// its transaction as failed.
type Session interface {
	// Query runs the statements of a simple query string and answers each.
	Query(ctx context.Context, sql string, r *Reply) error

	Parse(ctx context.Context, name, sql string, paramTypes []uint32, r *Reply) error
	// Bind makes a portal. The message's slices are valid during the call only.
	Bind(ctx context.Context, m *pgproto3.Bind, r *Reply) error
	DescribeStatement(ctx context.Context, name string, r *Reply) error
	DescribePortal(ctx context.Context, name string, r *Reply) error
	// Execute runs a portal, up to rowsMax rows when it is not 0. lastInBatch
	// tells that a Sync has arrived right behind the message.
	Execute(ctx context.Context, portal string, rowsMax uint32, lastInBatch bool, r *Reply) error
	CloseStatement(name string) error
	ClosePortal(name string) error
	// Flush settles the answers that are held.
	Flush(ctx context.Context, r *Reply) error
	// Sync ends the implicit transaction: it commits, or rolls back after Fail.
	Sync(ctx context.Context, r *Reply) error
	// Fail tells that an error was sent which the session did not return.
	Fail()

	// Deliver sends what has come for the client from elsewhere, if its
	// transaction is over. It is called before each ReadyForQuery, and after
	// Startup.Wake while the client is idle.
	Deliver(r *Reply) error

	// TxStatus is the indicator of ReadyForQuery: 'I' idle, 'T' in a block,
	// 'E' in a failed block.
	TxStatus() byte
	// IdleLimit is how long the session may wait for the client's next message
	// in its present state, and the error that ends it then; 0 is for ever. ready
	// tells that the client was told ReadyForQuery: it is not amid a batch.
	IdleLimit(ready bool) (time.Duration, *pgerr.Error)
	// Close releases everything. An open transaction is rolled back.
	Close()
}

// Startup is what a client said when it connected.
type Startup struct {
	User       string
	Database   string
	Parameters map[string]string // the others: application_name, options, …
	PID        uint32            // the number that CancelRequest and pg_backend_pid use
	RemoteAddr string

	// Wake makes the connection call Deliver as soon as the client is idle. Any
	// goroutine may call it; it does not wait.
	Wake func()
	// Terminate ends the connection from any goroutine: the client is told why,
	// at once or as the end of its running statement. It does not wait.
	Terminate func(why *pgerr.Error)
}

// Sessions makes sessions.
type Sessions interface {
	// NewSession opens the session of a new connection. It reports the
	// parameter statuses through r. The error, if any, ends the connection.
	NewSession(ctx context.Context, s Startup, r *Reply) (Session, error)
}

// canceled are the causes with which a statement's context ends.
var (
	ErrCanceledByUser = pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")
	errAdminShutdown  = &pgerr.Error{Severity: "FATAL", Code: pgerr.AdminShutdown, Message: "terminating connection due to administrator command"}
	errClientGone     = pgerr.New(pgerr.ConnectionFailure, "connection to client lost")
)
