// Package ast holds the syntax tree of PostgreSQL 15's SQL: what the grammar
// knows before any name is looked up. It mirrors the parse nodes of PostgreSQL
// (src/include/nodes/parsenodes.h, primnodes.h); names are PostgreSQL's in Go
// case unless a clearer typed node exists (BinaryExpr for A_Expr, and so on).
//
// Guarantees:
//
//  1. The parser shares no memory between trees, so a tree may be kept, and read
//     by any number of goroutines, as long as nobody changes it.
//  2. Every expression knows its byte offset in the source (Pos); Character
//     turns an offset into the 1-based character position of an ErrorResponse.
//  3. Strings hold what the lexer made of the source: identifiers folded to
//     lower case and cut at 63 bytes unless quoted, escapes resolved.
//  4. String and the other printers give text that parses to an equal tree
//     (positions aside).
package ast

import "unicode/utf8"

// NoPos is the position of a node that has no source text.
const NoPos At = -1

// At is the byte offset of a node in the source text, or NoPos. Nodes embed it.
type At int

// Pos returns the byte offset.
func (a At) Pos() int { return int(a) }

// Node is any part of the tree.
type Node interface{ Pos() int }

// Expr is an expression. All implementations are pointers to structs.
type Expr interface {
	Node
	expr()
}

// Stmt is a statement. All implementations are pointers to structs.
type Stmt interface{ stmt() }

// TableExpr is an item of a FROM clause: *RangeVar, *RangeSubselect,
// *RangeFunction, *RangeTableSample, *RangeTableFunc or *JoinExpr.
type TableExpr interface {
	Node
	tableExpr()
}

// RawStmt is one statement of a source text and where it stands there:
// source[Start:End], without the semicolon and white space around it.
type RawStmt struct {
	Stmt       Stmt
	Start, End int
}

// Character returns the 1-based position, in characters, of a byte offset in
// source: what the P field of an ErrorResponse holds. It is 0 for NoPos.
func Character(source string, offset int) int {
	if offset < 0 {
		return 0
	}
	return utf8.RuneCountInString(source[:min(offset, len(source))]) + 1
}

// Unsupported is a statement of a kind that PostgreSQL has and Polyreme does
// not. The text after the words of Kind is checked only for its tokens.
type Unsupported struct {
	Kind string // the command's words, such as "CREATE TRIGGER"
}

// DropBehavior is the CASCADE or RESTRICT at the end of a DROP.
type DropBehavior uint8

// Drop behaviours; RESTRICT is the default of the language.
const (
	Restrict DropBehavior = iota
	Cascade
)

// ObjectType is the kind of object that a DROP, COMMENT, RENAME or GRANT is
// about.
type ObjectType uint8

// Object types, in the order of PostgreSQL's enumeration.
const (
	ObjectNone ObjectType = iota
	ObjectAccessMethod
	ObjectAggregate
	ObjectAttribute // attribute of a composite type
	ObjectCast
	ObjectColumn
	ObjectCollation
	ObjectConversion
	ObjectDatabase
	ObjectDomain
	ObjectDomainConstraint
	ObjectEventTrigger
	ObjectExtension
	ObjectForeignDataWrapper
	ObjectForeignServer
	ObjectForeignTable
	ObjectFunction
	ObjectIndex
	ObjectLanguage
	ObjectLargeObject
	ObjectMatView
	ObjectOpClass
	ObjectOperator
	ObjectOpFamily
	ObjectParameter
	ObjectPolicy
	ObjectProcedure
	ObjectPublication
	ObjectRole
	ObjectRoutine
	ObjectRule
	ObjectSchema
	ObjectSequence
	ObjectSubscription
	ObjectStatistics
	ObjectTable
	ObjectTableConstraint
	ObjectTablespace
	ObjectTransform
	ObjectTrigger
	ObjectTSConfiguration
	ObjectTSDictionary
	ObjectTSParser
	ObjectTSTemplate
	ObjectType_
	ObjectView
)

// Persistence tells how long a relation's rows live.
type Persistence uint8

// Persistences.
const (
	Permanent Persistence = iota
	Unlogged
	Temporary
)

// Operator is the name of an operator, with its schema for OPERATOR(a.b.+).
type Operator struct {
	Schema []string // nil, or the qualifying names
	Name   string
}

// Is tells whether o is the unqualified operator name.
func (o Operator) Is(name string) bool { return o.Name == name && len(o.Schema) == 0 }

// TypeName is a type as it is written. Types that the grammar knows by keyword
// are given as pg_catalog names: int is pg_catalog.int4.
type TypeName struct {
	At
	Names       []string
	Typmods     []Expr // varchar(10): one Const; interval: the mask, then the precision
	ArrayBounds []int  // one per dimension, -1 where no size is written
	SetOf       bool
	PctType     bool // name%TYPE
}

// Interval masks: the first type modifier of an interval with fields, as in
// PostgreSQL's datetime.h (1 << field number).
const (
	IntervalMonth     = 1 << 1
	IntervalYear      = 1 << 2
	IntervalDay       = 1 << 3
	IntervalHour      = 1 << 10
	IntervalMinute    = 1 << 11
	IntervalSecond    = 1 << 12
	IntervalFullRange = 0x7FFF
)

// DefElem is one "name = value" option of a utility statement.
type DefElem struct {
	At
	Namespace string // of a storage parameter: toast.autovacuum_enabled
	Name      string
	Arg       DefArg // nil where no value is written
	Action    DefElemAction
}

// DefElemAction is how an option list is to be changed (ALTER … OPTIONS).
type DefElemAction uint8

// Option actions.
const (
	DefElemUnspec DefElemAction = iota
	DefElemSet
	DefElemAdd
	DefElemDrop
)

// DefArg is the value of an option: DefString, DefInt, DefFloat, DefBool,
// DefList, DefOperator, DefStar, *TypeName or an Expr wrapped in DefExpr.
type DefArg interface{ defArg() }

// DefString is a word or a quoted string.
type DefString string

// DefInt is an integer that fits int4.
type DefInt int64

// DefFloat is any other number, as written.
type DefFloat string

// DefBool is an option that is on or off by its words (LOGIN, NOLOGIN).
type DefBool bool

// DefList is a parenthesised or comma-separated list.
type DefList []DefArg

// DefNames is a qualified name.
type DefNames []string

// DefOperator is the name of an operator.
type DefOperator Operator

// DefStar is the * of COPY's FORCE_QUOTE *.
type DefStar struct{}

// DefExpr is an expression.
type DefExpr struct{ Expr Expr }

func (DefString) defArg()   {}
func (DefInt) defArg()      {}
func (DefFloat) defArg()    {}
func (DefBool) defArg()     {}
func (DefList) defArg()     {}
func (DefNames) defArg()    {}
func (DefOperator) defArg() {}
func (DefStar) defArg()     {}
func (DefExpr) defArg()     {}
func (*TypeName) defArg()   {}

func (*Unsupported) stmt() {}
