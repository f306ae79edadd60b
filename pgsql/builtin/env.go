package builtin

import (
	"encoding/binary"
	"math/rand/v2"

	"polyreme/pgsql/types"
)

// Env is what functions on one connection may know besides their arguments. Its
// owner sets the fields before it steps a statement, and uses it from one
// goroutine at a time.
//
// In a replicated write everything here comes from the log entry (and Catalog
// from the database), so that every node computes the same.
type Env struct {
	// Types has the settings for input and output. Types.TransactionTime is
	// now().
	Types types.Env

	// StatementTime is statement_timestamp(), in microseconds since 2000-01-01.
	StatementTime int64
	// Clock answers clock_timestamp(). Nil means the transaction time, as in
	// writes, where the real clock must not be seen.
	Clock func() int64

	// Sequences, Catalog, Session, Notifier and Transactions may be nil: functions
	// that need them answer 0A000 then.
	Sequences    Sequences
	Catalog      Catalog
	Session      Session
	Notifier     Notifier
	Transactions Transactions

	seed    [16]byte
	random  *rand.ChaCha8
	scratch []byte
	regexps regexpCache
}

// NewEnv returns an Env with PostgreSQL's default settings.
func NewEnv() *Env {
	e := &Env{Types: *types.DefaultEnv()}
	e.Types.RegIn, e.Types.RegOut = e.regIn, e.regOut
	return e
}

// SetTypes replaces the settings for input and output, and keeps the lookup of
// names through the Env. An owner that assigns Types itself brings its own.
func (e *Env) SetTypes(t types.Env) {
	e.Types = t
	e.Types.RegIn, e.Types.RegOut = e.regIn, e.regOut
}

// Begin starts a transaction (or a log entry): its time and the seed of all
// random values in it. Equal seeds give equal values in the same order of calls.
func (e *Env) Begin(transactionTime int64, seed [16]byte) {
	e.Types.TransactionTime = transactionTime
	e.StatementTime = transactionTime
	e.seed = seed
	e.random = nil
}

// randomSource returns the random stream of the transaction.
func (e *Env) randomSource() *rand.ChaCha8 {
	if e.random == nil {
		var key [32]byte
		copy(key[:16], e.seed[:])
		copy(key[16:], "polyreme random.")
		e.random = rand.NewChaCha8(key)
	}
	return e.random
}

// setRandomSeed is setseed(): the stream goes on from the given number.
func (e *Env) setRandomSeed(n uint64) {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], n)
	copy(key[16:], "polyreme setseed")
	e.random = rand.NewChaCha8(key)
}

// Sequences serves nextval and its family.
type Sequences interface {
	NextValue(sequence uint32) (int64, error)
	// CurrentValue is currval: 55000 where nextval was not called in the session.
	CurrentValue(sequence uint32) (int64, error)
	// LastValue is lastval().
	LastValue() (int64, error)
	SetValue(sequence uint32, value int64, called bool) error
}

// Session serves what functions may ask about the client's session.
type Session interface {
	CurrentUser() string
	SessionUser() string
	Database() string
	// SearchPath is where names are looked up, the session's own schema of temporary
	// relations included, without the implicit pg_catalog; NamedPath is what of it
	// search_path names. Not all of these schemas need exist.
	SearchPath() []string
	NamedPath() []string
	BackendPID() int64
	// Setting is SHOW name; ok is false for a parameter that does not exist.
	Setting(name string) (value string, ok bool)
	// SetSetting is set_config; it returns the new value as SHOW prints it.
	SetSetting(name, value string, local bool) (string, error)
	// Fact answers what only the server process knows: "server_start_time" and
	// "conf_load_time" (timestamptz), "client_addr", "client_port",
	// "server_addr", "server_port", "notification_queue_usage"
	// (float8) ... NULL where unknown.
	Fact(name string) types.Value
}

// Catalog serves what functions may ask about the schema. All names are those
// of PostgreSQL; ok is false where there is no such object, and the function
// then answers NULL.
type Catalog interface {
	// Resolve looks up the object that an identifier names: kind is regclass,
	// regtype, regproc, regprocedure, regoper, regoperator, regnamespace,
	// regrole or regcollation by its type OID.
	Resolve(kind types.OID, name string, path []string) (oid uint32, ok bool, err error)
	// Name is the inverse, quoted and qualified as the search path requires.
	Name(kind types.OID, oid uint32, path []string) (name string, ok bool)
	// FormatType names types that are not built in.
	FormatType(oid types.OID, typmod int32) (string, bool)
	// Visible tells whether an object is found by its bare name. Class is the
	// catalog's name: pg_class, pg_type, pg_proc, pg_operator, pg_opclass ...
	Visible(class string, oid uint32, path []string) (visible, ok bool)
	// Definition is the text of pg_get_<what>def: "constraint", "index", "view",
	// "rule", "trigger", "function", "statisticsobj", "partkey" ... Sub is the
	// column of an index definition, 0 for the whole.
	Definition(what string, oid uint32, sub int, pretty bool) (text string, ok bool)
	// ExprText prints an expression of the catalog as pg_get_expr does.
	ExprText(text string, pretty bool) string
	// RelationKind is relkind.
	RelationKind(oid uint32) (kind byte, ok bool)
	// Describe is pg_describe_object.
	Describe(class, oid uint32, sub int) (text string, ok bool)
	// RoleName is pg_get_userbyid; RoleByName its inverse.
	RoleName(oid uint32) (name string, ok bool)
	RoleByName(name string) (oid uint32, ok bool)
	// SerialSequence is pg_get_serial_sequence, already qualified and quoted.
	SerialSequence(relation uint32, column string) (name string, ok bool, err error)
	// HasPrivilege decides the has_*_privilege family: what is "table", "column",
	// "schema", "database", "function", "sequence", "type", "language",
	// "tablespace", "role" ...; privileges is the caller's list.
	HasPrivilege(what string, role, object uint32, column string, privileges string) (has, ok bool, err error)
	// RelationSize is the size in bytes: part is "main", "table", "indexes"
	// or "total".
	RelationSize(part string, oid uint32) (size int64, ok bool)
}

// buffer returns the scratch memory, empty. A result in it lives until the next
// call of a function of the connection.
func (e *Env) buffer() []byte { return e.scratch[:0] }

// text keeps b as the scratch memory and returns it as a text value.
func (e *Env) text(b []byte) types.Value {
	e.scratch = b
	return types.TextBytes(b)
}
