package catalog

import (
	"slices"
	"testing"

	"polyreme/pgsql/types"
)

func TestQuoteIdent(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "a1": "a1", "_x": "_x", "1a": `"1a"`, "A": `"A"`, "user": `"user"`, "order": `"order"`,
		"name": "name", "": `""`, `a"b`: `"a""b"`, "a b": `"a b"`, "é": `"é"`, "a$": `"a$"`,
	} {
		if got := QuoteIdent(name); got != want {
			t.Errorf("QuoteIdent(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestParseName(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"a", []string{"a"}},
		{" Ab.c ", []string{"ab", "c"}},
		{`"A b"."c""d"`, []string{"A b", `c"d`}},
		{"a . b", []string{"a", "b"}},
		{"db.s.t", []string{"db", "s", "t"}},
		{"", nil},
		{"a.", nil},
		{`"a`, nil},
		{"a b", nil},
		{"1a", nil},
	} {
		got, ok := ParseName(c.text)
		if ok != (c.want != nil) || ok && !slices.Equal(got, c.want) {
			t.Errorf("ParseName(%q) = %q, %v, want %q", c.text, got, ok, c.want)
		}
	}
}

func TestResolve(t *testing.T) {
	e := Empty().Edit()
	s := e.NewSchema("s", BootstrapUserOID)
	one := addTable(e, s, "t")
	two := addTable(e, e.Schema("public"), "t")
	shadow := addTable(e, e.Schema("public"), "pg_class")
	c := e.Catalog()
	for _, k := range []struct {
		path []string
		name string
		want uint32
	}{
		{[]string{"public"}, "t", two.OID},
		{[]string{"nosuch", "s", "public"}, "t", one.OID},
		{[]string{"public"}, "pg_class", PgClassOID},
		{[]string{"public", "pg_catalog"}, "pg_class", shadow.OID},
		{nil, "pg_class", PgClassOID},
		{nil, "t", 0},
	} {
		got := uint32(0)
		if r := c.Resolve(k.path, k.name); r != nil {
			got = r.OID
		}
		if got != k.want {
			t.Errorf("Resolve(%v, %s) = %d, want %d", k.path, k.name, got, k.want)
		}
	}
	if c.Visible([]string{"s", "public"}, two.OID) || !c.Visible([]string{"s", "public"}, one.OID) {
		t.Error("a table behind another of its name is visible")
	}
	if got := c.CreationSchema([]string{"nosuch", "s"}); got != c.Schema("s") {
		t.Errorf("creation schema = %v", got)
	}
}

// A name that a statement gives up is free within it, and one that it takes is not.
func TestNameTaken(t *testing.T) {
	e := Empty().Edit()
	public := e.Schema("public").OID
	r := addTable(e, e.Schema("public"), "t")
	c := e.Catalog()
	e = c.Edit()
	for _, name := range []string{"t", "t_pkey", "t_lower_idx"} {
		if !e.NameTaken(public, name) {
			t.Errorf("%s is free", name)
		}
	}
	e.Relation(r.OID).Name = "u"
	if e.NameTaken(public, "t") || !e.NameTaken(public, "u") || !e.NameTaken(public, "t_pkey") {
		t.Error("after rename")
	}
	if e.TypeNameTaken(public, "t") || !e.TypeNameTaken(public, "u") {
		t.Error("row type after rename")
	}
	e.DropRelation(r.OID)
	if e.NameTaken(public, "u") || e.NameTaken(public, "t_pkey") {
		t.Error("after drop")
	}
	if c.Relation(public, "t") == nil || e.Catalog().Relation(public, "t") != nil {
		t.Error("the base changed, or the next version did not")
	}
}

func TestFunctionsNames(t *testing.T) {
	e := Empty().Edit()
	r := addTable(e, e.NewSchema("S 1", BootstrapUserOID), "T")
	c := e.Catalog()
	f := &Functions{Current: func() *Catalog { return c }}
	path := []string{"public"}
	for _, k := range []struct {
		kind types.OID
		name string
		want uint32
		back string
	}{
		{types.RegclassOID, `"S 1"."T"`, r.OID, `"S 1"."T"`},
		{types.RegclassOID, "pg_catalog.pg_class", PgClassOID, "pg_class"},
		{types.RegtypeOID, "INTEGER", 23, "integer"},
		{types.RegtypeOID, "timestamp (3) with  time zone", 1184, "timestamp with time zone"},
		{types.RegtypeOID, "varchar(10)[]", 1015, "character varying[]"},
		{types.RegtypeOID, "pg_catalog.int8", 20, "bigint"},
		{types.RegtypeOID, "nosuch", 0, ""},
		{types.RegnamespaceOID, `"S 1"`, c.Schema("S 1").OID, `"S 1"`},
		{types.RegroleOID, "postgres", 10, "postgres"},
		{types.RegprocOID, "array_recv", 2400, "array_recv"},
		{types.RegcollationOID, `"C"`, 950, `"C"`},
	} {
		got, ok, err := f.Resolve(k.kind, k.name, path)
		if err != nil || got != k.want || ok != (k.want != 0) {
			t.Errorf("Resolve(%d, %s) = %d, %v, %v, want %d", k.kind, k.name, got, ok, err, k.want)
		}
		if back, _ := f.Name(k.kind, k.want, path); back != k.back {
			t.Errorf("Name(%d, %d) = %s, want %s", k.kind, k.want, back, k.back)
		}
	}
	if _, _, err := f.Resolve(types.RegprocOID, "lower", path); err == nil {
		t.Error("lower is not unique")
	}
}

func TestFormatDomain(t *testing.T) {
	c := Empty()
	f := &Functions{Current: func() *Catalog { return c }}
	for oid, d := range loadSystem().domains {
		want := "information_schema." + d.name
		if got, ok := f.FormatType(oid, -1); !ok || got != want || d.name == "" {
			t.Errorf("FormatType(%d) = %s, %v, want %s", oid, got, ok, want)
		}
	}
}

func TestDescribe(t *testing.T) {
	e := Empty().Edit()
	r := addTable(e, e.NewSchema("S 1", BootstrapUserOID), "T")
	u := addTable(e, e.Schema("public"), "u")
	c := e.Catalog()
	f := &Functions{Current: func() *Catalog { return c }, Path: func() []string { return []string{"public"} }}
	for _, k := range []struct {
		class, oid uint32
		sub        int
		want       string
	}{
		{PgClassOID, r.OID, 0, `table "S 1"."T"`},
		{PgClassOID, u.OID, 0, "table u"},
		{PgClassOID, u.OID, 1, "column " + QuoteIdent(u.Columns[0].Name) + " of table u"},
		{PgClassOID, u.Indexes[0].OID, 0, "index u_pkey"},
		{c.Relation(PgCatalogOID, "pg_constraint").OID, u.Constraints[0].OID, 0, "constraint u_pkey on table u"},
		{c.Relation(PgCatalogOID, "pg_type").OID, 23, 0, "type integer"},
		{c.Relation(PgCatalogOID, "pg_namespace").OID, r.Schema, 0, `schema "S 1"`},
		{c.Relation(PgCatalogOID, "pg_authid").OID, 10, 0, "role postgres"},
		{PgDatabaseOID, DatabaseOID, 0, "database postgres"},
		{PgClassOID, 1, 0, ""},
		{PgClassOID, u.OID, 99, ""},
		{u.OID, u.OID, 0, ""},
	} {
		if got, ok := f.Describe(k.class, k.oid, k.sub); ok != (k.want != "") || ok && got != k.want {
			t.Errorf("Describe(%d, %d, %d) = %s, %v, want %s", k.class, k.oid, k.sub, got, ok, k.want)
		}
	}
}

func TestReplaceRelations(t *testing.T) {
	name := func(oid uint32) string { return map[uint32]string{16400: "q", 16401: `s."it's"`}[oid] }
	for _, c := range []struct{ text, want string }{
		{"nextval('16400'::regclass)", "nextval('q'::regclass)"},
		{"('x' || (nextval('16400'::regclass))::text)", "('x' || (nextval('q'::regclass))::text)"},
		{"(nextval('16400'::regclass) + nextval('16401'::regclass))", `(nextval('q'::regclass) + nextval('s."it''s"'::regclass))`},
		{"'a ''16400''::regclass'::text", "'a ''16400''::regclass'::text"},
		{"(x)::regclass", "(x)::regclass"},
		{"'q'::regclass", "'q'::regclass"},
		{"'16400'::text", "'16400'::text"},
	} {
		if got := ReplaceRelations(c.text, name); got != c.want {
			t.Errorf("ReplaceRelations(%s) = %s, want %s", c.text, got, c.want)
		}
	}
	if got := UsedRelations("(nextval('16400'::regclass) + nextval('16401'::regclass))"); !slices.Equal(got, []uint32{16400, 16401}) {
		t.Errorf("UsedRelations = %v", got)
	}
}
