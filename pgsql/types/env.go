package types

import "time"

// DateOrder says how an ambiguous date such as 1/2/2003 is read.
type DateOrder uint8

// The orders of DateStyle.
const (
	OrderMDY DateOrder = iota
	OrderDMY
	OrderYMD
)

// DateOutput is the format half of DateStyle.
type DateOutput uint8

// The formats of DateStyle.
const (
	DateISO DateOutput = iota
	DateSQL
	DatePostgres
	DateGerman
)

// IntervalStyle is the setting of that name.
type IntervalStyle uint8

// The values of IntervalStyle.
const (
	IntervalPostgres IntervalStyle = iota
	IntervalPostgresVerbose
	IntervalSQLStandard
	IntervalISO8601
)

// Env carries what input and output of values depend on besides the value: the
// settings of the session and the time of the transaction. Functions that take
// an *Env accept nil for DefaultEnv. An Env is not changed while it is in use;
// any number of goroutines may read it.
type Env struct {
	TimeZone         *time.Location // nil is UTC
	DateOutput       DateOutput
	DateOrder        DateOrder
	IntervalStyle    IntervalStyle
	ExtraFloatDigits int  // PostgreSQL's default is 1
	ByteaEscape      bool // bytea_output = escape

	// TransactionTime is now(), in microseconds since 2000-01-01 UTC. 'now',
	// 'today' and two-digit years of time zones depend on it.
	TransactionTime int64

	// RegIn and RegOut translate names of catalog objects for regclass,
	// regtype and the like. Where they are nil, or RegOut returns "", the
	// number is used.
	RegIn  func(oid OID, name string) (int64, error)
	RegOut func(oid OID, object int64) string
}

// DefaultEnv returns PostgreSQL's default settings: UTC, ISO, MDY.
func DefaultEnv() *Env { return &Env{ExtraFloatDigits: 1} }

// defaultEnv stands in for nil; it is never changed.
var defaultEnv = DefaultEnv()

func orDefault(env *Env) *Env {
	if env == nil {
		return defaultEnv
	}
	return env
}

func (env *Env) location() *time.Location {
	if env == nil || env.TimeZone == nil {
		return time.UTC
	}
	return env.TimeZone
}
