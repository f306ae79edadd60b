package parse

import (
	"strconv"
	"strings"

	"polyreme/pgsql/parse/ast"
)

// Statements that differ only in constants can share a plan: Normalize makes
// them one statement with parameters in the places of the constants. It reads
// tokens, not the tree, and is careful instead of clever. A constant stays in the
// text where the language needs a constant, where its value decides the meaning,
// or where a parameter of unknown type would be resolved in another way:
//
//   - in type modifiers and array bounds, in typed literals (date '…'), after
//     words that are not followed by a general expression (ZONE, ESCAPE, ROWS);
//   - in ORDER BY, PARTITION BY, DISTINCT ON and the target of ON CONFLICT, where
//     a number is an ordinal or an expression is compared with another one;
//   - as a pattern of LIKE and its kin, whose prefix the planner looks at;
//   - as the name of a sequence or relation (nextval('s'), 't'::regclass);
//   - prefixed strings (E'', U&'', B'', X'') and dollar-quoted ones.
//
// Statements with GROUP BY, DISTINCT or their own parameters, INSERT … SELECT,
// and all but SELECT, VALUES, INSERT, UPDATE and DELETE are not normalised.
//
// A parameter stands for an unknown literal almost everywhere, but not quite: a
// caller that gets an error from planning the key, or from converting a literal
// to the type of its parameter, must plan the statement's own text and report
// what comes of that.

// literalsMax bounds the parameters that a normalised statement has.
const literalsMax = 512

// Literal is a constant that Normalize took out: the value of parameter $n.
type Literal struct {
	Kind ast.ConstKind // ConstInt4, ConstInt8, ConstNumeric or ConstString
	Int  int64
	Text string
	Pos  int // byte offset in the source
}

// class is the letter of a literal's type in a key.
func (l *Literal) class() byte {
	return [...]byte{ast.ConstInt4: 'i', ast.ConstInt8: 'l', ast.ConstNumeric: 'n', ast.ConstString: 's'}[l.Kind]
}

// keySeparator ends the SQL text of a key; the types of the literals follow, a
// letter each.
const keySeparator = '\x00'

// KeySQL returns the SQL text of a key: the statement with parameters $1, $2 and
// so on in the places of the literals.
func KeySQL(key string) string {
	text, _, _ := strings.Cut(key, string(keySeparator))
	return text
}

// Normalize returns the key that all statements share which differ from sql only
// in constants, and the constants. ok is false where sql is not one statement of
// a kind that is normalised, or has no constant to take out.
func Normalize(sql string) (key string, literals []Literal, ok bool) {
	if checkUTF8(sql) != nil {
		return "", nil, false
	}
	n := normalizer{lex: lexer{src: sql}}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case bailout:
			key, literals, ok = "", nil, false
		default:
			panic(r)
		}
	}()
	if !n.run() || len(n.literals) == 0 {
		return "", nil, false
	}
	n.key = append(n.key, keySeparator)
	for i := range n.literals {
		n.key = append(n.key, n.literals[i].class())
	}
	return string(n.key), n.literals, true
}

// normalizer walks over the tokens of one statement.
type normalizer struct {
	lex      lexer
	tok      token // the current token
	next     token // the one after it
	prev     kind  // the one before it
	prev2    token // the one before that
	last     token // the one before the current one, whole
	copied   int   // how much of the source is in the key
	depth    int   // parentheses and brackets open
	keepFrom int   // literals stay while depth is at least this; 0: none
	ordered  int   // depth of an ORDER BY or PARTITION BY that is open, plus 1
	inType   bool  // the tokens before are the name of a type
	target   bool  // between ON CONFLICT and DO
	insert   bool
	key      []byte
	literals []Literal
}

// run normalises; false where the statement is not of a kind for it.
func (n *normalizer) run() bool {
	n.lex.next(&n.tok)
	switch n.tok.kind {
	case kwInsert:
		n.insert = true
	case kwSelect, kwUpdate, kwDelete, kwValues:
	default:
		return false
	}
	n.key = make([]byte, 0, len(n.lex.src)+16)
	n.literals = make([]Literal, 0, 4)
	for n.lex.next(&n.next); n.tok.kind != tEOF; n.step() {
		switch k := n.tok.kind; k {
		case tInteger, tNumber, tString:
			if n.replaceable() && !n.replace() {
				return false
			}
		case ')':
			if n.next.kind == tString { // a literal of a type with modifiers
				return false
			}
			n.follow(k)
		case ';':
			if n.next.kind != tEOF {
				return false
			}
			return n.finish(n.tok.pos)
		case tParam, kwGroup, kwDistinct, kwInto, kwTablesample, kwWindow:
			if k != kwInto || !n.insert {
				return false
			}
		case kwSelect:
			if n.insert {
				return false
			}
		default:
			n.follow(k)
		}
	}
	return n.finish(n.tok.pos)
}

// finish copies the rest of the source.
func (n *normalizer) finish(end int) bool {
	n.key = append(n.key, strings.TrimRight(n.lex.src[n.copied:end], " \t\r\n")...)
	return true
}

// step moves to the next token.
func (n *normalizer) step() {
	n.prev2, n.last = n.last, n.tok
	n.prev = n.tok.kind
	n.tok = n.next
	if n.prev == '.' && n.tok.kind >= firstKeyword {
		n.tok.kind = tIdent // after a dot any word is a name
	}
	n.lex.next(&n.next)
}

// follow keeps track of where we are.
func (n *normalizer) follow(k kind) {
	switch k {
	case tTypecast:
		n.inType = true
		return
	case kwAs:
		n.inType = true
		return
	case '(', '[':
		n.depth++
		if n.keepFrom == 0 && (n.inType && n.prev != kwAs || takesPrecision(n.prev)) {
			n.keepFrom = n.depth
		}
		return
	case ')', ']':
		if n.keepFrom == n.depth {
			n.keepFrom = 0
		}
		if n.ordered == n.depth+1 {
			n.ordered = 0
		}
		n.depth--
		return
	case kwBy:
		if n.ordered == 0 {
			n.ordered = n.depth + 1
		}
	case kwLimit, kwOffset, kwFetch, kwFor, kwUnion, kwExcept, kwIntersect, kwRows, kwRange, kwGroups:
		if n.ordered == n.depth+1 {
			n.ordered = 0
		}
	case kwConflict:
		n.target = n.prev == kwOn
	case kwDo:
		n.target = false
	case '.':
		return
	}
	if n.inType {
		n.inType = k == tIdent || k == kwArray || k >= firstKeyword && k.class()&classReserved == 0
	}
}

// replaceable tells whether the literal here can be a parameter.
func (n *normalizer) replaceable() bool {
	if n.keepFrom != 0 || n.ordered != 0 || n.target || n.inType {
		n.inType = false
		return false
	}
	if k := n.next.kind; k == kwPreceding || k == kwFollowing || k == tString {
		return false
	}
	if n.tok.kind == tString {
		return n.replaceableString()
	}
	return n.afterOperand(n.prev)
}

// afterOperand tells whether an expression may begin after the token k, in a
// place where a parameter is as good as a constant.
func (n *normalizer) afterOperand(k kind) bool {
	switch k {
	case '(', ',', '[', ':', '=', '<', '>', '+', '-', '*', '/', '%', '^', tOp, tLessEquals, tGreaterEquals, tNotEquals,
		tEqualsGreater, tColonEquals,
		kwSelect, kwWhere, kwAnd, kwOr, kwNot, kwWhen, kwThen, kwElse, kwBetween, kwOn, kwHaving, kwLimit, kwOffset,
		kwReturning, kwCase, kwSymmetric:
		return true
	}
	return false
}

// replaceableString tells whether the string here can be a parameter.
func (n *normalizer) replaceableString() bool {
	if n.lex.src[n.tok.pos] != '\'' || !n.afterOperand(n.prev) {
		return false
	}
	if n.prev == '(' && (n.prev2.kind == kwExtract || n.prev2.kind == tIdent && namesObject(n.prev2.str)) {
		return false
	}
	if n.prev == tOp && strings.HasSuffix(n.last.str, "~") || n.prev == tOp && strings.HasPrefix(n.last.str, "~") {
		return false // pattern matching
	}
	if n.next.kind == tTypecast {
		return !n.castsToObject()
	}
	return true
}

// namesObject tells whether the first argument of a function names a relation or
// a setting.
func namesObject(function string) bool {
	switch function {
	case "nextval", "currval", "setval", "set_config", "current_setting", "to_regclass", "to_regtype",
		"pg_get_serial_sequence":
		return true
	}
	return false
}

// castsToObject tells whether the cast after the current token is to regclass or
// its kin, or to a type by a qualified name.
func (n *normalizer) castsToObject() bool {
	l := n.lex
	var t token
	l.next(&t)
	return strings.HasPrefix(t.str, "reg") || t.kind == tIdent && l.peek(0) == '.'
}

// replace puts a parameter in the place of the literal; false where there are
// too many.
func (n *normalizer) replace() bool {
	if len(n.literals) >= literalsMax {
		return false
	}
	lit := Literal{Pos: n.tok.pos}
	start := n.tok.pos
	if n.tok.kind == tString {
		lit.Kind, lit.Text = ast.ConstString, n.tok.str
	} else {
		text := n.tok.str
		if n.prev == '-' && !n.binaryMinus() {
			if !n.afterOperand(n.prev2.kind) || n.next.kind == tTypecast || n.next.kind == '[' || n.next.kind == '.' {
				return true
			}
			text, start = "-"+text, n.last.pos
		}
		var c ast.Const
		setNumber(&c, text)
		lit.Kind, lit.Int, lit.Text = c.Kind, c.Int, c.Text
	}
	n.literals = append(n.literals, lit)
	n.key = append(n.key, n.lex.src[n.copied:start]...)
	if len(n.key) > 0 && start > 0 && charClass[n.key[len(n.key)-1]]&(charIdentStart|charDigit) != 0 {
		n.key = append(n.key, ' ')
	}
	n.key = append(n.key, '$')
	n.key = strconv.AppendInt(n.key, int64(len(n.literals)), 10)
	n.copied = n.tok.end
	if end := n.copied; end < len(n.lex.src) && charClass[n.lex.src[end]]&(charIdentStart|charDigit) != 0 {
		n.key = append(n.key, ' ')
	}
	return true
}

// binaryMinus tells whether the minus before the literal is an operator: an
// operand ends before it.
func (n *normalizer) binaryMinus() bool {
	switch n.prev2.kind {
	case tIdent, tInteger, tNumber, tString, ')', ']', kwEnd:
		return true
	}
	return false
}

// takesPrecision tells whether a number in parentheses after the word k is that
// of a type or of CURRENT_TIMESTAMP and its kin.
func takesPrecision(k kind) bool {
	switch k {
	case kwCurrentTime, kwCurrentTimestamp, kwLocaltime, kwLocaltimestamp, kwVarying, kwSecond:
		return true
	}
	return isTypeKeyword(k)
}
