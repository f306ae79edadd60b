package plan

import (
	"regexp"
	"strings"
)

// psqlStatement is a statement of a psql script.
type psqlStatement struct {
	line int
	text string
}

// psqlScript splits a psql script into statements as psql would send them:
// without meta commands and COPY data, with variables replaced.
type psqlScript struct {
	lines []string
	vars  map[string]bool

	list                  []psqlStatement
	buf                   strings.Builder
	start                 int // line of the first word of the statement
	parens, begins, words int
	quote                 string // "", "'", "e'", "\"", "/*" (with comment), or a dollar tag
	nested                int
}

var (
	psqlSet    = regexp.MustCompile(`\\(?:set|gset|getenv)\s+(\w+)`)
	psqlGset   = regexp.MustCompile(`(?i)\bas\s+"?(\w+)"?`)
	psqlCopy   = regexp.MustCompile(`(?is)^\s*copy\b.*\bfrom\s+stdin\b`)
	psqlMeta   = regexp.MustCompile(`\\(\w+|[.?!;])`)
	psqlVar    = regexp.MustCompile(`:('\w+'|"\w+"|\w+)`)
	psqlDollar = regexp.MustCompile(`^\$([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$`)
	psqlWord   = regexp.MustCompile(`^[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*`)
)

func splitPsql(script string) []psqlStatement {
	s := &psqlScript{lines: strings.Split(script, "\n"), vars: map[string]bool{}}
	for _, m := range psqlSet.FindAllStringSubmatch(script, -1) {
		s.vars[m[1]] = true
	}
	if strings.Contains(script, `\gset`) {
		for _, m := range psqlGset.FindAllStringSubmatch(script, -1) {
			s.vars[m[1]] = true
		}
	}
	for i := 0; i < len(s.lines); i++ {
		i = s.line(i)
	}
	return s.list
}

// line reads line i and returns the last line it used.
func (s *psqlScript) line(i int) int {
	text := s.lines[i]
	for text != "" {
		if s.quote != "" {
			text = s.inQuote(text)
			continue
		}
		if text[0] == '\\' {
			m := psqlMeta.FindString(text)
			switch {
			case m == `\;`:
				s.end(i)
				text = text[2:]
				continue
			case strings.HasPrefix(m, `\g`) || m == `\parse` || m == `\bind` || m == `\crosstabview`:
				s.end(i) // sends the buffer
			}
			break
		}
		if text[0] == ';' && s.parens == 0 && s.begins == 0 {
			last := s.end(i)
			text = text[1:]
			if psqlCopy.MatchString(last) {
				for i++; i < len(s.lines) && strings.TrimRight(s.lines[i], "\r") != `\.`; i++ {
				}
				return i
			}
			continue
		}
		text = s.plain(i, text)
	}
	if s.buf.Len() > 0 {
		s.buf.WriteByte('\n')
	}
	return i
}

// end closes a statement.
func (s *psqlScript) end(int) string {
	text := strings.TrimSpace(s.buf.String())
	s.buf.Reset()
	s.parens, s.begins, s.words = 0, 0, 0
	if text != "" {
		s.list = append(s.list, psqlStatement{s.start, text})
	}
	return text
}

// plain takes one element outside quotes.
func (s *psqlScript) plain(i int, text string) string {
	n := 1
	switch c := text[0]; {
	case strings.HasPrefix(text, "--"):
		return ""
	case strings.HasPrefix(text, "/*"):
		s.quote, s.nested, n = "/*", 1, 2
	case c == '\'':
		s.quote = "'"
	case c == '"':
		s.quote = `"`
	case c == '(':
		s.parens++
	case c == ')':
		s.parens--
	case c == '$':
		if tag := psqlDollar.FindString(text); tag != "" {
			s.quote, n = tag, len(tag)
		}
	case c == ':' && strings.HasPrefix(text, "::"):
		n = 2
	case c == ':':
		if m := psqlVar.FindStringSubmatch(text); m != nil && strings.HasPrefix(text, m[0]) && s.vars[strings.Trim(m[1], `'"`)] {
			value := "x"
			if m[1][0] == '\'' || m[1][0] == '"' {
				value = m[1][:1] + "x" + m[1][:1]
			}
			s.write(i, value)
			return text[len(m[0]):]
		}
	case psqlWord.MatchString(text):
		w := psqlWord.FindString(text)
		n = len(w)
		s.word(strings.ToLower(w))
		if (w == "e" || w == "E") && strings.HasPrefix(text[1:], "'") {
			s.quote, n = "e'", 2
		}
	}
	s.write(i, text[:n])
	return text[n:]
}

// word follows BEGIN ATOMIC … END as psql does.
func (s *psqlScript) word(w string) {
	s.words++
	routine := s.words >= 2 && regexp.MustCompile(`(?i)^\s*create\s+(or\s+replace\s+)?(function|procedure)\b`).MatchString(s.buf.String())
	if !routine || s.parens > 0 {
		return
	}
	switch {
	case w == "begin", w == "case" && s.begins > 0:
		s.begins++
	case w == "end" && s.begins > 0:
		s.begins--
	}
}

func (s *psqlScript) write(i int, text string) {
	if s.buf.Len() == 0 {
		if strings.TrimSpace(text) == "" {
			return
		}
		s.start = i + 1
	}
	s.buf.WriteString(text)
}

// inQuote takes text within a quote or comment.
func (s *psqlScript) inQuote(text string) string {
	n := 1
	switch {
	case s.quote == "/*" && strings.HasPrefix(text, "/*"):
		s.nested++
		n = 2
	case s.quote == "/*" && strings.HasPrefix(text, "*/"):
		n = 2
		if s.nested--; s.nested == 0 {
			s.quote = ""
		}
	case s.quote == "e'" && text[0] == '\\' && len(text) > 1:
		n = 2
	case strings.HasSuffix(s.quote, "'") && text[0] == '\'', s.quote == `"` && text[0] == '"':
		s.quote = ""
	case s.quote[0] == '$' && strings.HasPrefix(text, s.quote):
		n = len(s.quote)
		s.quote = ""
	}
	s.write(s.start-1, text[:n])
	return text[n:]
}
