package builtin

import (
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// facts stands for a session, its sequences and a small catalog.
type facts struct {
	settings map[string]string
	sequence int64
}

func (f *facts) CurrentUser() string  { return "ann" }
func (f *facts) SessionUser() string  { return "root" }
func (f *facts) Database() string     { return "shop" }
func (f *facts) SearchPath() []string { return []string{"missing", "app", "public"} }
func (f *facts) NamedPath() []string  { return f.SearchPath() }
func (f *facts) BackendPID() int64    { return 4711 }

func (f *facts) Setting(name string) (string, bool) {
	v, ok := f.settings[name]
	return v, ok
}

func (f *facts) SetSetting(name, value string, _ bool) (string, error) {
	f.settings[name] = value
	return value, nil
}

func (f *facts) Fact(name string) types.Value {
	if name == "version" {
		return types.TextValue("PostgreSQL 15.99")
	}
	return types.Value{}
}

func (f *facts) NextValue(uint32) (int64, error) {
	f.sequence++
	return f.sequence, nil
}

func (f *facts) CurrentValue(uint32) (int64, error) {
	if f.sequence == 0 {
		return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "currval of sequence \"s\" is not yet defined in this session")
	}
	return f.sequence, nil
}

func (f *facts) LastValue() (int64, error) { return f.sequence, nil }

func (f *facts) SetValue(_ uint32, value int64, called bool) error {
	f.sequence = value
	if !called {
		f.sequence--
	}
	return nil
}

func (f *facts) Resolve(kind types.OID, name string, _ []string) (uint32, bool, error) {
	switch {
	case kind == types.RegclassOID && name == "item":
		return 20000, true, nil
	case kind == types.RegnamespaceOID && name == "app":
		return 20001, true, nil
	case kind == types.RegnamespaceOID && name == "public":
		return 2200, true, nil
	}
	return 0, false, nil
}

func (f *facts) Name(kind types.OID, oid uint32, _ []string) (string, bool) {
	if kind == types.RegclassOID && oid == 20000 {
		return "item", true
	}
	return "", false
}

func (f *facts) FormatType(oid types.OID, _ int32) (string, bool) { return "color", oid == 20002 }

func (f *facts) Visible(class string, oid uint32, _ []string) (bool, bool) {
	return true, class == "pg_class" && oid == 20000
}

func (f *facts) Definition(what string, oid uint32, sub int, pretty bool) (string, bool) {
	if what == "index" && sub == 2 && pretty {
		return "price", true
	}
	return what + " definition", oid == 20000
}

func (f *facts) ExprText(text string, pretty bool) string {
	if pretty {
		return "pretty " + text
	}
	return "plain " + text
}

func (f *facts) RelationKind(oid uint32) (byte, bool) {
	return map[uint32]byte{20000: 'r', 20003: 'v'}[oid], oid == 20000 || oid == 20003
}

func (f *facts) Describe(class, oid uint32, sub int) (string, bool) {
	return "column x of table item", class == 1259 && oid == 20000 && sub == 1
}

func (f *facts) RoleName(oid uint32) (string, bool) { return "ann", oid == 10 }
func (f *facts) RoleByName(name string) (uint32, bool) {
	return 10, name == "ann"
}

func (f *facts) SerialSequence(relation uint32, column string) (string, bool, error) {
	return "app.item_id_seq", relation == 20000 && column == "id", nil
}

func (f *facts) HasPrivilege(what string, role, object uint32, column, privileges string) (bool, bool, error) {
	return role == 10 && object == 20000 && privileges == "SELECT", true, nil
}

func (f *facts) RelationSize(part string, _ uint32) (int64, bool) {
	return map[string]int64{"main": 8192, "total": 16384}[part], true
}

// TestFacts checks the functions that ask the session and the catalog.
func TestFacts(t *testing.T) {
	conn, env := openTest(t)
	f := &facts{settings: map[string]string{"work_mem": "4MB"}}
	env.Session, env.Sequences, env.Catalog = f, f, f
	if err := conn.Exec("INSERT INTO pg_class VALUES (1259, 'pg_class', 11), (1255, 'pg_proc', 11), (1262, 'pg_database', 11), (9999, 'pg_class', 2200);" +
		"INSERT INTO pg_description VALUES (20000, 1259, 0, 'a comment'), (20000, 1259, 3, 'a column'), (20000, 1255, 3, 'no column');" +
		"INSERT INTO pg_shdescription VALUES (5, 1262, 'a database')"); err != nil {
		t.Fatal(err)
	}
	h := &harness{conn: conn, env: env}
	for _, c := range []struct{ expression, want string }{
		{"version()", `"PostgreSQL 15.99"`},
		{"current_database()", `"shop"`},
		{"getpgusername()", `"ann"`},
		{"current_schema()", `"app"`},
		{"current_schemas(true)", `"{pg_catalog,app,public}"`},
		{"current_schemas(false)", `"{app,public}"`},
		{"pg_backend_pid()", `"4711"`},
		{"current_setting('work_mem')", `"4MB"`},
		{"current_setting('nope')", `ERROR 42704: "unrecognized configuration parameter \"nope\""`},
		{"current_setting('nope', true)", "NULL"},
		{"set_config('work_mem', '8MB', false)", `"8MB"`},
		{"current_setting('work_mem')", `"8MB"`},
		{"currval(20000::regclass)", `ERROR 55000: "currval of sequence \"s\" is not yet defined in this session"`},
		{"nextval(20000::regclass)", `"1"`},
		{"nextval('item')", `"2"`},
		{"currval(20000::regclass)", `"2"`},
		{"lastval()", `"2"`},
		{"setval(20000::regclass, 10::int8)", `"10"`},
		{"nextval(20000::regclass)", `"11"`},
		{"setval(20000::regclass, 20::int8, false)", `"20"`},
		{"nextval(20000::regclass)", `"20"`},
		{"'item'::regclass", `"item"`},
		{"'item'::regclass::oid", `"20000"`},
		{"'nope'::regclass", `ERROR 42P01: "relation \"nope\" does not exist"`},
		{"to_regclass('nope')", "NULL"},
		{"to_regclass('item')", `"item"`},
		{"'app'::regnamespace::oid", `"20001"`},
		{"'nope'::regnamespace", `ERROR 3F000: "schema \"nope\" does not exist"`},
		{"format_type(20002::oid, NULL::int4)", `"color"`},
		{"pg_table_is_visible(20000::oid)", `"t"`},
		{"pg_table_is_visible(5::oid)", "NULL"},
		{"pg_get_indexdef(20000::oid)", `"index definition"`},
		{"pg_get_indexdef(20000::oid, 2, true)", `"price"`},
		{"pg_get_constraintdef(20000::oid, true)", `"constraint definition"`},
		{"pg_get_constraintdef(1::oid)", "NULL"},
		{"pg_get_viewdef('item')", `"view definition"`},
		{"pg_get_expr('1 + 1'::pg_node_tree, 20000::oid)", `"plain 1 + 1"`},
		{"pg_get_expr('1 + 1'::pg_node_tree, 20000::oid, true)", `"pretty 1 + 1"`},
		{"pg_relation_is_updatable(20000::regclass, false)", `"28"`},
		{"pg_relation_is_updatable(20003::regclass, true)", `"0"`},
		{"pg_column_is_updatable(20000::regclass, 1::int2, false)", `"t"`},
		{"pg_column_is_updatable(20000::regclass, (-1)::int2, false)", `"f"`},
		{"pg_column_is_updatable(20003::regclass, 1::int2, false)", `"f"`},
		{"pg_describe_object(1259::oid, 20000::oid, 1)", `"column x of table item"`},
		{"pg_describe_object(1259::oid, 1::oid, 0)", "NULL"},
		{"obj_description(20000::oid, 'pg_class')", `"a comment"`},
		{"obj_description(1::oid, 'pg_proc')", "NULL"},
		{"obj_description(20000::oid, 'pg_proc')", "NULL"},
		{"obj_description(20000::oid)", `"a comment"`},
		{"shobj_description(5::oid, 'pg_database')", `"a database"`},
		{"col_description(20000::oid, 4)", "NULL"},
		{"col_description(20000::oid, 3)", `"a column"`},
		{"pg_get_userbyid(10::oid)", `"ann"`},
		{"pg_get_userbyid(11::oid)", `"unknown (OID=11)"`},
		{"pg_get_serial_sequence('item', 'id')", `"app.item_id_seq"`},
		{"pg_get_serial_sequence('item', 'x')", "NULL"},
		{"has_table_privilege('item', 'SELECT')", `"t"`},
		{"has_table_privilege('item', 'DELETE')", `"f"`},
		{"has_table_privilege('ann', 20000::oid, 'SELECT')", `"t"`},
		{"has_table_privilege('bob', 20000::oid, 'SELECT')", `ERROR 42704: "role \"bob\" does not exist"`},
		{"has_column_privilege('item', 'price', 'SELECT')", `"t"`},
		{"pg_database_size('shop') > 1000", `"t"`},
		{"pg_database_size(NULL::oid)", "NULL"},
		{"pg_relation_size(20000::regclass)", `"8192"`},
		{"pg_total_relation_size(20000::regclass)", `"16384"`},
		{"pg_relation_size(20000::regclass, 'x')", `ERROR 22023: "invalid fork name"`},
	} {
		if got := h.run(c.expression); got != c.want {
			t.Errorf("%s = %s, want %s", c.expression, got, c.want)
		}
	}
}

// TestWithoutFacts checks that functions of a session fail or answer NULL where
// there is none, as in a replicated write.
func TestWithoutFacts(t *testing.T) {
	conn, env := openTest(t)
	h := &harness{conn: conn, env: env}
	for _, c := range []struct{ expression, want string }{
		{"current_database()", `ERROR 0A000: "function current_database is not supported here"`},
		{"nextval(5::regclass)", `ERROR 0A000: "function nextval is not supported here"`},
		{"pg_get_indexdef(5::oid)", "NULL"},
		{"'nope'::regclass", `ERROR 42P01: "relation \"nope\" does not exist"`},
	} {
		if got := h.run(c.expression); got != c.want {
			t.Errorf("%s = %s, want %s", c.expression, got, c.want)
		}
	}
}

// TestOrderedSets checks the aggregates whose input the caller sorts.
func TestOrderedSets(t *testing.T) {
	conn, _ := openTest(t)
	for _, c := range []struct {
		oid  types.OID
		args []string
		want string
	}{
		{3972, []string{"0.5", "x"}, "2.0"},  // percentile_disc
		{3974, []string{"0.5", "x"}, "2.5"},  // percentile_cont
		{3974, []string{"0.25", "x"}, "2.0"}, // percentile_cont
		{3974, []string{"1.5", "x"}, "22003"},
		{3984, []string{"x"}, "2.0"}, // mode
	} {
		f := FunctionByOID(c.oid)
		call := Expand(f.SQL, c.args, f.Args, f.Result)
		sql := "WITH v(x) AS (VALUES (3.0),(2.0),(9.0),(2.0)) SELECT " + call[:len(call)-1] + " ORDER BY x) FROM v"
		got, err := conn.QueryText(sql)
		if err != nil {
			got = pgerr.Code(err)
		}
		if got != c.want {
			t.Errorf("%s = %s, want %s", call, got, c.want)
		}
	}
}

// TestPercentileOfIntervals interpolates as PostgreSQL does:
// percentile_cont(0.5) WITHIN GROUP (ORDER BY x) of 1 day and 2 days.
func TestPercentileOfIntervals(t *testing.T) {
	conn, env := openTest(t)
	var call string
	for _, f := range Functions("percentile_cont") {
		if len(f.Args) == 2 && f.Args[0] == types.Float8OID && f.Args[1] == types.IntervalOID {
			call = Expand(f.SQL, []string{"0.5", "x"}, f.Args, f.Result)
		}
	}
	got, err := conn.QueryText("WITH v(x) AS (VALUES ('0 1 0'),('0 2 0')) SELECT " + call + " FROM v")
	if err != nil {
		t.Fatal(err)
	}
	if text := string(types.AppendText(nil, types.IntervalOID, -1, types.TextValue(got), &env.Types)); text != "1 day 12:00:00" {
		t.Errorf("percentile_cont = %s", text)
	}
}
