package builtin

import (
	"bytes"
	"unicode/utf8"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func registerLike(r *registry) {
	for _, key := range []string{"textlike", "namelike", "bytealike"} {
		r.scalar(key, likeFunction(key == "bytealike", false, false))
	}
	for _, key := range []string{"textnlike", "namenlike", "byteanlike"} {
		r.scalar(key, likeFunction(key == "byteanlike", false, true))
	}
	for _, key := range []string{"texticlike", "nameiclike"} {
		r.scalar(key, likeFunction(false, true, false))
	}
	for _, key := range []string{"texticnlike", "nameicnlike"} {
		r.scalar(key, likeFunction(false, true, true))
	}
	r.scalar("like_escape", likeEscape)
	r.scalar("like_escape_bytea", func(e *Env, a []types.Value) (types.Value, error) {
		v, err := likeEscape(e, a)
		v.Kind = types.Blob
		return v, err
	})
	r.scalar("similar_to_escape_1", func(e *Env, a []types.Value) (types.Value, error) {
		return similarEscape(e, a[0].Bytes, []byte{'\\'})
	})
	r.scalar("similar_to_escape_2", func(e *Env, a []types.Value) (types.Value, error) {
		return similarEscape(e, a[0].Bytes, a[1].Bytes)
	})
	r.scalar("similar_escape", func(e *Env, a []types.Value) (types.Value, error) {
		if a[0].IsNull() {
			return types.Value{}, nil
		}
		if a[1].IsNull() {
			return similarEscape(e, a[0].Bytes, []byte{'\\'})
		}
		return similarEscape(e, a[0].Bytes, a[1].Bytes)
	})
}

func likeFunction(raw, fold, negate bool) Scalar {
	return func(e *Env, a []types.Value) (types.Value, error) {
		s, pattern := a[0].Bytes, a[1].Bytes
		if fold {
			b := appendMapped(e.buffer(), s, lowerRune)
			n := len(b)
			b = appendMapped(b, pattern, lowerRune)
			e.scratch = b
			s, pattern = b[:n], b[n:]
		}
		m, err := likeMatch(s, pattern, raw)
		if err != nil {
			return types.Value{}, err
		}
		return types.BoolValue(m != negate), nil
	}
}

func likeEndsInEscape() error {
	return pgerr.New(pgerr.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
}

// likeMatch matches LIKE with \ as the escape. It goes back only to the last %:
// an earlier one could not match more.
func likeMatch(s, pattern []byte, raw bool) (bool, error) {
	var retryPattern, retryText []byte
	for {
		if len(pattern) == 0 {
			if len(s) == 0 {
				return true, nil
			}
		} else {
			switch pattern[0] {
			case '%':
				for len(pattern) > 0 && pattern[0] == '%' {
					pattern = pattern[1:]
				}
				if len(pattern) == 0 {
					return true, nil
				}
				retryPattern, retryText = pattern, s
				continue
			case '_':
				if len(s) > 0 {
					pattern, s = pattern[1:], s[likeCharacter(s, raw):]
					continue
				}
			default:
				literal := pattern
				if pattern[0] == '\\' {
					if len(pattern) > 1 {
						literal = pattern[1:]
					} else if len(s) > 0 || len(retryPattern) == 1 {
						return false, likeEndsInEscape()
					}
				}
				if len(s) > 0 && s[0] == literal[0] {
					pattern, s = literal[1:], s[1:]
					continue
				}
			}
		}
		if retryPattern == nil || len(retryText) == 0 {
			return false, nil
		}
		retryText = nextCandidate(retryText, retryPattern, raw)
		pattern, s = retryPattern, retryText
	}
}

func likeCharacter(s []byte, raw bool) int {
	if raw || s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRune(s)
	return n
}

// nextCandidate moves one character on, and then to the first place where the
// literal character that must come next is.
func nextCandidate(s, pattern []byte, raw bool) []byte {
	s = s[likeCharacter(s, raw):]
	if c := pattern[0]; c != '_' && c != '\\' && c != '%' {
		i := bytes.IndexByte(s, c)
		if i < 0 {
			return s[len(s):]
		}
		s = s[i:]
	}
	return s
}

func invalidEscape() error {
	return pgerr.New(pgerr.InvalidEscapeSequence, "invalid escape string").WithHint("Escape string must be empty or one character.")
}

// likeEscape rewrites a pattern with another escape character to use \.
func likeEscape(e *Env, a []types.Value) (types.Value, error) {
	pattern, escape := a[0].Bytes, a[1].Bytes
	b := e.buffer()
	switch {
	case utf8.RuneCount(escape) > 1:
		return types.Value{}, invalidEscape()
	case len(escape) == 1 && escape[0] == '\\':
		return a[0], nil
	case len(escape) == 0:
		for _, c := range pattern {
			if c == '\\' {
				b = append(b, '\\')
			}
			b = append(b, c)
		}
		return e.text(b), nil
	}
	afterEscape := false
	for len(pattern) > 0 {
		_, n := utf8.DecodeRune(pattern)
		switch {
		case bytes.Equal(pattern[:n], escape) && !afterEscape:
			b = append(b, '\\')
			afterEscape = true
		case pattern[0] == '\\':
			b = append(b, '\\')
			if !afterEscape {
				b = append(b, '\\')
			}
			afterEscape = false
		default:
			b = append(b, pattern[:n]...)
			afterEscape = false
		}
		pattern = pattern[n:]
	}
	return e.text(b), nil
}

// similarEscape rewrites a SIMILAR TO pattern as a regular expression, as
// PostgreSQL's similar_escape_internal does.
func similarEscape(e *Env, pattern, escape []byte) (types.Value, error) {
	if utf8.RuneCount(escape) > 1 {
		return types.Value{}, invalidEscape()
	}
	w := similarWriter{out: append(e.buffer(), "^(?:"...)}
	for len(pattern) > 0 {
		_, n := utf8.DecodeRune(pattern)
		c := pattern[:n]
		pattern = pattern[n:]
		switch {
		case w.afterEscape:
			if err := w.escaped(c); err != nil {
				return types.Value{}, err
			}
			w.afterEscape = false
		case len(escape) > 0 && bytes.Equal(c, escape):
			w.afterEscape = true
		default:
			w.plain(c)
		}
	}
	return e.text(append(w.out, ")$"...)), nil
}

type similarWriter struct {
	out         []byte
	afterEscape bool
	bracket     bool
	quotes      int
}

func (w *similarWriter) escaped(c []byte) error {
	if c[0] == '"' && !w.bracket {
		switch w.quotes {
		case 0:
			w.out = append(w.out, "){1,1}?("...)
		case 1:
			w.out = append(w.out, "){1,1}(?:"...)
		default:
			return pgerr.New("2200C", "SQL regular expression may not contain more than two escape-double-quote separators")
		}
		w.quotes++
		return nil
	}
	w.out = append(append(w.out, '\\'), c...)
	return nil
}

func (w *similarWriter) plain(c []byte) {
	switch {
	case w.bracket:
		if c[0] == '\\' {
			w.out = append(w.out, '\\')
		}
		w.out = append(w.out, c...)
		w.bracket = c[0] != ']'
	case c[0] == '[':
		w.out = append(w.out, '[')
		w.bracket = true
	case c[0] == '%':
		w.out = append(w.out, ".*"...)
	case c[0] == '_':
		w.out = append(w.out, '.')
	case c[0] == '(':
		w.out = append(w.out, "(?:"...)
	case c[0] == '\\' || c[0] == '.' || c[0] == '^' || c[0] == '$':
		w.out = append(append(w.out, '\\'), c...)
	default:
		w.out = append(w.out, c...)
	}
}
