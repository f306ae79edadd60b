package sqlite

import (
	"errors"
	"strconv"
	"strings"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"polyreme/pgwire/pgerr"
)

var (
	// ErrStepLimit is within the error of a statement that used up the steps of
	// Conn.SetVMStepLimit. If the statement writes, SQLite has rolled back its
	// whole transaction (Conn.InTransaction is false).
	ErrStepLimit = errors.New("statement exceeds the limit of execution steps")

	// ErrInterrupted is within the error of a statement that Conn.Interrupt
	// ended.
	ErrInterrupted = errors.New("interrupted")

	// ErrClosed is returned by methods of a closed connection.
	ErrClosed = errors.New("sqlite connection is closed")

	errNulByte = errors.New("SQL text contains a NUL byte")
)

// Error is a failure reported by SQLite.
type Error struct {
	Code     int    // primary result code, as SQLITE_CONSTRAINT (19)
	Extended int    // extended result code, as SQLITE_CONSTRAINT_UNIQUE (2067)
	Message  string // SQLite's text
	Offset   int    // byte offset into the SQL text of a syntax error; -1 unknown
	cause    error
}

// Error gives SQLite's message with the extended result code.
func (e *Error) Error() string {
	return "sqlite: " + e.Message + " (" + strconv.Itoa(e.Extended) + ")"
}

// Unwrap returns the error with which a callback written in Go failed (a
// function's *pgerr.Error, ErrStepLimit …), or nil.
func (e *Error) Unwrap() error { return e.cause }

// Class says what a failure means for the node.
type Class uint8

const (
	// None is the class of a nil error.
	None Class = iota
	// Deterministic: the same statement on the same state fails everywhere
	// alike. It is a result.
	Deterministic
	// LocalFault: this node cannot do what others can (I/O, disk full,
	// corruption, memory). In the state machine it stops the node.
	LocalFault
	// Busy: another connection of this process has the lock; or, on open,
	// another process has the file.
	Busy
	// Interrupted: ended by Conn.Interrupt.
	Interrupted
	// Schema: the schema changed underneath; prepare again.
	Schema
	// WorkspaceFull: a workspace has reached its memory limit. Its transaction
	// is rolled back.
	WorkspaceFull
)

// String names the class.
func (c Class) String() string {
	return [...]string{
		"none", "deterministic", "local fault", "busy", "interrupted", "schema",
		"workspace full",
	}[c]
}

// Classify tells what err means. An error that is neither SQLite's nor
// client-visible is a local fault: the safe side.
func Classify(err error) Class {
	if err == nil {
		return None
	}
	switch {
	case errors.Is(err, ErrStepLimit):
		return Deterministic
	case errors.Is(err, ErrWorkspaceFull):
		return WorkspaceFull
	case errors.Is(err, ErrInterrupted):
		return Interrupted
	}
	var e *Error
	if errors.As(err, &e) {
		return classifyCode(e)
	}
	var pe *pgerr.Error
	if errors.As(err, &pe) || errors.Is(err, errNulByte) {
		return Deterministic
	}
	return LocalFault
}

func classifyCode(e *Error) Class {
	switch e.Code {
	case lib.SQLITE_ERROR:
		if e.Extended == lib.SQLITE_ERROR_SNAPSHOT {
			return Busy
		}
		return Deterministic
	case lib.SQLITE_TOOBIG, lib.SQLITE_CONSTRAINT, lib.SQLITE_MISMATCH, lib.SQLITE_AUTH, lib.SQLITE_RANGE:
		return Deterministic
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return Busy
	case lib.SQLITE_INTERRUPT, lib.SQLITE_ABORT:
		if e.cause != nil { // a callback that panicked
			return Deterministic
		}
		return Interrupted
	case lib.SQLITE_SCHEMA:
		return Schema
	}
	return LocalFault
}

// ConstraintKind is the kind of a violated constraint.
type ConstraintKind uint8

// The kinds of constraints that SQLite enforces.
const (
	NoConstraint ConstraintKind = iota
	UniqueConstraint
	PrimaryKeyConstraint
	NotNullConstraint
	CheckConstraint
	ForeignKeyConstraint
	DatatypeConstraint
	OtherConstraint
)

// Constraint is what SQLite tells of a violated constraint.
type Constraint struct {
	Kind    ConstraintKind
	Table   string   // "" where the message does not name it (check, foreign key)
	Columns []string // unique, primary key, not null, datatype
	Name    string   // check: its name or expression; unique: of an index on expressions
}

// ConstraintOf returns the constraint that err says is violated; ok is false
// if err is something else. Names of tables and columns that contain ", " or
// "." cannot be told apart in SQLite's message.
func ConstraintOf(err error) (Constraint, bool) {
	var e *Error
	if !errors.As(err, &e) || e.Code != lib.SQLITE_CONSTRAINT {
		return Constraint{}, false
	}
	c := Constraint{Kind: constraintKind(e.Extended)}
	_, detail, _ := strings.Cut(e.Message, " constraint failed: ")
	switch c.Kind {
	case CheckConstraint:
		c.Name = detail
	case DatatypeConstraint:
		if i := strings.LastIndex(e.Message, " column "); i >= 0 {
			detail = e.Message[i+len(" column "):]
		}
		c.setColumns(detail)
	case UniqueConstraint, PrimaryKeyConstraint, NotNullConstraint:
		if name, ok := strings.CutPrefix(detail, "index '"); ok {
			c.Name = strings.TrimSuffix(name, "'")
			break
		}
		c.setColumns(detail)
	}
	return c, true
}

func constraintKind(extended int) ConstraintKind {
	switch extended {
	case lib.SQLITE_CONSTRAINT_UNIQUE:
		return UniqueConstraint
	case lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		return PrimaryKeyConstraint
	case lib.SQLITE_CONSTRAINT_NOTNULL:
		return NotNullConstraint
	case lib.SQLITE_CONSTRAINT_CHECK:
		return CheckConstraint
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ForeignKeyConstraint
	case lib.SQLITE_CONSTRAINT_DATATYPE:
		return DatatypeConstraint
	}
	return OtherConstraint
}

// setColumns takes apart "t.a, t.b".
func (c *Constraint) setColumns(detail string) {
	if detail == "" {
		return
	}
	for part := range strings.SplitSeq(detail, ", ") {
		table, column, ok := strings.Cut(part, ".")
		if !ok {
			column = part
		} else {
			c.Table = table
		}
		c.Columns = append(c.Columns, column)
	}
}

// fail returns the error of a call that ended with rc, with the cause that a
// callback left.
func (c *Conn) fail(rc int32) error {
	e := &Error{
		Code:     int(rc & 0xff),
		Extended: int(rc),
		Message:  libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db)),
		Offset:   int(lib.Xsqlite3_error_offset(c.tls, c.db)),
	}
	switch e.Code {
	case lib.SQLITE_ERROR, lib.SQLITE_INTERRUPT, lib.SQLITE_AUTH:
		e.cause = c.fault
	case lib.SQLITE_CONSTRAINT:
		if e.Extended == lib.SQLITE_CONSTRAINT_COMMITHOOK {
			e.cause = c.fault
		}
	}
	if e.Code == lib.SQLITE_INTERRUPT && e.cause == nil {
		e.cause = ErrInterrupted
	}
	c.fault = nil
	return e
}

// failCode is fail for calls that do not set the connection's message.
func failCode(rc int32, what string) error {
	return &Error{Code: int(rc & 0xff), Extended: int(rc), Message: what + ": result code " + strconv.Itoa(int(rc)), Offset: -1}
}
