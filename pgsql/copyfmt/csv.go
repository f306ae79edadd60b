package copyfmt

import "bytes"

type csvDecoder struct{ lines }

// Next implements Decoder.
func (d *csvDecoder) Next() ([]Field, error) {
	return d.row(d.nextLine, d.split)
}

// nextLine returns the next whole record without its line end, or nil. Line
// ends within quotes are data.
func (d *csvDecoder) nextLine() ([]byte, error) {
	if d.done || d.at == len(d.buf) {
		return nil, nil
	}
	quoted, escape := false, false
	for i := d.at; i < len(d.buf); i++ {
		c := d.buf[i]
		if quoted && c == d.options.Escape && d.options.Escape != d.options.Quote {
			escape = !escape
			continue
		}
		if c == d.options.Quote && !escape {
			quoted = !quoted
		}
		escape = false
		if quoted || c != '\n' && c != '\r' {
			continue
		}
		return d.take(i)
	}
	return d.takeRest()
}

// split cuts a record into fields.
func (d *csvDecoder) split(line []byte) error {
	o := &d.options
	d.fields = d.fields[:0]
	if cap(d.text) < len(line) {
		d.text = make([]byte, 0, 2*len(line))
	}
	d.text = d.text[:0]
	if len(line) == 0 && len(d.names) == 0 {
		return nil
	}
	for i := 0; ; i++ {
		at, sawQuote, quoted := len(d.text), false, false
		for ; i < len(line); i++ {
			c := line[i]
			if !quoted {
				if c == o.Delimiter {
					break
				}
				if c == o.Quote {
					quoted, sawQuote = true, true
					continue
				}
			} else {
				if c == o.Escape && i+1 < len(line) && (line[i+1] == o.Escape || line[i+1] == o.Quote) {
					i++
					d.text = append(d.text, line[i])
					continue
				}
				if c == o.Quote {
					quoted = false
					continue
				}
			}
			d.text = append(d.text, c)
		}
		if quoted {
			return bad("unterminated CSV quoted field")
		}
		field := Field(d.text[at:len(d.text):len(d.text)])
		k := len(d.fields)
		isNull := string(field) == o.Null
		switch {
		case isNull && !sawQuote && !flag(o.ForceNotNull, k), isNull && sawQuote && flag(o.ForceNull, k):
			field = nil
		}
		d.fields = append(d.fields, field)
		if i >= len(line) {
			return nil
		}
	}
}

func flag(flags []bool, i int) bool { return i < len(flags) && flags[i] }

// AppendCSV appends field number k of a row in CSV format. alone tells that it
// is the only one.
func AppendCSV(dst []byte, field []byte, k int, alone bool, o *Options) []byte {
	if field == nil {
		return append(dst, o.Null...)
	}
	quote := flag(o.ForceQuote, k) || string(field) == o.Null || alone && endOfData(field) ||
		bytes.IndexByte(field, o.Delimiter) >= 0 || bytes.IndexByte(field, o.Quote) >= 0 || bytes.ContainsAny(field, "\r\n")
	if !quote {
		return append(dst, field...)
	}
	dst = append(dst, o.Quote)
	for _, c := range field {
		if c == o.Quote || c == o.Escape {
			dst = append(dst, o.Escape)
		}
		dst = append(dst, c)
	}
	return append(dst, o.Quote)
}
