package catalog

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"iter"
	"strconv"
)

// The static rows of PostgreSQL's catalogs, written by gen/dump.sh.
var (
	//go:embed data/relations.gz
	relationsDump []byte
	//go:embed data/rows.gz
	rowsDump []byte
)

// section is the rows of one table of a dump: lines of COPY's text format.
type section struct {
	table string
	lines []byte
}

// openDump returns the sections of a dump. The dump is part of the program: a
// fault in it is a bug, which the tests find.
func openDump(compressed []byte) []section {
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		panic(fmt.Sprintf("catalog: open dump: %v", err))
	}
	data, err := io.ReadAll(r)
	if err != nil {
		panic(fmt.Sprintf("catalog: read dump: %v", err))
	}
	var sections []section
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		end := bytes.Index(rest, []byte("\n@"))
		if end < 0 {
			end = len(rest)
		} else {
			end++
		}
		if bytes.HasPrefix(rest, []byte{'@'}) {
			end = 0
		}
		sections = append(sections, section{table: string(line[1:]), lines: rest[:end]})
		data = rest[end:]
	}
	return sections
}

// rows yields the fields of each row. A NULL is a nil field. The slice of
// fields is used again for the next row.
func (s *section) rows() iter.Seq[[][]byte] {
	return func(yield func([][]byte) bool) {
		var fields [][]byte
		for line := range bytes.Lines(s.lines) {
			line = bytes.TrimSuffix(line, []byte{'\n'})
			fields = fields[:0]
			for field := range bytes.SplitSeq(line, []byte{'\t'}) {
				fields = append(fields, unescapeField(field))
			}
			if !yield(fields) {
				return
			}
		}
	}
}

// unescapeField undoes COPY's escapes; it returns nil for NULL.
func unescapeField(field []byte) []byte {
	i := bytes.IndexByte(field, '\\')
	if i < 0 {
		return field
	}
	if len(field) == 2 && field[1] == 'N' {
		return nil
	}
	out := append(make([]byte, 0, len(field)), field[:i]...)
	for ; i < len(field); i++ {
		c := field[i]
		if c == '\\' && i+1 < len(field) {
			i++
			switch c = field[i]; c {
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'v':
				c = '\v'
			}
		}
		out = append(out, c)
	}
	return out
}

// Readers of the fields of a dump.
func fieldInt(field []byte) int64 {
	n, err := strconv.ParseInt(string(field), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("catalog: dump: %v", err))
	}
	return n
}

func fieldOID(field []byte) uint32 { return uint32(fieldInt(field)) }

func fieldBool(field []byte) bool { return len(field) == 1 && field[0] == 't' }

func fieldChar(field []byte) byte {
	if len(field) == 0 {
		return 0
	}
	return field[0]
}

// fieldNumbers reads an array ("{1,2}") or vector ("1 2") of integers.
func fieldNumbers(field []byte) []int64 {
	var numbers []int64
	for number := range bytes.FieldsFuncSeq(field, func(r rune) bool { return r == '{' || r == '}' || r == ',' || r == ' ' }) {
		numbers = append(numbers, fieldInt(number))
	}
	return numbers
}
