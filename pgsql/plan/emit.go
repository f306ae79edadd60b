package plan

import (
	"math"
	"strconv"
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// emitter writes SQLite SQL. Every expression it writes is an atom: a name, a
// literal, a call or something in parentheses.
type emitter struct {
	a      *analyzer
	buf    []byte
	bare   *rte   // this entry's columns are written without alias (RETURNING)
	prefix string // of bare columns: the table's name

	collated bool // the next SELECT's columns carry their collations
}

func newEmitter(a *analyzer) *emitter { return &emitter{a: a, buf: make([]byte, 0, 512)} }

// bareSQL writes x with the columns of r under their own names alone: for CHECK
// constraints and indexes.
func (a *analyzer) bareSQL(r *rte, x expr) string {
	e := newEmitter(a)
	e.bare = r
	e.expr(x)
	return e.text()
}

func (e *emitter) text() string { return string(e.buf) }

func (e *emitter) s(parts ...string) {
	for _, p := range parts {
		e.buf = append(e.buf, p...)
	}
}

func (e *emitter) int(n int) { e.buf = strconv.AppendInt(e.buf, int64(n), 10) }

// name writes an identifier, quoted unless it is one of ours.
func (e *emitter) name(n string) {
	if plainName(n) {
		e.buf = append(e.buf, n...)
		return
	}
	e.buf = append(e.buf, '"')
	for i := 0; i < len(n); i++ {
		if n[i] == '"' {
			e.buf = append(e.buf, '"')
		}
		e.buf = append(e.buf, n[i])
	}
	e.buf = append(e.buf, '"')
}

// plainName tells whether n is a letter and digits, like all physical names of
// user relations: no keyword looks like that.
func plainName(n string) bool {
	if len(n) < 2 || n[0] < 'a' || n[0] > 'z' {
		return false
	}
	if n == "rid" {
		return true
	}
	for i := 1; i < len(n); i++ {
		if n[i] < '0' || n[i] > '9' {
			return false
		}
	}
	return true
}

// value writes a literal.
func (e *emitter) value(v types.Value) {
	switch v.Kind {
	case types.Null:
		e.s("NULL")
	case types.Int:
		e.buf = strconv.AppendInt(e.buf, v.Int64(), 10)
	case types.Float:
		e.float(v.Float64())
	case types.Text:
		e.quote(v.Bytes)
	case types.Blob:
		e.s("x'")
		const digits = "0123456789abcdef"
		for _, b := range v.Bytes {
			e.buf = append(e.buf, digits[b>>4], digits[b&15])
		}
		e.s("'")
	}
}

func (e *emitter) quote(b []byte) {
	e.buf = append(e.buf, '\'')
	for _, c := range b {
		if c == '\'' {
			e.buf = append(e.buf, '\'')
		}
		e.buf = append(e.buf, c)
	}
	e.buf = append(e.buf, '\'')
}

func (e *emitter) float(f float64) {
	switch {
	case math.IsInf(f, 1):
		e.s("9e999")
		return
	case math.IsInf(f, -1):
		e.s("-9e999")
		return
	}
	at := len(e.buf)
	e.buf = strconv.AppendFloat(e.buf, f, 'g', -1, 64)
	if !strings.ContainsAny(string(e.buf[at:]), ".e") {
		e.s(".0")
	}
}

// column writes a reference to a column of a range table entry.
func (e *emitter) column(r *rte, col int) {
	switch {
	case e.bare == r:
		if e.prefix != "" {
			e.s(e.prefix, ".")
		}
	case r.kind == rteExcluded:
		e.s("excluded.")
	case r.lateral:
		e.lateralColumn(r, col)
		return
	case r.cols[col].part > 0:
		e.s("r")
		e.int(r.id)
		e.s("p")
		e.int(r.cols[col].part)
		e.s(".")
	default:
		e.s("r")
		e.int(r.id)
		e.s(".")
	}
	e.columnName(r, col)
}

func (e *emitter) columnName(r *rte, col int) {
	if p := r.cols[col].physical; p != "" {
		e.name(p)
		return
	}
	e.s("m")
	e.int(col + 1)
}

// collate writes the COLLATE that a value of x's type compares under. Columns of
// stored relations have it already.
func (e *emitter) collate(x expr) {
	c := types.Collation(x.typ())
	if c == "" {
		return
	}
	if v, ok := x.(*varExpr); ok && v.rte.kind == rteRelation && e.bare != v.rte {
		return
	}
	e.s(" COLLATE ", c)
}

// compared writes x as the left operand of a comparison.
func (e *emitter) compared(x expr) {
	e.expr(x)
	e.collate(x)
}

// list writes expressions separated by commas.
func (e *emitter) list(xs []expr) {
	for i, x := range xs {
		if i > 0 {
			e.s(", ")
		}
		e.expr(x)
	}
}

// expand fills a template of pgsql/builtin with the arguments; collated says
// that the first argument is compared.
func (e *emitter) expand(template string, args []expr, result types.OID, variadic, collated bool) {
	if plain, exact, ok := strings.Cut(template, "~~"); ok {
		template = plain
		if len(args) > 0 && types.Collation(types.ElemOf(args[0].typ())) != "" {
			template = exact
		}
	}
	for i := 0; i < len(template); i++ {
		c := template[i]
		if (c != '$' && c != '@') || i+1 == len(template) {
			e.buf = append(e.buf, c)
			continue
		}
		i++
		d := template[i]
		switch {
		case d == '*':
			e.expandAll(args, c == '@', variadic)
		case c == '@' && d == '0':
			e.int(int(result))
		case c == '@' && d >= '1' && d <= '9':
			e.argType(args, int(d-'1'), variadic)
		case c == '$' && d >= '1' && d <= '9' && int(d-'1') < len(args):
			e.expr(args[d-'1'])
			if collated && d == '1' {
				e.collate(args[0])
			}
		default:
			e.a.fail(-1, pgerr.New(pgerr.InternalError, "template %q does not fit %d arguments", template, len(args)))
		}
	}
}

func (e *emitter) expandAll(args []expr, typed, variadic bool) {
	for i, x := range args {
		if i > 0 {
			e.s(", ")
		}
		if typed {
			e.argType(args, i, variadic)
			e.s(", ")
		}
		e.expr(x)
	}
}

func (e *emitter) argType(args []expr, i int, variadic bool) {
	if i >= len(args) {
		e.s("0")
		return
	}
	oid := int(args[i].typ())
	if variadic && i == len(args)-1 {
		oid = -oid
	}
	e.int(oid)
}

// conjunction writes a condition of WHERE or ON: there NULL is as good as false.
func (e *emitter) conjunction(x expr) {
	if b, ok := x.(*boolExpr); ok && b.kind == boolAnd && len(b.args) > 0 {
		for i, arg := range b.args {
			if i > 0 {
				e.s(" AND ")
			}
			e.conjunction(arg)
		}
		return
	}
	if o, ok := x.(*arrayOpExpr); ok && o.array != nil && !o.all && nativeOp(o.op, "=") {
		e.inArray(o)
		return
	}
	if e.likePrefix(x) {
		return
	}
	e.expr(x)
}
