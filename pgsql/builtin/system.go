package builtin

import (
	"fmt"
	"strconv"
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerSystem implements the functions that look into the catalog. Without a
// catalog they answer NULL for what is not built in.
func registerSystem(r *registry) {
	r.scalar("format_type", formatType)
	r.scalar("pg_get_expr", expressionText)
	r.scalar("pg_get_expr_ext", expressionText)
	for what, keys := range map[string][]string{
		"constraint": {"pg_get_constraintdef", "pg_get_constraintdef_ext"},
		"view":       {"pg_get_viewdef", "pg_get_viewdef_ext"},
		"rule":       {"pg_get_ruledef", "pg_get_ruledef_ext"},
		"trigger":    {"pg_get_triggerdef", "pg_get_triggerdef_ext"},
		"function":   {"pg_get_functiondef"}, "sqlbody": {"pg_get_function_sqlbody"},
		"partkey": {"pg_get_partkeydef"}, "partition_constraint": {"pg_get_partition_constraintdef"},
		"statisticsobj": {"pg_get_statisticsobjdef"}, "statisticsobj_columns": {"pg_get_statisticsobjdef_columns"},
	} {
		for _, key := range keys {
			r.scalar(key, func(e *Env, a []types.Value) (types.Value, error) {
				return e.definition(what, uint32(a[0].Int64()), 0, len(a) > 1 && a[1].Bool()), nil
			})
		}
	}
	r.scalar("pg_get_viewdef_wrap", func(e *Env, a []types.Value) (types.Value, error) {
		return e.definition("view", uint32(a[0].Int64()), 0, true), nil
	})
	viewByName := func(e *Env, a []types.Value) (types.Value, error) {
		oid, err := e.regIn(types.RegclassOID, string(a[0].Bytes))
		if err != nil {
			return types.Value{}, err
		}
		return e.definition("view", uint32(oid), 0, len(a) > 1 && a[1].Bool()), nil
	}
	r.scalar("pg_get_viewdef_name", viewByName)
	r.scalar("pg_get_viewdef_name_ext", viewByName)
	r.scalar("pg_get_indexdef", func(e *Env, a []types.Value) (types.Value, error) {
		return e.definition("index", uint32(a[0].Int64()), 0, false), nil
	})
	r.scalar("pg_get_indexdef_ext", func(e *Env, a []types.Value) (types.Value, error) {
		return e.definition("index", uint32(a[0].Int64()), int(a[1].Int64()), a[2].Bool()), nil
	})
	r.scalar("pg_get_userbyid", func(e *Env, a []types.Value) (types.Value, error) {
		if e.Catalog != nil {
			if name, ok := e.Catalog.RoleName(uint32(a[0].Int64())); ok {
				return types.TextValue(name), nil
			}
		}
		return types.TextValue(fmt.Sprintf("unknown (OID=%d)", a[0].Int64())), nil
	})
	r.scalar("pg_get_serial_sequence", serialSequence)
	registerDescriptions(r)
	registerVisibility(r)
	registerLookups(r)
	registerSizes(r)
	registerFunctionTexts(r)
	registerUpdatable(r)
}

// expressionText is pg_get_expr: without a catalog the text as it is stored.
func expressionText(e *Env, a []types.Value) (types.Value, error) {
	if e.Catalog == nil {
		return a[0], nil
	}
	return types.TextValue(e.Catalog.ExprText(string(a[0].Bytes), len(a) > 2 && a[2].Bool())), nil
}

// Events of pg_relation_is_updatable, 1 << CmdType of PostgreSQL.
const (
	eventUpdate = 1 << 2
	eventInsert = 1 << 3
	eventDelete = 1 << 4
)

// registerUpdatable implements what information_schema says of changes. Only
// tables can be changed: views are read.
func registerUpdatable(r *registry) {
	events := func(e *Env, oid int64) int64 {
		if e.Catalog == nil {
			return 0
		}
		if kind, ok := e.Catalog.RelationKind(uint32(oid)); ok && (kind == 'r' || kind == 'p') {
			return eventInsert | eventUpdate | eventDelete
		}
		return 0
	}
	r.scalar("pg_relation_is_updatable", func(e *Env, a []types.Value) (types.Value, error) {
		return types.IntValue(events(e, a[0].Int64())), nil
	})
	r.scalar("pg_column_is_updatable", func(e *Env, a []types.Value) (types.Value, error) {
		return types.BoolValue(a[1].Int64() > 0 && events(e, a[0].Int64()) != 0), nil
	})
	r.scalar("pg_describe_object", func(e *Env, a []types.Value) (types.Value, error) {
		if e.Catalog == nil {
			return types.Value{}, nil
		}
		text, ok := e.Catalog.Describe(uint32(a[0].Int64()), uint32(a[1].Int64()), int(a[2].Int64()))
		if !ok {
			return types.Value{}, nil
		}
		return types.TextValue(text), nil
	})
}

func formatType(e *Env, a []types.Value) (types.Value, error) {
	if a[0].IsNull() {
		return types.Value{}, nil
	}
	oid, typmod := types.OID(a[0].Int64()), types.TypmodUnknown
	if !a[1].IsNull() {
		typmod = int32(a[1].Int64())
	}
	if oid != 0 && types.ByOID(oid) == nil && e.Catalog != nil {
		if name, ok := e.Catalog.FormatType(oid, typmod); ok {
			return types.TextValue(name), nil
		}
	}
	return e.text(types.AppendFormatType(e.buffer(), oid, typmod)), nil
}

func (e *Env) definition(what string, oid uint32, sub int, pretty bool) types.Value {
	if e.Catalog == nil {
		return types.Value{}
	}
	text, ok := e.Catalog.Definition(what, oid, sub, pretty)
	if !ok {
		return types.Value{}
	}
	return types.TextValue(text)
}

func serialSequence(e *Env, a []types.Value) (types.Value, error) {
	relation, err := e.regIn(types.RegclassOID, string(a[0].Bytes))
	if err != nil {
		return types.Value{}, err
	}
	if e.Catalog == nil {
		return types.Value{}, nil
	}
	name, ok, err := e.Catalog.SerialSequence(uint32(relation), string(a[1].Bytes))
	if err != nil || !ok {
		return types.Value{}, err
	}
	return types.TextValue(name), nil
}

// registerDescriptions implements the comments on objects, which are rows.
func registerDescriptions(r *registry) {
	const comment = "(SELECT d_.description FROM pg_description AS d_ WHERE d_.objoid = $1 AND d_.objsubid = "
	const class = " = (SELECT c_.oid FROM pg_class AS c_ WHERE c_.relname = $2 AND c_.relnamespace = 11))"
	r.native(comment+"0 AND d_.classoid"+class, "obj_description(oid,name)")
	r.native(comment+"0)", "obj_description(oid)")
	r.native(comment+"$2 AND d_.classoid = 1259)", "col_description(oid,int4)")
	r.native("(SELECT d_.description FROM pg_shdescription AS d_ WHERE d_.objoid = $1 AND d_.classoid"+class, "shobj_description(oid,name)")
}

func registerVisibility(r *registry) {
	for what, class := range map[string]string{
		"table": "pg_class", "type": "pg_type", "function": "pg_proc", "operator": "pg_operator", "opclass": "pg_opclass",
		"opfamily": "pg_opfamily", "collation": "pg_collation", "conversion": "pg_conversion", "ts_parser": "pg_ts_parser",
		"ts_dict": "pg_ts_dict", "ts_template": "pg_ts_template", "ts_config": "pg_ts_config", "statistics_obj": "pg_statistic_ext",
	} {
		r.scalar("pg_"+what+"_is_visible", func(e *Env, a []types.Value) (types.Value, error) {
			oid := uint32(a[0].Int64())
			if e.Catalog != nil {
				if visible, ok := e.Catalog.Visible(class, oid, e.searchPath()); ok {
					return types.BoolValue(visible), nil
				}
			}
			switch {
			case class == "pg_type" && types.ByOID(types.OID(oid)) != nil,
				class == "pg_operator" && OperatorByOID(types.OID(oid)) != nil:
				return types.BoolValue(true), nil
			case class == "pg_proc" && FunctionByOID(types.OID(oid)) != nil:
				return types.BoolValue(FunctionByOID(types.OID(oid)).Schema == ""), nil
			}
			return types.Value{}, nil
		})
	}
}

// registerLookups implements to_regclass and its kin: NULL where there is none.
func registerLookups(r *registry) {
	for name, kind := range map[string]types.OID{
		"regclass": types.RegclassOID, "regtype": types.RegtypeOID, "regproc": types.RegprocOID, "regprocedure": types.RegprocedureOID,
		"regoper": types.RegoperOID, "regoperator": types.RegoperatorOID, "regnamespace": types.RegnamespaceOID,
		"regrole": types.RegroleOID, "regcollation": types.RegcollationOID,
	} {
		r.scalar("to_"+name, func(e *Env, a []types.Value) (types.Value, error) {
			oid, ok, err := e.lookup(kind, string(a[0].Bytes))
			if err != nil || !ok {
				if code := pgerr.Code(err); code == pgerr.SyntaxError || code == pgerr.InvalidName {
					return types.Value{}, err
				}
				return types.Value{}, nil
			}
			return types.IntValue(int64(oid)), nil
		})
	}
	r.scalar("text_regclass", func(e *Env, a []types.Value) (types.Value, error) {
		return integer(e.regIn(types.RegclassOID, string(a[0].Bytes)))
	})
}

func registerSizes(r *registry) {
	size := func(part string) Scalar {
		return func(e *Env, a []types.Value) (types.Value, error) {
			if e.Catalog == nil {
				return types.Value{}, nil
			}
			n, ok := e.Catalog.RelationSize(part, uint32(a[0].Int64()))
			if !ok {
				return types.Value{}, nil
			}
			return types.IntValue(n), nil
		}
	}
	r.scalar("pg_relation_size(regclass)", size("main"))
	r.scalar("pg_relation_size", func(e *Env, a []types.Value) (types.Value, error) {
		switch string(a[1].Bytes) {
		case "main":
			return size("main")(e, a)
		case "fsm", "vm", "init":
			return types.IntValue(0), nil
		}
		return types.Value{}, pgerr.New(pgerr.InvalidParameterValue, "invalid fork name").
			WithHint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\".")
	})
	r.scalar("pg_table_size", size("table"))
	r.scalar("pg_indexes_size", size("indexes"))
	r.scalar("pg_total_relation_size", size("total"))
	r.native("(CASE WHEN $1 IS NOT NULL THEN (SELECT c_.page_count * s_.page_size FROM pragma_page_count AS c_, pragma_page_size AS s_) END)",
		"pg_database_size_oid", "pg_database_size_name")
	r.scalar("pg_size_pretty", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.TextValue(sizePretty(a[0].Int64())), nil
	})
	r.scalar("pg_size_pretty_numeric", sizePrettyNumeric)
	r.scalar("pg_size_bytes", sizeBytes)
}

// sizeUnits are the units of pg_size_pretty: each is used below its limit (in
// that unit, halves for all but bytes).
var sizeUnits = [...]struct {
	name  string
	limit int64
}{{"bytes", 10 * 1024}, {"kB", 20*1024 - 1}, {"MB", 20*1024 - 1}, {"GB", 20*1024 - 1}, {"TB", 20*1024 - 1}, {"PB", 20*1024 - 1}}

// sizePretty rounds half away from zero, keeping one extra bit from kB on.
func sizePretty(n int64) string {
	for i, u := range sizeUnits {
		magnitude := n
		if n < 0 {
			magnitude = -n
		}
		if i == len(sizeUnits)-1 || magnitude < u.limit && magnitude >= 0 {
			if i > 0 { // half-rounded: n counts halves of the unit
				if n >= 0 {
					n = (n + 1) / 2
				} else {
					n = (n - 1) / 2
				}
			}
			return strconv.FormatInt(n, 10) + " " + u.name
		}
		if i == 0 {
			n /= 512 // from bytes to halves of a kB
		} else {
			n /= 1024
		}
	}
	return ""
}

func sizePrettyNumeric(_ *Env, a []types.Value) (types.Value, error) {
	n := types.NumericOf(a[0])
	if whole, ok := n.Trunc(0).Int64(); ok && n.IsFinite() {
		if magnitude(whole) < uint64(sizeUnits[0].limit) {
			return types.TextValue(n.String() + " bytes"), nil
		}
		return types.TextValue(sizePretty(whole)), nil
	}
	return types.Value{}, unsupportedFunction("pg_size_pretty of a number this large")
}

func sizeBytes(_ *Env, a []types.Value) (types.Value, error) {
	s := strings.TrimSpace(string(a[0].Bytes))
	end := len(s)
	for i, c := range s {
		if !(c >= '0' && c <= '9' || c == '.' || i == 0 && (c == '-' || c == '+')) {
			end = i
			break
		}
	}
	invalid := pgerr.New(pgerr.InvalidParameterValue, "invalid size: \"%s\"", a[0].Bytes)
	if end == 0 {
		return types.Value{}, invalid
	}
	n, err := types.ParseNumeric([]byte(s[:end]))
	if err != nil {
		return types.Value{}, invalid
	}
	shift := int64(1)
	switch unit := strings.ToLower(strings.TrimSpace(s[end:])); unit {
	case "", "bytes", "b":
	case "kb":
		shift = 1 << 10
	case "mb":
		shift = 1 << 20
	case "gb":
		shift = 1 << 30
	case "tb":
		shift = 1 << 40
	case "pb":
		shift = 1 << 50
	default:
		e := invalid.WithDetail("Invalid size unit: \"%s\".", strings.TrimSpace(s[end:]))
		return types.Value{}, e.WithHint("Valid units are \"bytes\", \"B\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".")
	}
	if n, err = n.Mul(types.NumericInt(shift)); err == nil {
		n, err = n.Round(0)
	}
	if err != nil {
		return types.Value{}, err
	}
	v, ok := n.Int64()
	return int8Type.value(v, ok)
}

// registerFunctionTexts implements what \df shows of functions.
func registerFunctionTexts(r *registry) {
	text := func(what string, f func(*Function) (string, bool)) Scalar {
		return func(e *Env, a []types.Value) (types.Value, error) {
			if row := FunctionByOID(types.OID(a[0].Int64())); row != nil {
				if s, ok := f(row); ok {
					return types.TextValue(s), nil
				}
				return types.Value{}, nil
			}
			return e.definition(what, uint32(a[0].Int64()), 0, false), nil
		}
	}
	r.scalar("pg_get_function_result", text("function_result", functionResult))
	r.scalar("pg_get_function_arguments", text("function_arguments", func(f *Function) (string, bool) { return functionArguments(f, true), true }))
	r.scalar("pg_get_function_identity_arguments", text("function_identity_arguments", func(f *Function) (string, bool) {
		return functionArguments(f, false), true
	}))
}

func functionResult(f *Function) (string, bool) {
	s := types.FormatType(f.Result, types.TypmodUnknown)
	if columns := tableColumns(f); columns != "" {
		return "TABLE(" + columns + ")", true
	}
	if f.ReturnsSet {
		return "SETOF " + s, true
	}
	return s, true
}

func tableColumns(f *Function) string {
	var parts []string
	for i, mode := range f.ArgModes {
		if mode == 't' {
			parts = append(parts, QuoteIdentifier(f.ArgNames[i])+" "+types.FormatType(f.AllArgs[i], types.TypmodUnknown))
		}
	}
	return strings.Join(parts, ", ")
}

func functionArguments(f *Function, defaults bool) string {
	all, modes := f.AllArgs, f.ArgModes
	if all == nil {
		all, modes = f.Args, strings.Repeat("i", len(f.Args))
		if f.Variadic != 0 && len(f.Args) > 0 {
			modes = modes[1:] + "v"
		}
	}
	var parts []string
	input := 0
	for i, t := range all {
		part := ""
		switch modes[i] {
		case 't':
			continue
		case 'o':
			if !defaults {
				continue
			}
			part = "OUT "
		case 'b':
			part = "INOUT "
		case 'v':
			part = "VARIADIC "
		}
		if i < len(f.ArgNames) && f.ArgNames[i] != "" {
			part += QuoteIdentifier(f.ArgNames[i]) + " "
		}
		part += types.FormatType(t, types.TypmodUnknown)
		if modes[i] != 'o' {
			if n := input - (len(f.Args) - len(f.Defaults)); defaults && n >= 0 && n < len(f.Defaults) {
				part += " DEFAULT " + f.Defaults[n]
			}
			input++
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
