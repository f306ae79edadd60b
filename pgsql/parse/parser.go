package parse

import (
	"strconv"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// depthMax bounds how deep expressions, queries and joins may nest.
const depthMax = 1000

// heightMax bounds how high a tree may be. Operators that follow one another on
// one level make a tree as high as they are many, so this is not depthMax; it
// keeps those safe who walk over the tree by recursion.
const heightMax = 10000

// lookaheadMax is how many tokens beyond the current one can be looked at.
const lookaheadMax = 4

// parser holds the state of one parse.
type parser struct {
	lex   lexer
	tok   token               // the current token
	ahead [lookaheadMax]token // those after it that have been read
	n     int                 // how many of ahead are read
	end   int                 // where the token before the current one ends
	depth int                 // nesting now
	// height is that of the highest tree that has been made at this level.
	height int
	open   int   // parentheses and brackets open
	label  int   // open + 1 at the start of the select list's item that is parsed; 0: none
	comma  token // the first comma of the parenthesis that closed last
}

// fill reads the first token.
func (p *parser) fill() { p.read(&p.tok) }

// read takes the next token from the lexer, joining it with the one after it
// where PostgreSQL's base_yylex does.
func (p *parser) read(t *token) {
	p.lex.next(t)
	switch t.kind {
	case kwNot, kwNulls, kwWith:
		p.merge(t)
	}
}

// merge marks NOT, NULLS and WITH by the word that follows.
func (p *parser) merge(t *token) {
	after := p.lex.pos
	var next token
	p.lex.next(&next)
	p.lex.pos = after
	switch {
	case t.kind == kwNot:
		switch next.kind {
		case kwBetween, kwIn, kwLike, kwIlike, kwSimilar:
			t.kind = kwNotLA
		}
	case t.kind == kwNulls:
		if next.kind == kwFirst || next.kind == kwLast {
			t.kind = kwNullsLA
		}
	case next.kind == kwTime || next.kind == kwOrdinality:
		t.kind = kwWithLA
	}
}

// advance moves to the next token.
func (p *parser) advance() {
	p.end = p.tok.end
	switch p.tok.kind {
	case '(', '[':
		p.open++
	case ')', ']':
		p.open--
	}
	if p.n == 0 {
		p.read(&p.tok)
		return
	}
	p.tok = p.ahead[0]
	copy(p.ahead[:], p.ahead[1:p.n])
	p.n--
}

// peek returns the kind of the n-th token after the current one, n from 1.
func (p *parser) peek(n int) kind {
	for p.n < n {
		p.read(&p.ahead[p.n])
		p.n++
	}
	return p.ahead[n-1].kind
}

// at tells whether the current token is k.
func (p *parser) at(k kind) bool { return p.tok.kind == k }

// at2 tells whether the current two tokens are a and b.
func (p *parser) at2(a, b kind) bool { return p.tok.kind == a && p.peek(1) == b }

// accept moves over the current token if it is k.
func (p *parser) accept(k kind) bool {
	if p.tok.kind != k {
		return false
	}
	p.advance()
	return true
}

// accept2 moves over the current two tokens if they are a and b.
func (p *parser) accept2(a, b kind) bool {
	if !p.at2(a, b) {
		return false
	}
	p.advance()
	p.advance()
	return true
}

// expect moves over the current token, which must be k.
func (p *parser) expect(k kind) {
	if p.tok.kind != k {
		p.syntaxError()
	}
	p.advance()
}

// expectAll moves over tokens that must be ks.
func (p *parser) expectAll(ks ...kind) {
	for _, k := range ks {
		p.expect(k)
	}
}

// here is the position of the current token.
func (p *parser) here() ast.At { return ast.At(p.tok.pos) }

// syntaxError ends the parse: the current token cannot stand here.
func (p *parser) syntaxError() {
	p.lex.failNear("syntax error", p.tok.pos, p.tok.end)
}

// failToken ends the parse: t, which has been moved over, cannot stand where it
// stood.
func (p *parser) failToken(t *token) { p.lex.failNear("syntax error", t.pos, t.end) }

// failNear ends the parse with "message at or near" the current token.
func (p *parser) failNear(message string) {
	p.lex.failNear(message, p.tok.pos, p.tok.end)
}

// enter counts one level of nesting; leave takes it back.
func (p *parser) enter() {
	p.depth++
	if p.depth > depthMax {
		p.failDepth()
	}
}

func (p *parser) leave() { p.depth-- }

// grow makes the tree at this level one node higher.
func (p *parser) grow() {
	p.height++
	if p.height > heightMax {
		p.failDepth()
	}
}

// failDepth ends the parse of a text that nests too deep.
func (p *parser) failDepth() {
	panic(bailout{pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded").
		WithHint("The statement nests more than %d levels deep, or chains more than %d operators.", depthMax, heightMax)})
}

// name moves over the current token, which must satisfy is, and returns its
// name.
func (p *parser) name(is func(kind) bool) string {
	if !is(p.tok.kind) {
		p.syntaxError()
	}
	s := p.tok.str
	p.advance()
	return s
}

// colID parses the name of a column, table and the like.
func (p *parser) colID() string {
	if !p.tok.kind.isColID() {
		p.syntaxError()
	}
	s := p.tok.str
	p.advance()
	return s
}

// colLabel parses a name that may be any word.
func (p *parser) colLabel() string {
	if !p.tok.kind.isColLabel() {
		p.syntaxError()
	}
	s := p.tok.str
	p.advance()
	return s
}

// nonReserved parses a name that may be any but a reserved word.
func (p *parser) nonReserved() string { return p.name(kind.isNonReserved) }

// stringConst parses a string literal.
func (p *parser) stringConst() string {
	if !p.at(tString) {
		p.syntaxError()
	}
	s := p.tok.str
	p.advance()
	return s
}

// intConst parses an integer that fits int4.
func (p *parser) intConst() int {
	if !p.at(tInteger) {
		p.syntaxError()
	}
	n, _ := strconv.Atoi(p.tok.str)
	p.advance()
	return n
}

// signedInt parses an integer with an optional sign.
func (p *parser) signedInt() int {
	if p.accept('-') {
		return -p.intConst()
	}
	p.accept('+')
	return p.intConst()
}

// nameList parses name, ….
func (p *parser) nameList() []string {
	list := []string{p.colID()}
	for p.accept(',') {
		list = append(list, p.colID())
	}
	return list
}

// parenNames parses (name, …).
func (p *parser) parenNames() []string {
	p.expect('(')
	list := p.nameList()
	p.expect(')')
	return list
}

// optParenNames parses (name, …) if there is a parenthesis.
func (p *parser) optParenNames() []string {
	if !p.at('(') {
		return nil
	}
	return p.parenNames()
}

// attrs parses what follows the first part of a dotted name.
func (p *parser) attrs(names []string) []string {
	for p.accept('.') {
		names = append(names, p.colLabel())
	}
	return names
}

// anyName parses a dotted name: any_name of the grammar.
func (p *parser) anyName() []string {
	first := p.colID()
	if !p.at('.') {
		return []string{first}
	}
	return p.attrs(append(make([]string, 0, 2), first))
}

// anyNameList parses dotted names.
func (p *parser) anyNameList() [][]string {
	list := [][]string{p.anyName()}
	for p.accept(',') {
		list = append(list, p.anyName())
	}
	return list
}

// qualifiedName parses the name of a relation.
func (p *parser) qualifiedName() *ast.RangeVar {
	rel := &ast.RangeVar{At: p.here()}
	rel.Name = p.colID()
	if p.at('.') || p.at('[') {
		p.qualify(rel)
	}
	return rel
}

// qualify reads the parts after the first of a relation's name.
func (p *parser) qualify(rel *ast.RangeVar) {
	names := append(make([]string, 0, 3), rel.Name)
	for p.at('.') {
		if p.peek(1) == '*' {
			p.failAt(rel.Pos())
		}
		p.advance()
		names = append(names, p.colLabel())
	}
	if p.at('[') {
		p.syntaxError()
	}
	rel.Name = names[len(names)-1]
	switch len(names) {
	case 1, 2:
		if len(names) == 2 {
			rel.Schema = names[0]
		}
	case 3:
		rel.Catalog, rel.Schema = names[0], names[1]
	default:
		p.fail(rel.Pos(), "improper qualified name (too many dotted names): %s", dotted(names))
	}
}

// failAt ends the parse with a plain syntax error at an earlier offset, near the
// current token.
func (p *parser) failAt(pos int) {
	p.lex.failNear("syntax error", pos, p.tok.end)
}

// dotted joins names for a message.
func dotted(names []string) string {
	s := names[0]
	for _, n := range names[1:] {
		s += "." + n
	}
	return s
}

// qualifiedNameList parses names of relations.
func (p *parser) qualifiedNameList() []*ast.RangeVar {
	list := []*ast.RangeVar{p.qualifiedName()}
	for p.accept(',') {
		list = append(list, p.qualifiedName())
	}
	return list
}

// ifExists parses an optional IF EXISTS.
func (p *parser) ifExists() bool { return p.accept2(kwIf, kwExists) }

// ifNotExists parses an optional IF NOT EXISTS.
func (p *parser) ifNotExists() bool {
	if !p.at2(kwIf, kwNot) {
		return false
	}
	p.advance()
	p.advance()
	p.expect(kwExists)
	return true
}

// dropBehavior parses an optional CASCADE or RESTRICT.
func (p *parser) dropBehavior() ast.DropBehavior {
	if p.accept(kwCascade) {
		return ast.Cascade
	}
	p.accept(kwRestrict)
	return ast.Restrict
}
