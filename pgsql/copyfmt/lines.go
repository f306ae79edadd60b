package copyfmt

import "bytes"

// lines is what the text and CSV decoders share: the buffer of bytes that have
// arrived, and the convention of line ends, which the first line sets.
type lines struct {
	options Options
	names   []string

	buf    []byte
	at     int // the first byte not consumed
	ended  bool
	done   bool // the end-of-data marker was seen
	line   int
	record []byte // the line last taken, without its end
	eol    eol
	header bool // the header was dealt with

	fields []Field
	text   []byte // unescaped fields of the row
}

type eol uint8

const (
	eolUnknown eol = iota
	eolNL
	eolCR
	eolCRNL
)

// Feed implements Decoder.
func (l *lines) Feed(piece []byte) {
	if l.at > 0 && l.at >= len(l.buf)-l.at {
		n := copy(l.buf, l.buf[l.at:])
		l.buf, l.at = l.buf[:n], 0
	}
	l.buf = append(l.buf, piece...)
}

// End implements Decoder.
func (l *lines) End() { l.ended = true }

// Line implements Decoder.
func (l *lines) Line() int { return l.line }

// Record implements Decoder.
func (l *lines) Record() []byte { return l.record }

// row returns the next row. nextLine takes a line, or returns nil when more must
// arrive; split cuts one into l.fields.
func (l *lines) row(nextLine func() ([]byte, error), split func([]byte) error) ([]Field, error) {
	for {
		line, err := nextLine()
		if line == nil || err != nil {
			return nil, err
		}
		l.record = line
		if endOfData(line) {
			l.done = true
			return nil, nil
		}
		if err := split(line); err != nil {
			return nil, err
		}
		if l.header || l.options.Header == NoHeader {
			return l.fields, l.checkCount()
		}
		l.header = true
		if err := l.matchHeader(); err != nil {
			return nil, err
		}
	}
}

// take consumes the line that ends before the CR or NL at end, and returns it,
// or nil when more must arrive to know its end.
func (l *lines) take(end int) ([]byte, error) {
	n := l.learn(end)
	if n == 0 {
		return nil, nil
	}
	l.line++
	if err := l.checkEnd(end); err != nil {
		return nil, err
	}
	line := l.buf[l.at:end:end]
	l.at = end + n
	return line, nil
}

// takeRest consumes what is there as the last line, which has no line end, or
// returns nil when more may arrive.
func (l *lines) takeRest() ([]byte, error) {
	if len(l.buf)-l.at > rowBytesMax {
		return nil, bad("line is too long")
	}
	if !l.ended {
		return nil, nil
	}
	l.line++
	line := l.buf[l.at:len(l.buf):len(l.buf)]
	l.at = len(l.buf)
	return line, nil
}

// learn sets the convention of line ends from the byte at i, a CR or NL, and
// returns how many bytes the line end takes: 0 when more must arrive to know.
func (l *lines) learn(i int) int {
	if l.buf[i] == '\n' {
		if l.eol == eolUnknown {
			l.eol = eolNL
		}
		return 1
	}
	if l.eol == eolUnknown {
		if i+1 >= len(l.buf) && !l.ended {
			return 0
		}
		l.eol = eolCR
		if i+1 < len(l.buf) && l.buf[i+1] == '\n' {
			l.eol = eolCRNL
		}
	}
	if l.eol == eolCRNL {
		if i+1 >= len(l.buf) && !l.ended {
			return 0
		}
		if i+1 < len(l.buf) && l.buf[i+1] == '\n' {
			return 2
		}
	}
	return 1
}

// checkEnd refuses a line end that is not of the convention.
func (l *lines) checkEnd(i int) error {
	switch c := l.buf[i]; {
	case c == '\n' && (l.eol == eolCR || l.eol == eolCRNL):
		if l.options.Format == CSV {
			return bad("unquoted newline found in data").WithHint("Use quoted CSV field to represent newline.")
		}
		return bad("literal newline found in data").WithHint("Use \"\\n\" to represent newline.")
	case c == '\r' && (l.eol == eolNL || l.eol == eolCRNL && (i+1 >= len(l.buf) || l.buf[i+1] != '\n')):
		if l.options.Format == CSV {
			return bad("unquoted carriage return found in data").WithHint("Use quoted CSV field to represent carriage return.")
		}
		return bad("literal carriage return found in data").WithHint("Use \"\\r\" to represent carriage return.")
	}
	return nil
}

// checkCount makes sure that a row has as many fields as there are columns.
func (l *lines) checkCount() error {
	if len(l.fields) > len(l.names) {
		return bad("extra data after last expected column")
	}
	if len(l.fields) < len(l.names) {
		return bad("missing data for column %q", l.names[len(l.fields)])
	}
	return nil
}

// matchHeader compares the header line with the column names.
func (l *lines) matchHeader() error {
	if l.options.Header != MatchHeader {
		return nil
	}
	if len(l.fields) != len(l.names) {
		return bad("wrong number of fields in header line: field count is %d, expected %d", len(l.fields), len(l.names))
	}
	for i, f := range l.fields {
		if f == nil {
			return bad("column name mismatch in header line field %d: got null value (%q), expected %q", i+1, l.options.Null, l.names[i])
		}
		if string(f) != l.names[i] {
			return bad("column name mismatch in header line field %d: got %q, expected %q", i+1, string(f), l.names[i])
		}
	}
	return nil
}

// endOfData tells whether a line is the marker \. alone.
func endOfData(line []byte) bool { return bytes.Equal(line, []byte(`\.`)) }
