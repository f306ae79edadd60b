// Package copyfmt reads and writes the three formats of COPY: text, CSV and
// binary. It splits a stream of bytes into rows of fields and back; it knows
// nothing of types or tables.
//
// Decoders take the stream in pieces of any size and never allocate for a
// length that has not arrived.
//
// https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9
package copyfmt

import "polyreme/pgwire/pgerr"

// Format is a format of COPY.
type Format uint8

// The formats.
const (
	Text Format = iota
	CSV
	Binary
)

// Header says what the first line is.
type Header uint8

// The values of the option HEADER.
const (
	NoHeader Header = iota
	SkipHeader
	MatchHeader // input only: the names must be the columns'
)

// Options are the options of COPY that concern the format.
type Options struct {
	Format    Format
	Delimiter byte
	Null      string
	Header    Header
	Quote     byte
	Escape    byte
	// Of CSV, one for each column, or nil for none.
	ForceQuote   []bool
	ForceNotNull []bool
	ForceNull    []bool
}

// Defaults returns PostgreSQL's options for a format.
func Defaults(f Format) Options {
	switch f {
	case CSV:
		return Options{Format: CSV, Delimiter: ',', Quote: '"', Escape: '"'}
	case Binary:
		return Options{Format: Binary}
	}
	return Options{Format: Text, Delimiter: '\t', Null: `\N`}
}

// rowBytesMax bounds one row, as PostgreSQL's StringInfo does.
const rowBytesMax = 1<<30 - 1

// Field is one field of a row: nil bytes are NULL.
type Field []byte

// Decoder splits a stream into rows.
type Decoder interface {
	// Feed adds the next piece of the stream. The piece is copied.
	Feed(piece []byte)
	// End tells that no more pieces follow.
	End()
	// Next returns the next row that has arrived whole, valid until the next
	// call, or nil when more is needed or all rows were returned.
	Next() ([]Field, error)
	// Line is the number of the line (text, CSV) or row of the last Next.
	Line() int
	// Record is the line of the last Next as it arrived (text, CSV), valid
	// until the next call, or nil.
	Record() []byte
}

// NewDecoder returns a decoder of rows of columns fields; names are the
// columns' names for MatchHeader and messages.
func NewDecoder(o Options, names []string) Decoder {
	switch o.Format {
	case Binary:
		return &binaryDecoder{columns: len(names)}
	case CSV:
		return &csvDecoder{lines: lines{options: o, names: names}}
	}
	return &textDecoder{lines: lines{options: o, names: names}}
}

func bad(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.BadCopyFileFormat, format, args...)
}
