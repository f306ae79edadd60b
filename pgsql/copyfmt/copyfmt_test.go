package copyfmt

import (
	"fmt"
	"strings"
	"testing"
)

// decode runs a stream through a decoder in pieces of size bytes.
func decode(d Decoder, stream string, size int) (string, error) {
	var out strings.Builder
	take := func() error {
		for {
			row, err := d.Next()
			if err != nil {
				return err
			}
			if row == nil {
				return nil
			}
			for _, f := range row {
				if f == nil {
					out.WriteString("<null>")
				} else {
					fmt.Fprintf(&out, "%q", string(f))
				}
				out.WriteByte('|')
			}
			out.WriteByte('\n')
		}
	}
	for len(stream) > 0 {
		n := min(size, len(stream))
		d.Feed([]byte(stream[:n]))
		stream = stream[n:]
		if err := take(); err != nil {
			return out.String(), err
		}
	}
	d.End()
	err := take()
	return out.String(), err
}

func TestDecode(t *testing.T) {
	csv := Defaults(CSV)
	header := csv
	header.Header = MatchHeader
	escape := csv
	escape.Escape = '\\'
	force := csv
	force.ForceNull, force.ForceNotNull = []bool{true, false}, []bool{false, true}
	cases := []struct {
		name    string
		options Options
		in      string
		want    string
		err     string
	}{
		{"text", Defaults(Text), "1\tone\n2\t\\N\n", "\"1\"|\"one\"|\n\"2\"|<null>|\n", ""},
		{"text no final newline", Defaults(Text), "1\tone", "\"1\"|\"one\"|\n", ""},
		{"text escapes", Defaults(Text), "a\\tb\\x41\\101\\\\\tc\\\nd\n", "\"a\\tbAA\\\\\"|\"c\\nd\"|\n", ""},
		{"text end marker", Defaults(Text), "1\t2\n\\.\n3\t4\n", "\"1\"|\"2\"|\n", ""},
		{"text crlf", Defaults(Text), "1\t2\r\n3\t4\r\n", "\"1\"|\"2\"|\n\"3\"|\"4\"|\n", ""},
		{"text missing", Defaults(Text), "1\n", "", `missing data for column "b"`},
		{"text extra", Defaults(Text), "1\t2\t3\n", "", "extra data after last expected column"},
		{"text mixed ends", Defaults(Text), "1\t2\n3\t4\r5\n", "\"1\"|\"2\"|\n", "literal carriage return found in data"},
		{"csv", csv, "1,\"a,\"\"b\"\"\nc\"\n,\"\"\n", "\"1\"|\"a,\\\"b\\\"\\nc\"|\n<null>|\"\"|\n", ""},
		{"csv header", header, "a,b\n1,2\n", "\"1\"|\"2\"|\n", ""},
		{"csv bad header", header, "a,c\n1,2\n", "", `column name mismatch in header line field 2: got "c", expected "b"`},
		{"csv escape", escape, "\"a\\\"b\",\"c\\\\\"\n", "\"a\\\"b\"|\"c\\\\\"|\n", ""},
		{"csv unterminated", csv, "1,\"a\n", "", "unterminated CSV quoted field"},
		{"csv force", force, "\"\",\n", "<null>|\"\"|\n", ""},
		{"binary", Defaults(Binary), string(AppendTrailer(append(AppendHeader(nil), 0, 2, 0, 0, 0, 1, 'x', 255, 255, 255, 255))), "\"x\"|<null>|\n", ""},
		{"binary count", Defaults(Binary), string(append(AppendHeader(nil), 0, 1, 0, 0, 0, 1, 'x')), "", "row field count is 1, expected 2"},
		{"binary signature", Defaults(Binary), "PGCOPX", "", "COPY file signature not recognized"},
		{"binary short", Defaults(Binary), string(append(AppendHeader(nil), 0, 2, 0, 0, 0, 9, 'x')), "", "unexpected EOF in COPY data"},
	}
	for _, c := range cases {
		for _, size := range []int{1, 3, 1000} {
			got, err := decode(NewDecoder(c.options, []string{"a", "b"}), c.in, size)
			message := ""
			if err != nil {
				message = strings.TrimSuffix(err.Error(), " (SQLSTATE 22P04)")
			}
			if got != c.want || message != c.err {
				t.Errorf("%s in pieces of %d: got %q, %q; want %q, %q", c.name, size, got, message, c.want, c.err)
			}
		}
	}
}

func TestRoundTrip(t *testing.T) {
	rows := [][]string{{"plain", "tab\there"}, {"new\nline", `back\slash`}, {"", `\.`}, {`\N`, `quote"s, commas`}, {"cr\r", "\x01\x7f"}}
	for _, f := range []Format{Text, CSV} {
		o := Defaults(f)
		var stream []byte
		var want strings.Builder
		for _, row := range rows {
			for i, v := range row {
				if i > 0 {
					stream = append(stream, o.Delimiter)
				}
				if f == CSV {
					stream = AppendCSV(stream, []byte(v), i, false, &o)
				} else {
					stream = AppendText(stream, []byte(v), &o)
				}
				fmt.Fprintf(&want, "%q|", v)
			}
			stream = append(stream, '\n')
			want.WriteByte('\n')
		}
		got, err := decode(NewDecoder(o, []string{"a", "b"}), string(stream), 7)
		if err != nil || got != want.String() {
			t.Errorf("format %d: got %q, %v; want %q", f, got, err, want.String())
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("1\t2\n", uint8(0))
	f.Add("\"a\"\"b\",c\r\n", uint8(1))
	f.Add(string(AppendTrailer(AppendHeader(nil))), uint8(2))
	f.Fuzz(func(t *testing.T, in string, format uint8) {
		o := Defaults(Format(format % 3))
		whole, err := decode(NewDecoder(o, []string{"a", "b"}), in, len(in)+1)
		pieces, err2 := decode(NewDecoder(o, []string{"a", "b"}), in, 1)
		if whole != pieces || (err == nil) != (err2 == nil) {
			t.Fatalf("pieces change the result: %q %v, %q %v", whole, err, pieces, err2)
		}
	})
}
