package parse

// kind is a token's kind: the byte itself for a single-character token, one of
// the constants below, or a key word.
type kind uint16

// Token kinds that are not single characters.
const (
	tEOF    kind = 0
	tIdent  kind = 256 + iota
	tString      // '…', E'…', $$…$$, U&'…'
	tBitString
	tHexString
	tInteger // fits int4
	tNumber  // any other number
	tParam
	tOp
	tTypecast
	tDotDot
	tColonEquals
	tEqualsGreater
	tLessEquals
	tGreaterEquals
	tNotEquals

	firstKeyword kind = 300
)

// Classes of key words: where the word may stand as a name.
const (
	classUnreserved   = 1 << iota // any name
	classColName                  // a column, table or the like, not a function or type
	classTypeFuncName             // a function or type, not a column or table
	classReserved                 // a label after AS only
	bareLabel                     // a column label without AS
)

// keyword is a key word and its class bits.
type keyword struct {
	word  string
	class uint8
}

// token is one lexical element.
type token struct {
	kind     kind
	pos, end int
	// str is the name of an identifier or key word, the value of a string, the
	// digits of a number or parameter, or the operator.
	str string
}

// class returns the key word classes of k, 0 for all but key words.
func (k kind) class() uint8 {
	if k < firstKeyword {
		return 0
	}
	return keywords[k-firstKeyword].class
}

// isColID tells whether k can name a column, table, schema and so on.
func (k kind) isColID() bool {
	return k == tIdent || k.class()&(classUnreserved|classColName) != 0
}

// isTypeFuncName tells whether k can name a type or a function.
func (k kind) isTypeFuncName() bool {
	return k == tIdent || k.class()&(classUnreserved|classTypeFuncName) != 0
}

// isNonReserved tells whether k is an identifier or any but a reserved word.
func (k kind) isNonReserved() bool {
	return k == tIdent || k.class()&(classUnreserved|classColName|classTypeFuncName) != 0
}

// isColLabel tells whether k can be a label after AS or a name after a dot.
func (k kind) isColLabel() bool {
	return k == tIdent || k.class()&(classUnreserved|classColName|classTypeFuncName|classReserved) != 0
}

// isBareLabel tells whether k can be a column label without AS.
func (k kind) isBareLabel() bool {
	return k == tIdent || k.class()&bareLabel != 0
}
