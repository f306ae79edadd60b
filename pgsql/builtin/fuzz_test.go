package builtin

import (
	"testing"
	"unicode/utf8"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// FuzzRegexp translates any pattern: it compiles or is refused with 2201B.
func FuzzRegexp(f *testing.F) {
	for _, p := range []string{"a(b|c)*", `\mfoo\M`, "[[:alpha:]-]", "a{2,3}?", "(?i)x", "***=a.b", `[\d\]]`, `\u00e9`, "[a-", "^*", "(?#x)y"} {
		f.Add(p, "foo bar")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(text) {
			return
		}
		env := NewEnv()
		re, err := env.regexp([]byte(pattern), regexpFlags{})
		if err != nil {
			if pgerr.Code(err) != pgerr.InvalidRegularExpression {
				t.Errorf("%q: %v", pattern, err)
			}
			return
		}
		for _, m := range globalMatches(re, []byte(text), -1) {
			if m[0] < 0 || m[1] > len(text) || m[0] > m[1] {
				t.Errorf("%q matches %q at %v", pattern, text, m)
			}
		}
		splitSpans(re, []byte(text))
	})
}

// FuzzText calls functions of text with any text: they may fail, with an error
// for the client, but not panic, and yield valid UTF-8.
func FuzzText(f *testing.F) {
	f.Add("%1$-5s %I", `a"b.c`, "x")
	f.Add(`\0041\d83d`, "YWJj", `\x`)
	f.Add(`{"a":[1,{"b":null}]}`, "a", "#")
	var calls []*Function
	for fn := range AllFunctions {
		if fn.scalar == nil || fn.Volatility == 'v' || len(fn.Args) == 0 || len(fn.Args) > 3 || fn.Name == "repeat" {
			continue
		}
		text := true
		for _, a := range fn.Args {
			text = text && a == types.TextOID
		}
		if text {
			calls = append(calls, fn)
		}
	}
	f.Fuzz(func(t *testing.T, x, y, z string) {
		if !utf8.ValidString(x) || !utf8.ValidString(y) || !utf8.ValidString(z) {
			return
		}
		args := []types.Value{types.TextValue(x), types.TextValue(y), types.TextValue(z)}
		env := NewEnv()
		for _, fn := range calls {
			v, _, err := fn.Eval(env, args[:len(fn.Args)])
			if err != nil && pgerr.Code(err) == "" {
				t.Errorf("%s(%q, %q, %q): %v", fn.Signature(), x, y, z, err)
			}
			if err == nil && v.Kind == types.Text && fn.Result != types.CharOID && !utf8.Valid(v.Bytes) {
				t.Errorf("%s(%q, %q, %q) = %q", fn.Signature(), x, y, z, v.Bytes)
			}
		}
		if v, err := textFormat(env, []types.Value{types.IntValue(25), args[0], types.IntValue(25), args[1], types.IntValue(25), args[2]}); err == nil && !utf8.Valid(v.Bytes) {
			t.Errorf("format(%q) = %q", x, v.Bytes)
		}
		if types.ValidateJSON([]byte(x)) == nil {
			jsonContains([]byte(x), []byte(x), true)
			appendPretty(nil, []byte(x), 0)
			if _, err := types.CanonicalJSON(appendStripped(nil, []byte(x))); err != nil && pgerr.Code(err) == "" {
				t.Errorf("stripped %q: %v", x, err)
			}
		}
	})
}
