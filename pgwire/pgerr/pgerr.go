// Package pgerr is the one error that a client sees: PostgreSQL's ErrorResponse
// fields with a SQLSTATE. It is made where the fact is known and carried
// unchanged to the wire.
//
// https://www.postgresql.org/docs/15/protocol-error-fields.html
package pgerr

import (
	"errors"
	"fmt"
)

// Error is a client-visible error. Code is the five-character SQLSTATE.
type Error struct {
	Severity   string // "" means ERROR; FATAL ends the connection
	Code       string
	Message    string
	Detail     string
	Hint       string
	Position   int // 1-based, in characters, into the statement's text; 0 unknown
	Where      string
	Schema     string
	Table      string
	Column     string
	DataType   string
	Constraint string
	Routine    string // of PostgreSQL's source, for the few errors that clients know by it
}

// Error gives the message with its SQLSTATE.
func (e *Error) Error() string { return e.Message + " (SQLSTATE " + e.Code + ")" }

// New returns an error with the SQLSTATE code and the formatted message.
func New(code, format string, args ...any) *Error {
	if len(args) == 0 {
		return &Error{Code: code, Message: format}
	}
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unsupported returns 0A000 for a feature that Polyreme does not have.
func Unsupported(format string, args ...any) *Error {
	e := New(FeatureNotSupported, format, args...)
	e.Hint = "See docs/compatibility.md for what Polyreme supports."
	return e
}

// WithDetail returns a copy of e with the detail set.
func (e *Error) WithDetail(format string, args ...any) *Error {
	c := *e
	c.Detail = fmt.Sprintf(format, args...)
	return &c
}

// WithHint returns a copy of e with the hint set.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// At returns a copy of e with the position set, unless it already has one.
func (e *Error) At(position int) *Error {
	if e.Position != 0 {
		return e
	}
	c := *e
	c.Position = position
	return &c
}

// From returns the client-visible error within err, or an internal error
// (XX000) with err's text.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: InternalError, Message: err.Error()}
}

// Code returns the SQLSTATE within err, or "" where it has none.
func Code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
