package plan

import (
	"polyreme/pgsql/builtin"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
)

// expr is a typed expression. Positions are byte offsets into the source, or -1.
type expr interface {
	typ() types.OID
	mod() int32
	position() int
}

// base holds what every expression has.
type base struct {
	oid    types.OID
	typmod int32
	pos    int
}

func (b *base) typ() types.OID { return b.oid }
func (b *base) mod() int32     { return b.typmod }
func (b *base) position() int  { return b.pos }

// varExpr is a column of a range table entry.
type varExpr struct {
	base
	rte *rte
	col int // index into rte.cols
}

// constExpr is a constant; a literal of unknown type has oid UnknownOID and its
// text in val.
type constExpr struct {
	base
	val types.Value
}

// paramExpr is $n.
type paramExpr struct {
	base
	num int
}

// funcExpr is a call of a plain function.
type funcExpr struct {
	base
	fn       *builtin.Function
	args     []expr
	variadic bool // the last arguments were gathered into an array by the caller
	name     string
}

// opExpr is an operator and its one or two operands.
type opExpr struct {
	base
	op   *builtin.Operator
	args []expr
}

// distinctExpr is IS [NOT] DISTINCT FROM over the operator =.
type distinctExpr struct {
	base
	op          *builtin.Operator
	left, right expr
	not         bool
}

// nullIfExpr is NULLIF over the operator =.
type nullIfExpr struct {
	base
	op          *builtin.Operator
	left, right expr // as compared
	result      expr // the left operand as returned
}

// arrayOpExpr is left op ANY|ALL (array). Where the array is written out as a
// list (IN, ARRAY[…]), list holds its elements and array is nil.
type arrayOpExpr struct {
	base
	op    *builtin.Operator
	left  expr
	array expr
	list  []expr
	elem  types.OID // type of the list before it was relabelled, 0 if it was not
	all   bool
}

// boolExpr is AND, OR (any number of arguments) or NOT (one).
type boolExpr struct {
	base
	kind boolKind
	args []expr
}

type boolKind uint8

const (
	boolAnd boolKind = iota
	boolOr
	boolNot
)

// caseExpr is CASE; with an argument each when is already the comparison, over
// arg (a *caseTestExpr stands for it).
type caseExpr struct {
	base
	arg   expr
	whens []caseWhen
	els   expr // nil: NULL
}

type caseWhen struct{ when, then expr }

// caseTestExpr stands for the argument of the CASE around it.
type caseTestExpr struct {
	base
	of *caseExpr
}

// listExpr is COALESCE, GREATEST or LEAST.
type listExpr struct {
	base
	kind listKind
	args []expr
}

type listKind uint8

const (
	listCoalesce listKind = iota
	listGreatest
	listLeast
)

// nullTest is IS [NOT] NULL.
type nullTest struct {
	base
	x   expr
	not bool
}

// boolTest is IS [NOT] TRUE|FALSE|UNKNOWN.
type boolTest struct {
	base
	x    expr
	kind ast.BoolTestKind
	not  bool
}

// castExpr converts x to its type, and to its typmod where that is not -1. Where
// run is false both types have the same storage form and value.
type castExpr struct {
	base
	x        expr
	run      bool // false: a relabelling
	length   bool // a typmod coercion within one type
	explicit bool
	implicit bool // not written by the user: FigureColname looks through it
}

// subLink is a sub-query in an expression.
type subLink struct {
	base
	kind  ast.SubLinkKind
	query *query
	tests []expr              // Any, All: the left operands
	ops   []*builtin.Operator // Any, All: one per operand
	coer  []expr              // the sub-query's columns as compared, over subVar
	opNam string
	not   bool
}

// arrayExpr is ARRAY[…].
type arrayExpr struct {
	base
	elem   types.OID
	from   types.OID // type of the elements, all constant, before they were cast to elem; or 0
	elems  []expr
	nested bool // the elements are arrays of the same type
}

// rowExpr is a row; its names are those of the columns of a whole-row reference.
type rowExpr struct {
	base
	args  []expr
	names []string
	whole bool // of a relation
}

// rowCompare is a comparison of two rows by <, <=, > or >=.
type rowCompare struct {
	base
	op          string
	left, right []expr
	ops         []*builtin.Operator
}

// subscriptExpr is array[i], array[i:j] and chains of these.
type subscriptExpr struct {
	base
	x     expr
	slice bool
	lower []expr // nil entries where not written
	upper []expr
}

// aggExpr is an aggregate call.
type aggExpr struct {
	base
	fn       *builtin.Function
	args     []expr
	direct   []expr // WITHIN GROUP: the direct arguments
	order    []sortKey
	distinct bool
	star     bool
	filter   expr
	owner    *scope
}

// windowExpr is a window function call.
type windowExpr struct {
	base
	fn     *builtin.Function
	args   []expr
	star   bool
	filter expr
	win    *window
}

// window is a window definition after names are resolved.
type window struct {
	name      string
	partition []expr
	order     []sortKey
	frame     *ast.WindowFrame
	start     expr
	end       expr
}

// defaultExpr is DEFAULT where INSERT or UPDATE allows it.
type defaultExpr struct{ base }

// sortKey is an item of ORDER BY. For a query's own keys target is the index
// into its targets, else -1 and x is set.
type sortKey struct {
	x          expr
	target     int
	desc       bool
	nullsFirst bool
}

// target is an item of a select list. Junk targets serve ORDER BY or GROUP BY.
type target struct {
	x      expr
	name   string
	junk   bool
	hidden bool // a field of a row among the targets: for the query around it
}

// query is a SELECT, VALUES or set operation.
type query struct {
	scope    *scope
	ctes     []*cte
	recurse  bool
	from     []fromItem
	where    expr
	pulled   expr // conditions of LATERAL sub-queries merged into FROM
	group    []expr
	grouping bool // GROUP BY, HAVING or an aggregate is there
	having   expr
	windows  []*window
	targets  []target
	distinct bool
	on       []expr // DISTINCT ON

	values [][]expr

	op          ast.SetOp
	all         bool
	left, right *query
	out         *rte // of a set operation: what its own targets read
	recast      bool // some targets convert the columns of out

	order    []sortKey
	limit    expr
	offset   expr
	withTies bool

	hasAgg, hasWindow, hasSRF bool
	forUpdate                 bool
	locking                   []ast.LockingClause
	srf                       *rte  // set-returning functions of the select list
	srfStart                  []int // first column of each of its calls
	singleRow                 bool  // known to give at most one row
}

// cte is a common table expression.
type cte struct {
	name        string
	id          int
	query       *query
	cols        []rteCol
	recursive   bool
	working     bool // its recursive term is being analyzed
	refs        int
	refScope    *scope // of the reference in the recursive term
	materialize ast.CTEMaterialize
}

// rteKind is the kind of a range table entry.
type rteKind uint8

const (
	rteRelation rteKind = iota
	rteSubquery
	rteFunction
	rteCTE
	rteExcluded // excluded of ON CONFLICT
)

// rte is a range table entry.
type rte struct {
	kind    rteKind
	id      int
	alias   string // visible name
	schema  string // of a relation without an alias
	aliased bool
	owner   *scope
	rel     *catalog.Relation
	view    *catalog.Relation // whose query stands here
	query   *query
	cte     *cte
	fn      *tableFunc
	cols    []rteCol
	target  bool // of INSERT, UPDATE, DELETE
	lateral bool
}

// rteCol is a column of a range table entry.
type rteCol struct {
	name     string
	oid      types.OID
	typmod   int32
	physical string
	rel      uint32 // relation and column it comes from, for RowDescription
	num      int16
	part     int      // of several correlated functions: the number of its own
	fields   []int    // of a row: the hidden columns with its fields
	names    []string // of those
	hidden   bool
}

// tableFunc is a function in FROM.
type tableFunc struct {
	calls      []expr // funcExpr, or any expression that gives one row
	ordinality bool
}

// fromItem is a node of the join tree.
type fromItem interface{ fromItem() }

// fromRTE is a leaf of the join tree.
type fromRTE struct{ rte *rte }

// fromJoin is a join.
type fromJoin struct {
	kind        ast.JoinType
	left, right fromItem
	on          expr
	using       []string // of which on was made
	aliased     bool
}

func (*fromRTE) fromItem()  {}
func (*fromJoin) fromItem() {}
