package types_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// With -oracle the expected column of testdata/*.tsv is written anew from a
// PostgreSQL 15 server with C locale, UTF8 and time zone UTC.
var oracle = flag.String("oracle", "", "connection string of a PostgreSQL server that rewrites testdata")

// A golden file has one case per line, its columns separated by tabs: what to
// do, its arguments, and the result: text, or for "io" also the binary form, or
// ERROR with SQLSTATE, message, detail. Lines with "set" change a setting for
// the lines after them; "#" starts a comment.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files:", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".tsv"), func(t *testing.T) { runGolden(t, file) })
	}
}

func runGolden(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var server *pgconn.PgConn
	if *oracle != "" {
		if server, err = pgconn.Connect(context.Background(), *oracle); err != nil {
			t.Fatal(err)
		}
		defer server.Close(context.Background())
	}
	env := types.DefaultEnv()
	var rewritten strings.Builder
	scanner := bufio.NewScanner(strings.NewReader(string(data)))
	scanner.Buffer(nil, 1<<20)
	for line := 1; scanner.Scan(); line++ {
		text := scanner.Text()
		columns := strings.Split(text, "\t")
		if text == "" || text[0] == '#' {
			fmt.Fprintln(&rewritten, text)
			continue
		}
		if columns[0] == "set" {
			applySetting(t, env, columns[1], columns[2])
			if server != nil {
				server.Exec(context.Background(), "SET "+columns[1]+" = "+quoteLiteral(columns[2])).ReadAll()
			}
			fmt.Fprintln(&rewritten, text)
			continue
		}
		args := columns[:min(len(columns), 1+goldenArgs(columns[0]))]
		want := strings.Join(columns[len(args):], "\t")
		if server != nil {
			want = askOracle(server, args)
			fmt.Fprintln(&rewritten, strings.Join(args, "\t")+"\t"+want)
		}
		if got := runCase(args, env); got != want {
			t.Errorf("%s:%d: %s\n got %s\nwant %s", file, line, strings.Join(args, " | "), got, want)
		}
	}
	if server != nil {
		if err := os.WriteFile(file, []byte(rewritten.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func goldenArgs(op string) int {
	switch op {
	case "io", "numeric1", "interval1", "to_char", "to_number", "to_date", "to_timestamp":
		return 2
	}
	return 3
}

func quoteLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// question is the SQL whose result the line expects.
func question(args []string) string {
	q := quoteLiteral
	switch args[0] {
	case "io":
		return "SELECT CAST(" + q(args[2]) + " AS " + args[1] + ")"
	case "cast":
		from, to, _ := strings.Cut(args[1], ">")
		return "SELECT CAST(CAST(" + q(args[3]) + " AS " + from + ") AS " + to + ")"
	case "numeric1":
		return "SELECT " + args[1] + "(CAST(" + q(args[2]) + " AS numeric))"
	case "numeric":
		if strings.ContainsAny(args[1], "+-*/%^<") {
			return "SELECT CAST(" + q(args[2]) + " AS numeric) " + args[1] + " CAST(" + q(args[3]) + " AS numeric)"
		}
		second := "numeric"
		if args[1] == "round" || args[1] == "trunc" {
			second = "int"
		}
		return "SELECT " + args[1] + "(CAST(" + q(args[2]) + " AS numeric), CAST(" + q(args[3]) + " AS " + second + "))"
	case "extract":
		field, typ, _ := strings.Cut(args[1], " ")
		return "SELECT extract(" + field + " FROM CAST(" + q(args[2]+args[3]) + " AS " + typ + "))"
	case "trunc":
		field, typ, _ := strings.Cut(args[1], " ")
		return "SELECT date_trunc(" + q(field) + ", CAST(" + q(args[2]+args[3]) + " AS " + typ + "))"
	case "age":
		return "SELECT age(CAST(" + q(args[2]) + " AS " + args[1] + "), CAST(" + q(args[3]) + " AS " + args[1] + "))"
	case "add":
		return "SELECT CAST(" + q(args[2]) + " AS " + args[1] + ") + CAST(" + q(args[3]) + " AS interval)"
	case "zone":
		return "SELECT CAST(" + q(args[2]) + " AS " + args[1] + ") AT TIME ZONE " + q(args[3])
	case "interval1":
		return "SELECT " + args[1] + "(CAST(" + q(args[2]) + " AS interval))"
	case "interval*":
		return "SELECT CAST(" + q(args[1]) + " AS interval) " + args[2][:1] + " CAST(" + q(args[2][1:]+args[3]) + " AS float8)"
	case "compare":
		a, b := "CAST("+q(args[2])+" AS "+args[1]+")", "CAST("+q(args[3])+" AS "+args[1]+")"
		return "SELECT CASE WHEN " + a + " < " + b + " THEN '<' WHEN " + a + " = " + b + " THEN '=' ELSE '>' END"
	case "to_char":
		typ, value, _ := strings.Cut(args[1], " ")
		return "SELECT to_char(CAST(" + q(value) + " AS " + typ + "), " + q(args[2]) + ")"
	case "to_number", "to_date", "to_timestamp":
		return "SELECT " + args[0] + "(" + q(args[1]) + ", " + q(args[2]) + ")"
	}
	return "SELECT unknown_operation"
}

func askOracle(server *pgconn.PgConn, args []string) string {
	ask := func(format int16) (string, error) {
		r := server.ExecParams(context.Background(), question(args), nil, nil, nil, []int16{format}).Read()
		if r.Err != nil {
			return "", r.Err
		}
		if r.Rows[0][0] == nil {
			return "NULL", nil
		}
		if format == 1 {
			return hex.EncodeToString(r.Rows[0][0]), nil
		}
		return string(r.Rows[0][0]), nil
	}
	text, err := ask(0)
	if err != nil {
		if e, ok := err.(*pgconn.PgError); ok {
			return goldenError(&pgerr.Error{Code: e.Code, Message: e.Message, Detail: e.Detail})
		}
		return err.Error()
	}
	if args[0] != "io" {
		return text
	}
	binary, err := ask(1)
	if err != nil {
		return err.Error()
	}
	return text + "\t" + binary
}

func goldenError(err error) string {
	e := pgerr.From(err)
	s := "ERROR " + e.Code + " " + e.Message
	if e.Detail != "" {
		s += " | " + e.Detail
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\n", "\\n"), "\t", "\\t")
}

func applySetting(t *testing.T, env *types.Env, name, value string) {
	t.Helper()
	switch name {
	case "timezone":
		loc, err := types.LoadZone(value)
		if err != nil {
			t.Fatal(err)
		}
		env.TimeZone = loc
	case "datestyle":
		out, order, _ := strings.Cut(value, ", ")
		env.DateOutput = map[string]types.DateOutput{"ISO": types.DateISO, "SQL": types.DateSQL, "Postgres": types.DatePostgres, "German": types.DateGerman}[out]
		env.DateOrder = map[string]types.DateOrder{"MDY": types.OrderMDY, "DMY": types.OrderDMY, "YMD": types.OrderYMD}[order]
	case "intervalstyle":
		env.IntervalStyle = map[string]types.IntervalStyle{
			"postgres": types.IntervalPostgres, "postgres_verbose": types.IntervalPostgresVerbose,
			"sql_standard": types.IntervalSQLStandard, "iso_8601": types.IntervalISO8601,
		}[value]
	case "extra_float_digits":
		env.ExtraFloatDigits, _ = strconv.Atoi(value)
	case "bytea_output":
		env.ByteaEscape = value == "escape"
	default:
		t.Fatalf("unknown setting %q", name)
	}
}

// typeSpec reads "numeric(5,2)" or "interval day to second(3)".
func typeSpec(spec string) (types.OID, int32) {
	name, rest, hasMod := strings.Cut(spec, "(")
	array := strings.HasSuffix(spec, "[]")
	name = strings.TrimSuffix(name, "[]")
	var mods []int
	if hasMod {
		for m := range strings.SplitSeq(strings.TrimRight(rest, ")[]"), ",") {
			n, _ := strconv.Atoi(m)
			mods = append(mods, n)
		}
	}
	if strings.HasPrefix(name, "interval") {
		precision := -1
		if len(mods) > 0 {
			precision = mods[0]
		}
		typmod, ok := types.MakeIntervalTypmod(strings.TrimPrefix(strings.TrimPrefix(name, "interval"), " "), precision)
		if !ok {
			panic("bad interval " + spec)
		}
		if array {
			return types.IntervalArrayOID, typmod
		}
		return types.IntervalOID, typmod
	}
	if sql := types.SQLName(name); sql != "" {
		name = sql
	}
	t := types.ByName(strings.Trim(name, `"`))
	if t == nil {
		panic("unknown type " + spec)
	}
	typmod := int32(-1)
	switch {
	case len(mods) == 2:
		typmod = types.MakeNumericTypmod(mods[0], mods[1])
	case len(mods) == 1 && t.OID == types.NumericOID:
		typmod = types.MakeNumericTypmod(mods[0], 0)
	case len(mods) == 1 && (t.OID == types.VarcharOID || t.OID == types.BpcharOID):
		typmod = int32(mods[0]) + 4
	case len(mods) == 1:
		typmod = int32(mods[0])
	}
	if array {
		return t.Array, typmod
	}
	return t.OID, typmod
}

// literal is what the analyzer does with a quoted constant of a type.
func literal(spec, text string, env *types.Env) (types.OID, int32, types.Value, error) {
	oid, typmod := typeSpec(spec)
	inputMod := int32(-1)
	if oid == types.IntervalOID {
		inputMod = typmod
	}
	v, err := types.ParseText(oid, inputMod, []byte(text), env)
	if err == nil {
		v, err = types.ApplyTypmod(oid, typmod, v, true)
	}
	return oid, typmod, v, err
}

func runCase(args []string, env *types.Env) string {
	out, err := evaluate(args, env)
	if err != nil {
		return goldenError(err)
	}
	return out
}

func show(oid types.OID, typmod int32, v types.Value, err error, env *types.Env) (string, error) {
	if err != nil {
		return "", err
	}
	if v.IsNull() {
		return "NULL", nil
	}
	return string(types.AppendText(nil, oid, typmod, v, env)), nil
}

func evaluate(args []string, env *types.Env) (string, error) {
	switch args[0] {
	case "io":
		return evaluateIO(args, env)
	case "cast":
		from, to, _ := strings.Cut(args[1], ">")
		oid, _, v, err := literal(from, args[3], env)
		if err != nil {
			return "", err
		}
		target, typmod := typeSpec(to)
		v, err = types.Cast(oid, target, typmod, v, true, env)
		return show(target, typmod, v, err, env)
	case "numeric1", "numeric":
		return evaluateNumeric(args)
	case "interval1", "interval*":
		return evaluateInterval(args, env)
	case "compare":
		oid, _, a, err := literal(args[1], args[2], env)
		if err != nil {
			return "", err
		}
		_, _, b, err := literal(args[1], args[3], env)
		if err != nil {
			return "", err
		}
		return string("<=>"[sign(types.Compare(oid, a, b))+1]), nil
	}
	return evaluateDatetime(args, env)
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func evaluateIO(args []string, env *types.Env) (string, error) {
	oid, typmod, v, err := literal(args[1], args[2], env)
	text, err := show(oid, typmod, v, err, env)
	if err != nil {
		return "", err
	}
	binary := types.AppendBinary(nil, oid, typmod, v, env)
	back, err := types.ParseBinary(oid, -1, binary, env)
	if err != nil {
		return "", fmt.Errorf("read back %x: %w", binary, err)
	}
	if again := string(types.AppendText(nil, oid, typmod, back, env)); again != text {
		return "", fmt.Errorf("read back %x: %s", binary, again)
	}
	return text + "\t" + hex.EncodeToString(binary), nil
}

func evaluateNumeric(args []string) (string, error) {
	n, err := types.ParseNumeric([]byte(args[2]))
	if err != nil {
		return "", err
	}
	var m types.Numeric
	second := 0
	if len(args) > 3 {
		if args[1] == "round" || args[1] == "trunc" {
			second, _ = strconv.Atoi(args[3])
		} else if m, err = types.ParseNumeric([]byte(args[3])); err != nil {
			return "", err
		}
	}
	var r types.Numeric
	switch args[1] {
	case "+":
		r, err = n.Add(m)
	case "-":
		r, err = n.Sub(m)
	case "*":
		r, err = n.Mul(m)
	case "/":
		r, err = n.Div(m)
	case "%":
		r, err = n.Mod(m)
	case "div":
		r, err = n.DivTrunc(m)
	case "power":
		r, err = n.Power(m)
	case "log":
		r, err = n.Log(m)
	case "round":
		r, err = n.Round(second)
	case "trunc":
		r = n.Trunc(second)
	case "sqrt":
		r, err = n.Sqrt()
	case "exp":
		r, err = n.Exp()
	case "ln":
		r, err = n.Ln()
	case "ceil":
		r, err = n.Ceil()
	case "floor":
		r, err = n.Floor()
	case "trim_scale":
		r = n.TrimScale()
	case "abs":
		r = n.Abs()
	}
	return r.String(), err
}

func evaluateInterval(args []string, env *types.Env) (string, error) {
	text := args[1]
	if args[0] == "interval1" {
		text = args[2]
	}
	i, err := types.ParseInterval([]byte(text), -1, env)
	if err != nil {
		return "", err
	}
	if args[0] == "interval*" {
		f, err := strconv.ParseFloat(args[2][1:]+args[3], 64)
		if err != nil {
			return "", err
		}
		if args[2][0] == '*' {
			i, err = i.Mul(f)
		} else {
			i, err = i.Div(f)
		}
		return string(i.Append(nil, env.IntervalStyle)), err
	}
	switch args[1] {
	case "justify_hours":
		i, err = i.JustifyHours()
	case "justify_days":
		i, err = i.JustifyDays()
	case "justify_interval":
		i, err = i.Justify()
	}
	return string(i.Append(nil, env.IntervalStyle)), err
}

func evaluateDatetime(args []string, env *types.Env) (string, error) {
	spec := args[1]
	field := ""
	text := args[2]
	if args[0] == "extract" || args[0] == "trunc" {
		field, spec, _ = strings.Cut(args[1], " ")
		text += args[3]
	}
	if out, done, err := evaluateFormat(args, env); done {
		return out, err
	}
	oid, _, v, err := literal(spec, text, env)
	if err != nil {
		return "", err
	}
	zoned := oid == types.TimestamptzOID
	r := int64(0)
	switch args[0] {
	case "extract":
		n, null, err := types.Extract(field, oid, v, env)
		if null {
			return "NULL", nil
		}
		return n.String(), err
	case "trunc":
		switch oid {
		case types.IntervalOID:
			i, err := types.DateTruncInterval(field, types.IntervalOf(v))
			return show(oid, -1, i.Value(), err, env)
		case types.TimestamptzOID:
			r, err = types.DateTruncTZ(field, v.Int64(), env.TimeZone)
		default:
			r, err = types.DateTrunc(field, v.Int64())
		}
	case "age":
		_, _, w, _ := literal(spec, args[3], env)
		i, err := types.TimestampAge(v.Int64(), w.Int64())
		if zoned {
			i, err = types.TimestamptzAge(v.Int64(), w.Int64(), env.TimeZone)
		}
		return show(types.IntervalOID, -1, i.Value(), err, env)
	case "add":
		i, perr := types.ParseInterval([]byte(args[3]), -1, env)
		if perr != nil {
			return "", perr
		}
		if zoned {
			r, err = types.TimestamptzAdd(v.Int64(), i, env.TimeZone)
		} else {
			r, err = types.TimestampAdd(v.Int64(), i)
		}
	case "zone":
		if zoned {
			r, err = types.TimestamptzAtZone(args[3], v.Int64())
			oid = types.TimestampOID
		} else {
			r, err = types.TimestampAtZone(args[3], v.Int64())
			oid = types.TimestamptzOID
		}
	}
	return show(oid, -1, types.IntValue(r), err, env)
}

func evaluateFormat(args []string, env *types.Env) (text string, done bool, err error) {
	switch args[0] {
	case "to_char":
		spec, value, _ := strings.Cut(args[1], " ")
		oid, _, v, err := literal(spec, value, env)
		if err != nil {
			return "", true, err
		}
		ok := true
		switch oid {
		case types.NumericOID:
			text, err = types.NumericToChar(types.NumericOf(v), args[2])
		case types.Float8OID:
			text, err = types.Float8ToChar(v.Float8(), 64, args[2])
		default:
			text, ok, err = types.ToChar(oid, v, args[2], env)
		}
		if !ok && err == nil {
			text = "NULL"
		}
		return text, true, err
	case "to_number":
		n, err := types.ToNumber(args[1], args[2])
		return n.String(), true, err
	case "to_date":
		d, err := types.ToDate(args[1], args[2], env)
		text, err = show(types.DateOID, -1, types.IntValue(d), err, env)
		return text, true, err
	case "to_timestamp":
		ts, err := types.ToTimestampFormat(args[1], args[2], env)
		text, err = show(types.TimestamptzOID, -1, types.IntValue(ts), err, env)
		return text, true, err
	}
	return "", false, nil
}
