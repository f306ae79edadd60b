package copyfmt

import "bytes"

type csvDecoder struct{ lines }

// Next implements Decoder.
func (d *csvDecoder) Next() ([]Field, error) {
	for {
		line, err := d.nextLine()
		if line == nil || err != nil {
			return nil, err
		}
		d.record = line
		if endOfData(line) {
			d.done = true
			return nil, nil
		}
		if err := d.split(line); err != nil {
			return nil, err
		}
		if !d.header && d.options.Header != NoHeader {
			d.header = true
			if err := d.matchHeader(); err != nil {
				return nil, err
			}
			continue
		}
		return d.fields, d.checkCount()
	}
}

// nextLine returns the next whole record without its line end, or nil. Line
// ends within quotes are data.
func (d *csvDecoder) nextLine() ([]byte, error) {
	if d.done || d.at == len(d.buf) {
		return nil, nil
	}
	start, quoted, escape := d.at, false, false
	for i := start; i < len(d.buf); i++ {
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
		n := d.learn(i)
		if n == 0 {
			return nil, nil
		}
		d.line++
		if err := d.checkEnd(i, "data"); err != nil {
			return nil, err
		}
		d.at = i + n
		return d.buf[start:i:i], nil
	}
	if len(d.buf)-start > rowBytesMax {
		return nil, bad("line is too long")
	}
	if !d.ended {
		return nil, nil
	}
	d.line++
	d.at = len(d.buf)
	return d.buf[start:len(d.buf):len(d.buf)], nil
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
