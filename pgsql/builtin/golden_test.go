package builtin

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/sqlfsm/sqlite"
)

// TestGolden runs the expressions of testdata/*.txt, whose results PostgreSQL
// gave (gen/golden.go), on a real connection.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) { runGolden(t, path) })
	}
}

func runGolden(t *testing.T, path string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	conn, env := openTest(t)
	env.Begin(820454400000000, [16]byte{1})
	h := &harness{conn: conn, env: env}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		expression, want, ok := strings.Cut(line, " => ")
		if !ok {
			t.Errorf("%s:%d: no result", path, n)
			continue
		}
		if got := h.run(expression); got != want {
			t.Errorf("%s:%d: %s\n got %s\nwant %s", path, n, expression, got, want)
		}
	}
}

// harness is a small planner: it reads an expression of literals, casts, calls
// and operators, picks functions by the types of their arguments and emits the
// templates with parameters.
type harness struct {
	conn   *sqlite.Conn
	env    *Env
	input  string
	params []types.Value
}

// typed is the SQL of an expression and its type.
type typed struct {
	sql string
	oid types.OID
	set *Function
}

func (h *harness) run(expression string) (result string) {
	defer func() {
		if r := recover(); r != nil {
			if err, ok := r.(error); ok && pgerr.Code(err) != "" {
				e := pgerr.From(err)
				result = "ERROR " + e.Code + ": " + strconv.Quote(e.Message)
				return
			}
			result = fmt.Sprint("HARNESS ", r)
		}
	}()
	h.input, h.params = expression, nil
	star := h.accept("* from ") || h.accept("* FROM ")
	x := h.expression()
	switch {
	case h.accept(" from ") || h.accept(" FROM "):
		return h.aggregate(x)
	case h.input != "":
		panic("rest: " + h.input)
	case x.set != nil || star:
		return h.query("SELECT * FROM "+x.sql, h.columnTypes(x))
	}
	return h.query("SELECT "+x.sql, []types.OID{x.oid})
}

// columnTypes are the types of a set-returning function's columns.
func (h *harness) columnTypes(x typed) []types.OID {
	var oids []types.OID
	for i, mode := range x.set.ArgModes {
		if mode == 'o' || mode == 't' {
			oids = append(oids, x.set.AllArgs[i])
		}
	}
	if oids == nil {
		oids = []types.OID{x.oid}
	}
	return oids
}

// aggregate runs "agg(x) from unnest('{...}'::type[]) x".
func (h *harness) aggregate(x typed) string {
	if !h.accept("unnest(") {
		panic("expected unnest")
	}
	var columns []types.Array
	for {
		h.expression()
		blob := h.params[len(h.params)-1].Bytes
		h.params = h.params[:len(h.params)-1]
		array, err := types.DecodeArray(blob)
		if err != nil {
			panic(err)
		}
		columns = append(columns, array)
		if h.accept(")") {
			break
		}
		h.accept(", ")
	}
	sql := "SELECT NULL AS x, NULL AS y WHERE 0"
	for i := range columns[0].Elems {
		row := [2]typed{h.param(0, columns[0].Elems[i])}
		row[1] = row[0]
		if len(columns) > 1 {
			row[1] = h.param(0, columns[1].Elems[i])
		}
		sql += " UNION ALL SELECT " + row[0].sql + ", " + row[1].sql
	}
	sql = "SELECT " + x.sql + " FROM (" + sql + ")"
	return h.query(sql, []types.OID{x.oid})
}

func (h *harness) query(sql string, oids []types.OID) string {
	stmt, err := h.conn.Prepare(sql)
	if err != nil {
		panic(fmt.Errorf("%s: %w", sql, err))
	}
	defer stmt.Close()
	for i, v := range h.params {
		if i >= stmt.ParameterCount() {
			break
		}
		if err := stmt.Bind(i+1, v); err != nil {
			panic(err)
		}
	}
	var rows []string
	for {
		more, err := stmt.Step()
		if err != nil {
			if pgerr.Code(err) == "" {
				panic(fmt.Errorf("%s: %w", sql, err))
			}
			panic(err)
		}
		if !more {
			break
		}
		var columns []string
		for i, oid := range oids {
			if v := stmt.Column(i); v.IsNull() {
				columns = append(columns, "NULL")
			} else {
				columns = append(columns, strconv.Quote(string(types.AppendText(nil, oid, -1, v, &h.env.Types))))
			}
		}
		rows = append(rows, strings.Join(columns, ","))
	}
	if len(rows) == 0 {
		return "(no rows)"
	}
	return strings.Join(rows, ";")
}

func (h *harness) accept(s string) bool {
	if strings.HasPrefix(h.input, s) {
		h.input = h.input[len(s):]
		return true
	}
	return false
}

// expression is primary [operator primary], or operator primary.
func (h *harness) expression() typed {
	const operatorLetters = "+-*/<>=~!@#%^&|`?"
	if h.input != "" && strings.IndexByte(operatorLetters, h.input[0]) >= 0 && !(h.input[0] == '-' && h.input[1] >= '0' && h.input[1] <= '9') {
		n := len(h.input) - len(strings.TrimLeft(h.input, operatorLetters))
		op := h.input[:n]
		h.input = strings.TrimLeft(h.input[n:], " ")
		return h.operator(op, typed{}, h.primary())
	}
	x := h.primary()
	for len(h.input) > 2 && h.input[0] == ' ' && strings.IndexByte(operatorLetters, h.input[1]) >= 0 {
		rest := h.input[1:]
		n := len(rest) - len(strings.TrimLeft(rest, operatorLetters))
		h.input = strings.TrimLeft(rest[n:], " ")
		x = h.operator(rest[:n], x, h.primary())
	}
	return x
}

func (h *harness) operator(name string, left, right typed) typed {
	if name == "!=" {
		name = "<>"
	}
	args := []typed{left, right}
	if left.sql == "" {
		args = args[1:]
	}
	for exact := 0; exact < 4; exact++ {
		for _, o := range Operators(name) {
			want := []types.OID{o.Left, o.Right}
			if o.Left == 0 {
				want = want[1:]
			}
			if len(want) == len(args) && matches(want, args, exact) {
				return h.call(o.SQL, "operator "+name, want, o.Result, args)
			}
		}
	}
	panic("operator " + name + " does not exist " + fmt.Sprint(args))
}

// matches compares argument types: level 0 exactly, 1 with unknown literals as
// text or as the other operand's type, 2 with polymorphic parameters and unknown literals as
// anything, 3 with binary-coercible and implicit casts.
func matches(want []types.OID, args []typed, level int) bool {
	for i, w := range want {
		have := args[i].oid
		if w == have {
			continue
		}
		switch {
		case have == types.UnknownOID && level == 1:
			if w == types.TextOID || len(args) == 2 && w == args[1-i].oid {
				continue
			}
		case have == types.UnknownOID && level >= 2:
			continue
		case level >= 2 && (w == types.AnyOID || w == types.AnyelementOID || w == types.AnynonarrayOID || w == types.AnycompatibleOID || w == types.AnycompatiblenonarrayOID):
			continue
		case level >= 2 && (w == types.AnyarrayOID || w == types.AnycompatiblearrayOID) && types.ElemOf(have) != 0:
			continue
		case level >= 3 && (types.CastLookup(have, w) != nil && types.CastLookup(have, w).Context == 'i' || have == types.NameOID && w == types.TextOID):
			continue
		}
		return false
	}
	return true
}

func (h *harness) call(template, name string, want []types.OID, result types.OID, args []typed) typed {
	if template == "" {
		panic(pgerr.Unsupported("%s is not supported", name))
	}
	var elem types.OID
	for i, a := range args {
		w := types.AnyOID
		if i < len(want) {
			w = want[i]
		}
		switch w {
		case types.AnyarrayOID, types.AnycompatiblearrayOID:
			elem = types.ElemOf(a.oid)
		case types.AnyelementOID, types.AnynonarrayOID, types.AnycompatibleOID:
			if elem == 0 && a.oid != types.UnknownOID {
				elem = a.oid
			}
		}
	}
	sqls, oids := make([]string, len(args)), make([]types.OID, len(args))
	for i, a := range args {
		target := a.oid
		if i < len(want) {
			target = want[i]
		}
		switch target {
		case types.AnyOID:
			target = a.oid
			if target == types.UnknownOID {
				target = types.TextOID
			}
		case types.AnyelementOID, types.AnynonarrayOID, types.AnycompatibleOID:
			target = elem
		case types.AnyarrayOID, types.AnycompatiblearrayOID:
			target = types.ArrayOf(elem)
		}
		sql, ok := CastSQL(a.oid, target, -1, true, a.sql)
		if !ok {
			panic(fmt.Sprintf("no cast from %d to %d", a.oid, target))
		}
		sqls[i], oids[i] = sql, target
	}
	switch result {
	case types.AnyelementOID, types.AnycompatibleOID:
		result = elem
	case types.AnyarrayOID, types.AnycompatiblearrayOID:
		result = types.ArrayOf(elem)
	}
	return typed{sql: Expand(template, sqls, oids, result), oid: result}
}

func (h *harness) primary() typed {
	x := h.operand()
	for h.accept("::") {
		n := strings.IndexFunc(h.input, func(r rune) bool { return !(r == '_' || r == '"' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
		if n < 0 {
			n = len(h.input)
		}
		t := types.ByName(strings.Trim(h.input[:n], `"`))
		if t == nil {
			panic("type " + h.input[:n])
		}
		h.input = h.input[n:]
		oid := t.OID
		if h.accept("[]") {
			oid = t.Array
		}
		if x.oid == types.UnknownOID {
			v, err := types.ParseText(oid, -1, h.params[len(h.params)-1].Bytes, &h.env.Types)
			if err != nil {
				panic(err)
			}
			h.params[len(h.params)-1] = v.Clone()
			x.oid = oid
			continue
		}
		sql, ok := CastSQL(x.oid, oid, -1, true, x.sql)
		if !ok {
			panic(pgerr.New(pgerr.CannotCoerce, "cannot cast type %s to %s", types.FormatType(x.oid, -1), types.FormatType(oid, -1)))
		}
		x = typed{sql: sql, oid: oid}
	}
	return x
}

func (h *harness) param(oid types.OID, v types.Value) typed {
	h.params = append(h.params, v)
	return typed{sql: "?" + strconv.Itoa(len(h.params)), oid: oid}
}

func (h *harness) operand() typed {
	switch c := h.input[0]; {
	case c == '\'':
		return h.param(types.UnknownOID, types.TextValue(h.quoted()))
	case c == '(':
		h.input = h.input[1:]
		x := h.expression()
		if !h.accept(")") {
			panic("expected ) at " + h.input)
		}
		return x
	case c >= '0' && c <= '9' || c == '-':
		return h.number()
	}
	return h.name()
}

func (h *harness) quoted() string {
	var b strings.Builder
	for i := 1; ; i++ {
		if h.input[i] == '\'' {
			if i+1 == len(h.input) || h.input[i+1] != '\'' {
				h.input = h.input[i+1:]
				return b.String()
			}
			i++
		}
		b.WriteByte(h.input[i])
	}
}

func (h *harness) number() typed {
	n := 1
	for n < len(h.input) && (h.input[n] >= '0' && h.input[n] <= '9' || h.input[n] == '.') {
		n++
	}
	text := h.input[:n]
	h.input = h.input[n:]
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		if i == int64(int32(i)) {
			return h.param(types.Int4OID, types.IntValue(i))
		}
		return h.param(types.Int8OID, types.IntValue(i))
	}
	return h.param(types.NumericOID, types.TextValue(text))
}

func (h *harness) name() typed {
	n := strings.IndexFunc(h.input, func(r rune) bool {
		return !(r == '_' || r == '"' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	if n < 0 {
		n = len(h.input)
	}
	word := h.input[:n]
	h.input = h.input[n:]
	switch word {
	case "true", "false":
		return h.param(types.BoolOID, types.BoolValue(word == "true"))
	case "NULL":
		h.accept("::")
		if h.input == "" || h.input[0] == ')' || h.input[0] == ',' {
			return typed{sql: "NULL", oid: types.UnknownOID}
		}
		n := strings.IndexFunc(h.input, func(r rune) bool { return !(r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
		if n < 0 {
			n = len(h.input)
		}
		t := types.ByName(h.input[:n])
		h.input = h.input[n:]
		if h.accept("[]") {
			return typed{sql: "NULL", oid: t.Array}
		}
		return typed{sql: "NULL", oid: t.OID}
	case "x", "y":
		return typed{sql: word, oid: h.columnType(word)}
	}
	if !h.accept("(") {
		panic("unknown name " + word)
	}
	var args []typed
	for !h.accept(")") {
		args = append(args, h.expression())
		h.accept(",")
		h.accept(" ")
	}
	return h.function(word, args)
}

// columnType looks ahead for the type of the arrays of an aggregate's input.
func (h *harness) columnType(word string) types.OID {
	i := 0
	if word == "y" {
		i = 1
	}
	parts := strings.Split(h.input, "::")
	name := parts[len(parts)-1]
	if i == 0 && strings.Count(h.input, "[]") == 2 {
		name = parts[len(parts)-2]
	}
	name, _, _ = strings.Cut(name, "[")
	return types.ByName(name).OID
}

func (h *harness) function(name string, args []typed) typed {
	functions := Functions(strings.Trim(name, `"`))
	for level := 0; level < 4; level++ {
		for _, f := range functions {
			want := f.Args
			if len(want) > 0 && f.Variadic != 0 {
				if len(args) < len(want)-1 || len(args) == 0 && f.Variadic != types.AnyOID {
					continue
				}
				want = append([]types.OID(nil), want[:len(want)-1]...)
				for len(want) < len(args) {
					want = append(want, f.Variadic)
				}
			}
			if len(want) < len(args) || len(want)-len(f.Defaults) > len(args) || !matches(want[:len(args)], args, level) {
				continue
			}
			all := args
			for i := len(args); i < len(want); i++ {
				saved := h.input
				h.input = f.Defaults[i-(len(want)-len(f.Defaults))]
				all = append(all[:len(all):len(all)], h.expression())
				h.input = saved
			}
			if f.Variadic != 0 && f.Variadic != types.AnyOID {
				fixed := len(f.Args) - 1
				elems := make([]string, 0, len(all))
				for _, a := range all[fixed:] {
					sql, _ := CastSQL(a.oid, f.Variadic, -1, true, a.sql)
					elems = append(elems, sql)
				}
				all = append(all[:fixed:fixed], typed{sql: ArrayConstructor(elems), oid: types.ArrayOf(f.Variadic)})
				want = f.Args
			}
			x := h.call(f.SQL, "function "+name, want, f.Result, all)
			if f.ReturnsSet {
				x.set = f
			}
			return x
		}
	}
	panic("function " + name + " does not exist " + fmt.Sprint(args))
}
