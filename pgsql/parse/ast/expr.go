package ast

// ConstKind is the kind of a literal: together with its text it decides the
// literal's type.
type ConstKind uint8

// Literal kinds.
const (
	ConstNull      ConstKind = iota
	ConstBool                // Int is 0 or 1
	ConstInt4                // an integer that fits int4; value in Int
	ConstInt8                // an integer that fits int8 but not int4; value in Int
	ConstNumeric             // any other number; digits in Text
	ConstString              // of unknown type; value in Text
	ConstBitString           // B'0101': Text is "b0101"; X'1F': Text is "x1F"
)

// Const is a literal. A negative number is a UnaryExpr over a Const, except in
// the places where the grammar itself negates (as PostgreSQL's doNegate does:
// unary minus folds into the constant).
type Const struct {
	At
	Kind ConstKind
	Int  int64
	Text string
}

// Bool returns the value of a ConstBool.
func (c *Const) Bool() bool { return c.Int != 0 }

// ColumnRef is a possibly qualified name, or name.* where Star is set; a bare *
// in a select list has no names.
type ColumnRef struct {
	At
	Names []string
	Star  bool
}

// ParamRef is $n.
type ParamRef struct {
	At
	Number int
}

// UnaryExpr is a prefix operator and its operand.
type UnaryExpr struct {
	At // of the operator
	Op Operator
	X  Expr
}

// BinaryExpr is an infix operator: all but AND, OR and those with a node of
// their own. Op.Name is as written, but != is <>.
type BinaryExpr struct {
	At    // of the operator
	Op    Operator
	Left  Expr
	Right Expr
}

// BoolOp is AND or OR.
type BoolOp uint8

// The two.
const (
	And BoolOp = iota
	Or
)

// BoolExpr is a chain of AND or of OR, at least two arguments.
type BoolExpr struct {
	At
	Op   BoolOp
	Args []Expr
}

// NotExpr is NOT x.
type NotExpr struct {
	At
	X Expr
}

// NullTest is IS [NOT] NULL, ISNULL, NOTNULL.
type NullTest struct {
	At
	X   Expr
	Not bool
}

// BoolTestKind is what a BooleanTest asks for.
type BoolTestKind uint8

// Boolean tests.
const (
	TestTrue BoolTestKind = iota
	TestFalse
	TestUnknown
)

// BooleanTest is IS [NOT] TRUE, FALSE or UNKNOWN.
type BooleanTest struct {
	At
	X    Expr
	Kind BoolTestKind
	Not  bool
}

// DistinctExpr is IS [NOT] DISTINCT FROM.
type DistinctExpr struct {
	At
	Left  Expr
	Right Expr
	Not   bool
}

// InExpr is [NOT] IN (expression, …). IN (SELECT …) is a SubLink.
type InExpr struct {
	At
	X    Expr
	List []Expr
	Not  bool
}

// BetweenExpr is [NOT] BETWEEN [SYMMETRIC].
type BetweenExpr struct {
	At
	X         Expr
	Low       Expr
	High      Expr
	Not       bool
	Symmetric bool
}

// LikeKind is which of the three matching operators a LikeExpr is.
type LikeKind uint8

// Matching operators.
const (
	Like LikeKind = iota
	ILike
	SimilarTo
)

// LikeExpr is [NOT] LIKE, ILIKE, SIMILAR TO. Escape is nil where not written.
type LikeExpr struct {
	At
	Kind    LikeKind
	X       Expr
	Pattern Expr
	Escape  Expr
	Not     bool
}

// Operator returns the operator that PostgreSQL resolves the match to: ~~, !~~,
// ~~*, !~~*, ~ or !~.
func (l *LikeExpr) Operator() string {
	return [...][2]string{{"~~", "!~~"}, {"~~*", "!~~*"}, {"~", "!~"}}[l.Kind][b2i(l.Not)]
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ScalarArrayExpr is x op ANY (array) or x op ALL (array).
type ScalarArrayExpr struct {
	At
	Left  Expr
	Op    Operator // LIKE ANY and its kin have ~~, !~~, ~~*, !~~*
	Right Expr
	All   bool
}

// SubLinkKind is the role of a sub-query in an expression.
type SubLinkKind uint8

// Roles of a sub-query.
const (
	ExistsSubLink SubLinkKind = iota // EXISTS (SELECT …)
	AnySubLink                       // Test Op ANY (SELECT …), Test [NOT] IN (SELECT …)
	AllSubLink                       // Test Op ALL (SELECT …)
	ExprSubLink                      // (SELECT …)
	ArraySubLink                     // ARRAY (SELECT …)
)

// SubLink is a sub-query in an expression.
type SubLink struct {
	At
	Kind  SubLinkKind
	Test  Expr     // AnySubLink and AllSubLink
	Op    Operator // the same; "=" for IN
	In    bool     // written as IN
	Not   bool     // written as NOT IN
	Query *SelectStmt
}

// CaseWhen is one WHEN … THEN … of a CaseExpr.
type CaseWhen struct {
	At
	When Expr
	Then Expr
}

// CaseExpr is CASE. Arg and Else may be nil.
type CaseExpr struct {
	At
	Arg   Expr
	Whens []CaseWhen
	Else  Expr
}

// CoalesceExpr is COALESCE(…).
type CoalesceExpr struct {
	At
	Args []Expr
}

// NullIfExpr is NULLIF(a, b).
type NullIfExpr struct {
	At
	Left  Expr
	Right Expr
}

// MinMaxExpr is GREATEST(…) or LEAST(…).
type MinMaxExpr struct {
	At
	Least bool
	Args  []Expr
}

// RowExpr is ROW(…), or (a, b, …) where Explicit is false.
type RowExpr struct {
	At
	Args     []Expr
	Explicit bool
}

// ArrayExpr is ARRAY[…]. Nested brackets are ArrayExpr with Nested set.
type ArrayExpr struct {
	At
	Elems  []Expr
	Nested bool // written without the word ARRAY inside another one
}

// IndirectionKind is what one step of an indirection is.
type IndirectionKind uint8

// Steps of an indirection.
const (
	FieldStep IndirectionKind = iota // .name
	StarStep                         // .*
	IndexStep                        // [Upper]
	SliceStep                        // [Lower:Upper], either may be nil
)

// Indirection is one step of field selection or subscripting.
type Indirection struct {
	Kind  IndirectionKind
	Name  string
	Lower Expr
	Upper Expr
}

// IndirectionExpr is an expression with field selections or subscripts: (x).f,
// (x).*, a[1], $1[2:3]. A name followed by names only is a ColumnRef; t.a[1] is
// this over the ColumnRef t.a.
type IndirectionExpr struct {
	At
	X     Expr
	Steps []Indirection
}

// TypeCast is x::t, CAST(x AS t) or the typed literal t 'x'.
type TypeCast struct {
	At   // of ::, of CAST, or of the type of a typed literal
	X    Expr
	Type *TypeName
}

// CollateExpr is x COLLATE name.
type CollateExpr struct {
	At
	X         Expr
	Collation []string
}

// FuncForm tells how a call was written where the grammar has a spelling of its
// own; the arguments are always in the order of the function.
type FuncForm uint8

// Spellings of calls.
const (
	CallForm         FuncForm = iota // name(args)
	AtTimeZoneForm                   // x AT TIME ZONE z: pg_catalog.timezone(z, x)
	ExtractForm                      // EXTRACT(f FROM x): pg_catalog.extract('f', x)
	OverlapsForm                     // (a, b) OVERLAPS (c, d): pg_catalog.overlaps(a, b, c, d)
	OverlayForm                      // OVERLAY(x PLACING y FROM p [FOR n]): pg_catalog.overlay
	PositionForm                     // POSITION(x IN y): pg_catalog.position(y, x)
	SubstringForm                    // SUBSTRING(x FROM p FOR n) and SIMILAR: pg_catalog.substring
	TrimForm                         // TRIM(LEADING y FROM x): pg_catalog.ltrim, rtrim, btrim
	NormalizeForm                    // NORMALIZE(x, NFC): pg_catalog.normalize(x, 'NFC')
	IsNormalizedForm                 // x IS NFC NORMALIZED: pg_catalog.is_normalized(x, 'NFC')
	CollationForForm                 // COLLATION FOR (x): pg_catalog.pg_collation_for(x)
	TreatForm                        // TREAT(x AS t): pg_catalog.t(x)
	XMLExistsForm                    // XMLEXISTS(x PASSING y): pg_catalog.xmlexists(x, y)
)

// FuncCall is a call of a function, an aggregate or a window function.
type FuncCall struct {
	At
	Name        []string
	Args        []Expr // a *NamedArg for name => value
	Star        bool   // count(*)
	Distinct    bool
	Variadic    bool // the last argument is marked VARIADIC
	Form        FuncForm
	WithinGroup bool     // OrderBy is that of WITHIN GROUP
	OrderBy     []SortBy // of the aggregate's input
	Filter      Expr
	Over        *WindowDef // nil when not a window call
}

// NamedArg is name => value (or name := value) in a call.
type NamedArg struct {
	At
	Name string
	X    Expr
}

// SQLValueKind is a function of the standard that is written without
// parentheses.
type SQLValueKind uint8

// Functions without parentheses.
const (
	CurrentDate SQLValueKind = iota
	CurrentTime
	CurrentTimestamp
	LocalTime
	LocalTimestamp
	CurrentRole
	CurrentUser
	User
	SessionUser
	CurrentCatalog
	CurrentSchema
)

// SQLValueFunction is CURRENT_DATE, CURRENT_USER and so on.
type SQLValueFunction struct {
	At
	Kind      SQLValueKind
	Precision int // of CURRENT_TIME(n) and its kin; -1 where not written
}

// GroupingFunc is GROUPING(…).
type GroupingFunc struct {
	At
	Args []Expr
}

// SetToDefault is DEFAULT in VALUES or SET.
type SetToDefault struct{ At }

// CurrentOfExpr is WHERE CURRENT OF cursor.
type CurrentOfExpr struct {
	At
	Cursor string
}

// GroupingSetKind is a form of GROUP BY item.
type GroupingSetKind uint8

// Forms of GROUP BY items.
const (
	EmptySet GroupingSetKind = iota // ()
	Rollup
	Cube
	GroupingSets
)

// GroupingSet is an item of GROUP BY that is not a plain expression; content is
// expressions and, within GROUPING SETS, grouping sets. It is an Expr only there.
type GroupingSet struct {
	At
	Kind    GroupingSetKind
	Content []Expr
}

// MultiAssign is the source of UPDATE … SET (a, b) = source: one node shared by
// the targets, which number their column. It is an Expr only there.
type MultiAssign struct {
	At
	Source  Expr // a RowExpr, a SubLink or any other expression
	Column  int  // 1-based
	Columns int
}

// XMLOp is a function of SQL/XML with a grammar of its own.
type XMLOp uint8

// SQL/XML functions.
const (
	XMLConcat XMLOp = iota
	XMLElement
	XMLForest
	XMLParse
	XMLPI
	XMLRoot
	XMLIsDocument
)

// XMLExpr is an SQL/XML function.
type XMLExpr struct {
	At
	Op        XMLOp
	Name      string
	NamedArgs []ResTarget
	Args      []Expr
	Document  bool // XMLPARSE(DOCUMENT …)
	Option    string
}

// XMLSerialize is XMLSERIALIZE(DOCUMENT|CONTENT x AS t).
type XMLSerialize struct {
	At
	Document bool
	X        Expr
	Type     *TypeName
}

func (*Const) expr()            {}
func (*ColumnRef) expr()        {}
func (*ParamRef) expr()         {}
func (*UnaryExpr) expr()        {}
func (*BinaryExpr) expr()       {}
func (*BoolExpr) expr()         {}
func (*NotExpr) expr()          {}
func (*NullTest) expr()         {}
func (*BooleanTest) expr()      {}
func (*DistinctExpr) expr()     {}
func (*InExpr) expr()           {}
func (*BetweenExpr) expr()      {}
func (*LikeExpr) expr()         {}
func (*ScalarArrayExpr) expr()  {}
func (*SubLink) expr()          {}
func (*CaseExpr) expr()         {}
func (*CoalesceExpr) expr()     {}
func (*NullIfExpr) expr()       {}
func (*MinMaxExpr) expr()       {}
func (*RowExpr) expr()          {}
func (*ArrayExpr) expr()        {}
func (*IndirectionExpr) expr()  {}
func (*TypeCast) expr()         {}
func (*CollateExpr) expr()      {}
func (*FuncCall) expr()         {}
func (*NamedArg) expr()         {}
func (*SQLValueFunction) expr() {}
func (*GroupingFunc) expr()     {}
func (*SetToDefault) expr()     {}
func (*CurrentOfExpr) expr()    {}
func (*GroupingSet) expr()      {}
func (*MultiAssign) expr()      {}
func (*XMLExpr) expr()          {}
func (*XMLSerialize) expr()     {}
