package copyfmt

import "bytes"

type textDecoder struct{ lines }

// Next implements Decoder.
func (d *textDecoder) Next() ([]Field, error) {
	return d.row(d.nextLine, d.split)
}

// nextLine returns the next whole line without its end, or nil. A line end
// behind an odd number of backslashes is data.
func (d *textDecoder) nextLine() ([]byte, error) {
	if d.done || d.at == len(d.buf) {
		return nil, nil
	}
	start := d.at
	for i := start; ; {
		j := bytes.IndexAny(d.buf[i:], "\n\r")
		if j < 0 {
			return d.takeRest()
		}
		i += j
		if escaped(d.buf[start:i]) {
			i++
			continue
		}
		return d.take(i)
	}
}

// escaped tells whether b ends with an odd number of backslashes.
func escaped(b []byte) bool {
	n := 0
	for len(b)-n > 0 && b[len(b)-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

// split cuts a line into fields.
func (d *textDecoder) split(line []byte) error {
	d.fields = d.fields[:0]
	d.text = d.text[:0]
	if len(line) == 0 && len(d.names) == 0 {
		return nil
	}
	if bytes.IndexByte(line, '\\') < 0 {
		return d.splitPlain(line)
	}
	if cap(d.text) < len(line) {
		d.text = make([]byte, 0, 2*len(line))
	}
	for {
		end := fieldEnd(line, d.options.Delimiter)
		raw := line[:end]
		if string(raw) == d.options.Null {
			d.fields = append(d.fields, nil)
		} else {
			at := len(d.text)
			d.text = appendUnescaped(d.text, raw)
			d.fields = append(d.fields, d.text[at:len(d.text):len(d.text)])
		}
		if end == len(line) {
			return nil
		}
		line = line[end+1:]
	}
}

// splitPlain cuts a line without backslashes.
func (d *textDecoder) splitPlain(line []byte) error {
	for {
		end := bytes.IndexByte(line, d.options.Delimiter)
		field := line
		if end >= 0 {
			field = line[:end:end]
		}
		if string(field) == d.options.Null {
			field = nil
		}
		d.fields = append(d.fields, field)
		if end < 0 {
			return nil
		}
		line = line[end+1:]
	}
}

// fieldEnd returns the place of the next delimiter that is not escaped.
func fieldEnd(line []byte, delimiter byte) int {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case delimiter:
			return i
		}
	}
	return len(line)
}

func appendUnescaped(dst, raw []byte) []byte {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c != '\\' || i+1 == len(raw) {
			dst = append(dst, c)
			continue
		}
		i++
		switch c = raw[i]; c {
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
		case '0', '1', '2', '3', '4', '5', '6', '7':
			c -= '0'
			for k := 0; k < 2 && i+1 < len(raw) && raw[i+1] >= '0' && raw[i+1] <= '7'; k++ {
				i++
				c = c<<3 | (raw[i] - '0')
			}
		case 'x':
			if v, ok := hexDigit(raw, i+1); ok {
				i++
				c = v
				if v, ok := hexDigit(raw, i+1); ok {
					i++
					c = c<<4 | v
				}
			}
		}
		dst = append(dst, c)
	}
	return dst
}

func hexDigit(b []byte, i int) (byte, bool) {
	if i >= len(b) {
		return 0, false
	}
	switch c := b[i]; {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// AppendText appends a field in text format.
func AppendText(dst []byte, field []byte, o *Options) []byte {
	if field == nil {
		return append(dst, o.Null...)
	}
	for _, c := range field {
		switch c {
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\v':
			dst = append(dst, '\\', 'v')
		case '\\', o.Delimiter:
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
