package builtin

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"polyreme/pgwire/pgerr"
)

// PostgreSQL's advanced regular expressions are translated to Go's RE2 syntax.
// What RE2 cannot do (back references, lookaround, word boundaries whose side is
// not known) is refused with 2201B. RE2 takes linear time, so no pattern that a
// client sends can hang a node.
//
// Matches are leftmost-longest, as POSIX and PostgreSQL have it, unless the
// expression has a non-greedy quantifier, where they are leftmost-first.

// regexpFlags are the options of the regexp functions.
type regexpFlags struct {
	global      bool
	ignoreCase  bool
	newlineStop bool // . and [^x] do not match a newline
	multiline   bool // ^ and $ match at newlines
	expanded    bool
	literal     bool
	basic       bool
}

// regexpCacheMax bounds the compiled expressions kept on a connection.
const regexpCacheMax = 128

// regexpCache keeps compiled expressions of a connection.
type regexpCache struct {
	entries map[regexpKey]*regexp.Regexp
}

type regexpKey struct {
	pattern string
	flags   regexpFlags
}

func invalidRegexp(format string, args ...any) *pgerr.Error {
	e := pgerr.New(pgerr.InvalidRegularExpression, format, args...)
	e.Message = "invalid regular expression: " + e.Message
	return e
}

func unsupportedRegexp(what string) error {
	return invalidRegexp("%s are not supported", what).WithHint(
		"Polyreme's regular expressions take linear time: they have no back references and no lookaround.")
}

// parseRegexpFlags reads the flags argument of a function.
func parseRegexpFlags(s []byte, allowGlobal bool, function string) (f regexpFlags, err error) {
	for i, c := range s {
		switch c {
		case 'g':
			if !allowGlobal {
				e := pgerr.New(pgerr.InvalidParameterValue, "%s does not support the \"global\" option", function)
				if function == "regexp_match()" {
					e = e.WithHint("Use the regexp_matches function instead.")
				}
				return f, e
			}
			f.global = true
		default:
			if !f.set(c) {
				return f, pgerr.New(pgerr.InvalidParameterValue, "invalid regular expression option: \"%s\"", firstCharacter(s[i:]))
			}
		}
	}
	return f, nil
}

// set applies one option letter.
func (f *regexpFlags) set(c byte) bool {
	switch c {
	case 'b':
		f.basic, f.literal = true, false
	case 'c':
		f.ignoreCase = false
	case 'e':
		f.basic, f.literal = false, false
	case 'i':
		f.ignoreCase = true
	case 'm', 'n':
		f.newlineStop, f.multiline = true, true
	case 'p':
		f.newlineStop, f.multiline = true, false
	case 'q':
		f.literal = true
	case 's':
		f.newlineStop, f.multiline = false, false
	case 't':
		f.expanded = false
	case 'w':
		f.newlineStop, f.multiline = false, true
	case 'x':
		f.expanded = true
	default:
		return false
	}
	return true
}

// regexp returns the compiled pattern.
func (e *Env) regexp(pattern []byte, flags regexpFlags) (*regexp.Regexp, error) {
	flags.global = false
	if re := e.regexps.entries[regexpKey{string(pattern), flags}]; re != nil {
		return re, nil
	}
	re, err := compileRegexp(string(pattern), flags)
	if err != nil {
		return nil, err
	}
	if e.regexps.entries == nil || len(e.regexps.entries) >= regexpCacheMax {
		e.regexps.entries = make(map[regexpKey]*regexp.Regexp, 16)
	}
	e.regexps.entries[regexpKey{string(pattern), flags}] = re
	return re, nil
}

func compileRegexp(pattern string, flags regexpFlags) (*regexp.Regexp, error) {
	t := translator{in: pattern, flags: flags}
	if err := t.prefix(); err != nil {
		return nil, err
	}
	if t.flags.basic {
		return nil, unsupportedRegexp("basic regular expressions")
	}
	if t.flags.literal {
		t.out.WriteString(regexp.QuoteMeta(t.in))
	} else if err := t.run(); err != nil {
		return nil, err
	}
	options := "(?"
	if t.flags.ignoreCase {
		options += "i"
	}
	if t.flags.multiline {
		options += "m"
	}
	if !t.flags.newlineStop {
		options += "s"
	}
	options += ")"
	if options == "(?)" {
		options = ""
	}
	re, err := regexp.Compile(options + t.out.String())
	if err != nil {
		return nil, invalidRegexp("%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if !t.lazy {
		re.Longest()
	}
	return re, nil
}

// translator rewrites one expression.
type translator struct {
	in    string
	out   strings.Builder
	flags regexpFlags
	lazy  bool
	depth int
	// atom tells whether a quantifier may come here; quantified that the last
	// atom has one already.
	atom, quantified bool
	// lastWord tells whether the last atom is one word character, for \M.
	lastWord bool
}

// prefix reads ***=, ***: and the embedded options (?xyz).
func (t *translator) prefix() error {
	switch {
	case strings.HasPrefix(t.in, "***="):
		t.in, t.flags.literal = t.in[4:], true
		return nil
	case strings.HasPrefix(t.in, "***:"):
		t.in, t.flags.literal, t.flags.basic = t.in[4:], false, false
	case strings.HasPrefix(t.in, "***"):
		return invalidRegexp("invalid regexp (reg version 0.8)")
	}
	if t.flags.literal || len(t.in) < 3 || t.in[:2] != "(?" || t.in[2] < 'a' || t.in[2] > 'z' {
		return nil
	}
	options, rest, ok := strings.Cut(t.in[2:], ")")
	if !ok {
		return invalidRegexp("invalid embedded option")
	}
	for i := range len(options) {
		if !t.flags.set(options[i]) {
			return invalidRegexp("invalid embedded option")
		}
	}
	t.in = rest
	return nil
}

func (t *translator) run() error {
	for t.in != "" {
		if err := t.step(); err != nil {
			return err
		}
	}
	if t.depth > 0 {
		return invalidRegexp("parentheses () not balanced")
	}
	return nil
}

// emit writes an atom.
func (t *translator) emit(s string, n int, word bool) {
	t.out.WriteString(s)
	t.in = t.in[n:]
	t.atom, t.quantified, t.lastWord = true, false, word
}

// mark writes something that no quantifier may follow.
func (t *translator) mark(s string, n int) {
	t.out.WriteString(s)
	t.in = t.in[n:]
	t.atom, t.quantified, t.lastWord = false, false, false
}

func (t *translator) step() error {
	c := t.in[0]
	switch c {
	case '*', '+', '?':
		return t.quantifier(t.in[:1])
	case '{':
		if len(t.in) > 1 && t.in[1] >= '0' && t.in[1] <= '9' {
			return t.bound()
		}
		return invalidRegexp("quantifier operand invalid")
	case '(':
		return t.open()
	case ')':
		if t.depth == 0 {
			return invalidRegexp("parentheses () not balanced")
		}
		t.depth--
		t.emit(")", 1, false)
	case '[':
		return t.bracket()
	case '\\':
		return t.escape()
	case '|':
		t.mark("|", 1)
	case '^', '$':
		t.mark(t.in[:1], 1)
		if c == '$' && !t.flags.multiline {
			// RE2's $ without (?m) is the end of the text, as PostgreSQL's.
			return nil
		}
	case '.':
		t.emit(".", 1, false)
	default:
		if t.flags.expanded && t.skipExpanded() {
			return nil
		}
		r, n := utf8.DecodeRuneInString(t.in)
		t.emit(regexp.QuoteMeta(t.in[:n]), n, isWord(r))
	}
	return nil
}

// skipExpanded leaves out blanks and comments of the expanded syntax.
func (t *translator) skipExpanded() bool {
	switch {
	case isBlank(t.in[0]):
		t.in = t.in[1:]
		return true
	case t.in[0] == '#':
		if i := strings.IndexByte(t.in, '\n'); i >= 0 {
			t.in = t.in[i+1:]
		} else {
			t.in = ""
		}
		return true
	}
	return false
}

func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func (t *translator) quantifier(q string) error {
	if !t.atom || t.quantified {
		return invalidRegexp("quantifier operand invalid")
	}
	t.in = t.in[len(q):]
	if strings.HasPrefix(t.in, "?") {
		t.lazy = true
		q += "?"
		t.in = t.in[1:]
	}
	t.out.WriteString(q)
	t.quantified, t.lastWord = true, false
	return nil
}

// boundMax is DUPMAX.
const boundMax = 255

func (t *translator) bound() error {
	end := strings.IndexByte(t.in, '}')
	if end < 0 {
		return invalidRegexp("braces {} not balanced")
	}
	low, high, ranged := strings.Cut(t.in[1:end], ",")
	m, ok := boundNumber(low)
	n := boundMax
	if ranged && high != "" {
		var okHigh bool
		n, okHigh = boundNumber(high)
		ok = ok && okHigh
	}
	if !ok || n < m {
		return invalidRegexp("invalid repetition count(s)")
	}
	return t.quantifier(t.in[:end+1])
}

func boundNumber(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
		if n > boundMax {
			return 0, false
		}
	}
	return n, s != ""
}

func (t *translator) open() error {
	t.depth++
	switch {
	case strings.HasPrefix(t.in, "(?:"):
		t.mark("(?:", 3)
	case strings.HasPrefix(t.in, "(?#"):
		t.depth--
		end := strings.IndexByte(t.in, ')')
		if end < 0 {
			return invalidRegexp("parentheses () not balanced")
		}
		t.in = t.in[end+1:]
	case strings.HasPrefix(t.in, "(?=") || strings.HasPrefix(t.in, "(?!") || strings.HasPrefix(t.in, "(?<"):
		return unsupportedRegexp("lookahead and lookbehind constraints")
	case strings.HasPrefix(t.in, "(?"):
		return invalidRegexp("quantifier operand invalid")
	default:
		t.mark("(", 1)
	}
	return nil
}

// escape translates a backslash outside of brackets.
func (t *translator) escape() error {
	if len(t.in) == 1 {
		return invalidRegexp("invalid escape \\ sequence")
	}
	c := t.in[1]
	switch c {
	case 'd', 'D', 'w', 'W', 'S':
		t.emit(t.in[:2], 2, c == 'w' || c == 'd')
		return nil
	case 's':
		t.emit("[[:space:]]", 2, false)
		return nil
	case 'A':
		t.mark(`\A`, 2)
		return nil
	case 'Z':
		t.mark(`\z`, 2)
		return nil
	case 'y':
		t.mark(`\b`, 2)
		return nil
	case 'Y':
		t.mark(`\B`, 2)
		return nil
	case 'm':
		return t.wordStart()
	case 'M':
		if !t.lastWord {
			return unsupportedRegexp("\\M constraints after anything but a word character")
		}
		t.mark(`\b`, 2)
		return nil
	}
	r, n, err := t.character()
	if err != nil {
		return err
	}
	t.emit(regexp.QuoteMeta(string(r)), n, isWord(r))
	return nil
}

// wordStart translates \m, which is \b where a word character must follow.
func (t *translator) wordStart() error {
	rest := t.in[2:]
	r, _ := utf8.DecodeRuneInString(rest)
	if !isWord(r) && !strings.HasPrefix(rest, `\w`) && !strings.HasPrefix(rest, `\d`) {
		return unsupportedRegexp("\\m constraints before anything but a word character")
	}
	t.mark(`\b`, 2)
	return nil
}

// character reads an escape that stands for one character.
func (t *translator) character() (r rune, n int, err error) {
	c := t.in[1]
	if simple := strings.IndexByte("abfnrtveB", c); simple >= 0 {
		return rune("\a\b\f\n\r\t\v\x1b\\"[simple]), 2, nil
	}
	switch {
	case c == 'x':
		return t.hexadecimal(2, 255)
	case c == 'u':
		return t.hexadecimal(2, 4)
	case c == 'U':
		return t.hexadecimal(2, 8)
	case c == 'c' && len(t.in) > 2:
		return rune(t.in[2] & 0x1f), 3, nil
	case c == '0':
		n, r = 2, 0
		for n < len(t.in) && n < 4 && isOctal(t.in[n]) {
			r = r<<3 | rune(t.in[n]-'0')
			n++
		}
		return r, n, nil
	case c >= '1' && c <= '9':
		return 0, 0, unsupportedRegexp("back references")
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return 0, 0, invalidRegexp("invalid escape \\ sequence")
	}
	r, size := utf8.DecodeRuneInString(t.in[1:])
	return r, 1 + size, nil
}

func (t *translator) hexadecimal(from, digits int) (r rune, n int, err error) {
	n = from
	for n < len(t.in) && n-from < digits {
		d, ok := hexDigit(t.in[n])
		if !ok {
			break
		}
		r = r<<4 | rune(d)
		n++
	}
	if n == from || digits <= 8 && n-from != digits || r < 0 || r > utf8.MaxRune {
		return 0, 0, invalidRegexp("invalid escape \\ sequence")
	}
	return r, n, nil
}

// bracket translates a bracket expression, and [[:<:]] and [[:>:]].
func (t *translator) bracket() error {
	switch {
	case strings.HasPrefix(t.in, "[[:<:]]"):
		t.in = `\m` + t.in[7:]
		return t.wordStart()
	case strings.HasPrefix(t.in, "[[:>:]]"):
		if !t.lastWord {
			return unsupportedRegexp("[[:>:]] constraints after anything but a word character")
		}
		t.mark(`\b`, 7)
		return nil
	}
	out := "["
	i := 1
	if i < len(t.in) && t.in[i] == '^' {
		out += "^"
		if t.flags.newlineStop {
			out += `\n`
		}
		i++
	}
	first := true
	for {
		if i >= len(t.in) {
			return invalidRegexp("brackets [] not balanced")
		}
		if t.in[i] == ']' && !first {
			break
		}
		first = false
		part, n, err := t.bracketItem(i)
		if err != nil {
			return err
		}
		out += part
		i += n
	}
	t.emit(out+"]", i+1, false)
	return nil
}

// bracketItem translates what is at offset i of a bracket expression.
func (t *translator) bracketItem(i int) (part string, n int, err error) {
	rest := t.in[i:]
	if strings.HasPrefix(rest, "[:") {
		name, _, ok := strings.Cut(rest[2:], ":]")
		if !ok {
			return "", 0, invalidRegexp("brackets [] not balanced")
		}
		switch name {
		case "alpha", "upper", "lower", "digit", "xdigit", "alnum", "space", "blank", "punct", "print", "graph", "cntrl", "ascii", "word":
			return "[:" + name + ":]", len(name) + 4, nil
		}
		return "", 0, invalidRegexp("invalid character class")
	}
	if rest[0] == '\\' && len(rest) > 1 && strings.IndexByte("dws", rest[1]) >= 0 {
		return map[byte]string{'d': `\d`, 'w': `\w`, 's': "[:space:]"}[rest[1]], 2, nil
	}
	low, n, err := t.bracketCharacter(i)
	if err != nil {
		return "", 0, err
	}
	part = quoteInBracket(low)
	if i+n+1 < len(t.in) && t.in[i+n] == '-' && t.in[i+n+1] != ']' {
		high, m, err := t.bracketCharacter(i + n + 1)
		if err != nil {
			return "", 0, err
		}
		if high < low {
			return "", 0, invalidRegexp("invalid character range")
		}
		return part + "-" + quoteInBracket(high), n + 1 + m, nil
	}
	return part, n, nil
}

func (t *translator) bracketCharacter(i int) (r rune, n int, err error) {
	rest := t.in[i:]
	for _, mark := range []string{".", "="} {
		if strings.HasPrefix(rest, "["+mark) {
			body, _, ok := strings.Cut(rest[2:], mark+"]")
			if !ok || utf8.RuneCountInString(body) != 1 {
				return 0, 0, invalidRegexp("invalid collating element")
			}
			r, _ = utf8.DecodeRuneInString(body)
			return r, len(body) + 4, nil
		}
	}
	if rest[0] == '\\' {
		if len(rest) == 1 {
			return 0, 0, invalidRegexp("invalid escape \\ sequence")
		}
		inner := translator{in: rest}
		return inner.character()
	}
	r, n = utf8.DecodeRuneInString(rest)
	return r, n, nil
}

func quoteInBracket(r rune) string {
	if r < utf8.RuneSelf && !isWord(r) {
		return `\x{` + string("0123456789abcdef"[r>>4]) + string("0123456789abcdef"[r&15]) + `}`
	}
	return string(r)
}
