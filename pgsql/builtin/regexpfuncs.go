package builtin

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func registerRegexps(r *registry) {
	for key, f := range map[string]struct{ fold, negate bool }{
		"textregexeq": {}, "nameregexeq": {}, "textregexne": {negate: true}, "nameregexne": {negate: true},
		"texticregexeq": {fold: true}, "nameicregexeq": {fold: true},
		"texticregexne": {fold: true, negate: true}, "nameicregexne": {fold: true, negate: true},
	} {
		r.scalar(key, func(e *Env, a []types.Value) (types.Value, error) {
			re, err := e.regexp(a[1].Bytes, regexpFlags{ignoreCase: f.fold})
			if err != nil {
				return types.Value{}, err
			}
			return types.BoolValue(re.Match(a[0].Bytes) != f.negate), nil
		})
	}
	r.scalar("regexp_like", regexpLike)
	r.scalar("regexp_like_no_flags", regexpLike)
	r.scalar("textregexsubstr", regexpSubstring)
	r.scalar("substring(text,text,text)", similarSubstring)
	r.scalar("regexp_match", regexpMatch)
	r.scalar("regexp_match_no_flags", regexpMatch)
	r.set("regexp_matches", "$1,$2,$3", []string{"value"}, regexpMatches)
	r.set("regexp_matches_no_flags", "$1,$2", []string{"value"}, regexpMatches)
	r.set("regexp_split_to_table", "$1,$2,$3", []string{"value"}, regexpSplitTable)
	r.set("regexp_split_to_table_no_flags", "$1,$2", []string{"value"}, regexpSplitTable)
	r.scalar("regexp_split_to_array", regexpSplitArray)
	r.scalar("regexp_split_to_array_no_flags", regexpSplitArray)
	registerRegexpReplace(r)
	for _, key := range []string{"regexp_count", "regexp_count_no_flags", "regexp_count_no_start"} {
		r.scalar(key, regexpCount)
	}
	for _, key := range []string{
		"regexp_instr", "regexp_instr_no_endoption", "regexp_instr_no_flags", "regexp_instr_no_n",
		"regexp_instr_no_start", "regexp_instr_no_subexpr",
	} {
		r.scalar(key, regexpInstr)
	}
	for _, key := range []string{
		"regexp_substr", "regexp_substr_no_flags", "regexp_substr_no_n", "regexp_substr_no_start", "regexp_substr_no_subexpr",
	} {
		r.scalar(key, regexpSubstr)
	}
}

// compileArgs compiles a[1] with the flags of argument n, if there is one.
func compileArgs(e *Env, a []types.Value, n int, allowGlobal bool, function string) (*regexp.Regexp, regexpFlags, error) {
	var flags regexpFlags
	if n < len(a) {
		var err error
		if flags, err = parseRegexpFlags(a[n].Bytes, allowGlobal, function); err != nil {
			return nil, flags, err
		}
	}
	re, err := e.regexp(a[1].Bytes, flags)
	return re, flags, err
}

func regexpLike(e *Env, a []types.Value) (types.Value, error) {
	re, _, err := compileArgs(e, a, 2, false, "regexp_like()")
	if err != nil {
		return types.Value{}, err
	}
	return types.BoolValue(re.Match(a[0].Bytes)), nil
}

// regexpSubstring is substring(text from pattern): the first group, or all.
func regexpSubstring(e *Env, a []types.Value) (types.Value, error) {
	re, err := e.regexp(a[1].Bytes, regexpFlags{})
	if err != nil {
		return types.Value{}, err
	}
	m := re.FindSubmatchIndex(a[0].Bytes)
	if m == nil {
		return types.Value{}, nil
	}
	if len(m) > 2 {
		m = m[2:]
	}
	return groupText(a[0].Bytes, m, 0), nil
}

// similarSubstring is substring(text similar pattern escape e).
func similarSubstring(e *Env, a []types.Value) (types.Value, error) {
	v, err := similarEscape(e, a[1].Bytes, a[2].Bytes)
	if err != nil {
		return types.Value{}, err
	}
	return regexpSubstring(e, []types.Value{a[0], v.Clone()})
}

// groupText returns group n of a match, NULL where it took no part.
func groupText(s []byte, match []int, n int) types.Value {
	from, to := match[2*n], match[2*n+1]
	if from < 0 {
		return types.Value{}
	}
	return types.TextBytes(s[from:to])
}

// matchArray returns the groups of a match as text[], or the whole match.
func (e *Env) matchArray(s []byte, match []int) types.Value {
	if len(match) > 2 {
		match = match[2:]
	}
	b := e.buffer()
	for i := range len(match) / 2 {
		b = types.AppendArrayElem(b, groupText(s, match, i))
	}
	e.scratch = types.AppendArrayEnd(b, []types.ArrayDim{{Len: int32(len(match) / 2), Lower: 1}})
	return types.BlobValue(e.scratch)
}

func regexpMatch(e *Env, a []types.Value) (types.Value, error) {
	re, _, err := compileArgs(e, a, 2, false, "regexp_match()")
	if err != nil {
		return types.Value{}, err
	}
	m := re.FindSubmatchIndex(a[0].Bytes)
	if m == nil {
		return types.Value{}, nil
	}
	return e.matchArray(a[0].Bytes, m), nil
}

// allMatches finds the matches from a byte offset on, at most limit of them (-1:
// all). What is before the offset counts for ^ and word boundaries.
func allMatches(re *regexp.Regexp, s []byte, offset, limit int) [][]int {
	if !dependsOnContext(re) {
		found := globalMatches(re, s[offset:], limit)
		for _, m := range found {
			for i := range m {
				if m[i] >= 0 {
					m[i] += offset
				}
			}
		}
		return found
	}
	found := globalMatches(re, s, -1)
	for len(found) > 0 && found[0][0] < offset {
		found = found[1:]
	}
	if limit >= 0 && len(found) > limit {
		found = found[:limit]
	}
	return found
}

// dependsOnContext tells whether the text before a position can decide whether
// the expression matches there.
func dependsOnContext(re *regexp.Regexp) bool {
	source := re.String()
	return strings.Contains(source, "^") || strings.Contains(source, `\A`) || strings.Contains(source, `\b`) || strings.Contains(source, `\B`)
}

// valueRows yields one column of values.
type valueRows struct {
	values []types.Value
	row    [1]types.Value
	next   int
}

// Next implements Rows.
func (r *valueRows) Next() ([]types.Value, error) {
	if r.next == len(r.values) {
		return nil, nil
	}
	r.row[0] = r.values[r.next]
	r.next++
	return r.row[:], nil
}

func regexpMatches(e *Env, a []types.Value) (Rows, error) {
	re, flags, err := compileArgs(e, a, 2, true, "regexp_matches()")
	if err != nil {
		return nil, err
	}
	limit := 1
	if flags.global {
		limit = -1
	}
	rows := &valueRows{}
	for _, m := range globalMatches(re, a[0].Bytes, limit) {
		rows.values = append(rows.values, e.matchArray(a[0].Bytes, m).Clone())
	}
	return rows, nil
}

// globalMatches finds the matches from the start. Go's own loop leaves out an
// empty match right after another match; PostgreSQL does not.
func globalMatches(re *regexp.Regexp, s []byte, limit int) [][]int {
	found := re.FindAllSubmatchIndex(s, limit)
	if limit == 1 || len(found) == 0 || !re.Match(nil) || dependsOnContext(re) {
		return found
	}
	all := make([][]int, 0, len(found)+1)
	for i, m := range found {
		all = append(all, m)
		if m[0] == m[1] || i+1 < len(found) && found[i+1][0] == m[1] {
			continue
		}
		if next := re.FindSubmatchIndex(s[m[1]:]); next != nil && next[1] == 0 {
			for j := range next {
				if next[j] >= 0 {
					next[j] += m[1]
				}
			}
			all = append(all, next)
		}
	}
	if limit > 0 && len(all) > limit {
		all = all[:limit]
	}
	return all
}

// splitSpans are the pieces between the matches; empty matches at the start, at
// the end and right after a match split nothing.
func splitSpans(re *regexp.Regexp, s []byte) [][2]int {
	var spans [][2]int
	from := 0
	for _, m := range re.FindAllIndex(s, -1) {
		if m[0] == m[1] && (m[0] == from && (m[0] == 0 || len(spans) > 0) || m[0] == len(s)) {
			if m[0] == len(s) || m[0] == 0 {
				continue
			}
		}
		spans = append(spans, [2]int{from, m[0]})
		from = m[1]
	}
	return append(spans, [2]int{from, len(s)})
}

func regexpSplitArray(e *Env, a []types.Value) (types.Value, error) {
	re, _, err := compileArgs(e, a, 2, false, "regexp_split_to_array()")
	if err != nil {
		return types.Value{}, err
	}
	spans := splitSpans(re, a[0].Bytes)
	b := e.buffer()
	for _, span := range spans {
		b = types.AppendArrayElem(b, types.TextBytes(a[0].Bytes[span[0]:span[1]]))
	}
	e.scratch = types.AppendArrayEnd(b, []types.ArrayDim{{Len: int32(len(spans)), Lower: 1}})
	return types.BlobValue(e.scratch), nil
}

func regexpSplitTable(e *Env, a []types.Value) (Rows, error) {
	re, _, err := compileArgs(e, a, 2, false, "regexp_split_to_table()")
	if err != nil {
		return nil, err
	}
	rows := &valueRows{}
	for _, span := range splitSpans(re, a[0].Bytes) {
		rows.values = append(rows.values, types.TextBytes(a[0].Bytes[span[0]:span[1]]))
	}
	return rows, nil
}

func registerRegexpReplace(r *registry) {
	r.scalar("textregexreplace_noopt", func(e *Env, a []types.Value) (types.Value, error) {
		return regexpReplace(e, a, nil, 1, -1)
	})
	r.scalar("textregexreplace", func(e *Env, a []types.Value) (types.Value, error) {
		if f := a[3].Bytes; len(f) > 0 && f[0] >= '0' && f[0] <= '9' {
			return types.Value{}, pgerr.New(pgerr.InvalidParameterValue, "invalid regular expression option: \"%s\"", firstCharacter(f)).WithHint(
				"If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
		}
		return regexpReplace(e, a, a[3].Bytes, 1, -1)
	})
	extended := func(e *Env, a []types.Value) (types.Value, error) {
		start, n := a[3].Int64(), int64(1)
		if start <= 0 {
			return types.Value{}, invalidRegexpParameter("start", start)
		}
		if len(a) > 4 {
			if n = a[4].Int64(); n < 0 {
				return types.Value{}, invalidRegexpParameter("n", n)
			}
		}
		var flags []byte
		if len(a) > 5 {
			flags = a[5].Bytes
		}
		return regexpReplace(e, a, flags, start, n)
	}
	r.scalar("textregexreplace_extended", extended)
	r.scalar("textregexreplace_extended_no_flags", extended)
	r.scalar("textregexreplace_extended_no_n", extended)
}

func invalidRegexpParameter(name string, value int64) error {
	return pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", name, value)
}

// regexpReplace replaces the n-th match, all where n is 0; -1 lets the g flag
// decide.
func regexpReplace(e *Env, a []types.Value, flagText []byte, start, n int64) (types.Value, error) {
	flags, err := parseRegexpFlags(flagText, true, "")
	if err != nil {
		return types.Value{}, err
	}
	re, err := e.regexp(a[1].Bytes, flags)
	if err != nil {
		return types.Value{}, err
	}
	if n < 0 {
		n = 1
		if flags.global {
			n = 0
		}
	}
	s, with := a[0].Bytes, a[2].Bytes
	limit := int(n)
	if n == 0 {
		limit = -1
	}
	b, last := e.buffer(), 0
	for i, m := range matchesFrom(re, s, start, limit) {
		if n > 0 && int64(i+1) != n {
			continue
		}
		b = append(b, s[last:m[0]]...)
		b = appendReplacement(b, with, s, m)
		last = m[1]
	}
	return e.text(append(b, s[last:]...)), nil
}

// matchesFrom finds matches from a character on, counted from 1; there are none
// beyond the end of the text.
func matchesFrom(re *regexp.Regexp, s []byte, start int64, limit int) [][]int {
	switch {
	case start == 1:
		return globalMatches(re, s, limit)
	case start-1 > int64(utf8.RuneCount(s)):
		return nil
	}
	return allMatches(re, s, runeOffset(s, start-1), limit)
}

// appendReplacement expands \1 to \9, \& and \\.
func appendReplacement(dst, with, s []byte, m []int) []byte {
	for i := 0; i < len(with); i++ {
		if with[i] != '\\' || i+1 == len(with) {
			dst = append(dst, with[i])
			continue
		}
		i++
		switch c := with[i]; {
		case c == '&':
			dst = append(dst, s[m[0]:m[1]]...)
		case c >= '1' && c <= '9':
			if n := int(c - '0'); 2*n < len(m) && m[2*n] >= 0 {
				dst = append(dst, s[m[2*n]:m[2*n+1]]...)
			}
		case c == '\\':
			dst = append(dst, '\\')
		default:
			dst = append(dst, '\\', c)
		}
	}
	return dst
}

// intArg returns argument i, or a default where the call is shorter.
func intArg(a []types.Value, i int, otherwise int64) int64 {
	if i < len(a) {
		return a[i].Int64()
	}
	return otherwise
}

func regexpCount(e *Env, a []types.Value) (types.Value, error) {
	start := intArg(a, 2, 1)
	if start <= 0 {
		return types.Value{}, invalidRegexpParameter("start", start)
	}
	re, _, err := compileArgs(e, a, 3, false, "regexp_count()")
	if err != nil {
		return types.Value{}, err
	}
	return types.IntValue(int64(len(matchesFrom(re, a[0].Bytes, start, -1)))), nil
}

// nthMatch finds match n from the start argument on and the group asked for.
func nthMatch(re *regexp.Regexp, s []byte, start, n, group int64) (match []int, ok bool) {
	found := matchesFrom(re, s, start, int(n))
	if int64(len(found)) < n || 2*group+1 >= int64(len(found[n-1])) || found[n-1][2*group] < 0 {
		return nil, false
	}
	return found[n-1][2*group : 2*group+2], true
}

// regexpInstr is regexp_instr(string, pattern, start, n, endoption, flags, subexpr).
func regexpInstr(e *Env, a []types.Value) (types.Value, error) {
	start, n, end, group := intArg(a, 2, 1), intArg(a, 3, 1), intArg(a, 4, 0), intArg(a, 6, 0)
	switch {
	case start <= 0:
		return types.Value{}, invalidRegexpParameter("start", start)
	case n <= 0:
		return types.Value{}, invalidRegexpParameter("n", n)
	case end != 0 && end != 1:
		return types.Value{}, invalidRegexpParameter("endoption", end)
	case group < 0:
		return types.Value{}, invalidRegexpParameter("subexpr", group)
	}
	re, _, err := compileArgs(e, a, 5, false, "regexp_instr()")
	if err != nil {
		return types.Value{}, err
	}
	m, ok := nthMatch(re, a[0].Bytes, start, n, group)
	if !ok {
		return types.IntValue(0), nil
	}
	return types.IntValue(int64(utf8.RuneCount(a[0].Bytes[:m[end]])) + 1), nil
}

// regexpSubstr is regexp_substr(string, pattern, start, n, flags, subexpr).
func regexpSubstr(e *Env, a []types.Value) (types.Value, error) {
	start, n, group := intArg(a, 2, 1), intArg(a, 3, 1), intArg(a, 5, 0)
	switch {
	case start <= 0:
		return types.Value{}, invalidRegexpParameter("start", start)
	case n <= 0:
		return types.Value{}, invalidRegexpParameter("n", n)
	case group < 0:
		return types.Value{}, invalidRegexpParameter("subexpr", group)
	}
	re, _, err := compileArgs(e, a, 4, false, "regexp_substr()")
	if err != nil {
		return types.Value{}, err
	}
	m, ok := nthMatch(re, a[0].Bytes, start, n, group)
	if !ok {
		return types.Value{}, nil
	}
	return types.TextBytes(a[0].Bytes[m[0]:m[1]]), nil
}
