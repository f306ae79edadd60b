package catalog

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"polyreme/pgsql/types"
)

func (db *testDatabase) load() *Catalog {
	db.t.Helper()
	c, err := Load(db.query)
	if err != nil {
		db.t.Fatal(err)
	}
	return c
}

// apply runs an edit and checks that the file then loads as the edit's catalog.
func (db *testDatabase) apply(e *Edit) *Catalog {
	db.t.Helper()
	want := e.Catalog()
	db.run(e.Operations())
	if diff := diffCatalogs(want, db.load()); diff != "" {
		db.t.Errorf("loaded catalog differs (-edit +loaded):\n%s", diff)
	}
	return want
}

// flat is a Catalog without its layers.
type flat struct {
	Version                                uint64
	NextOID                                uint32
	Schemas                                map[uint32]*Schema
	Relations                              map[uint32]*Relation
	Types                                  map[types.OID]*Type
	Comments                               map[ObjectID]string
	RelationNames                          map[string]uint32
	ConstraintHome                         map[uint32]uint32
	Referencing, ViewsOver, OwnedSequences map[uint32][]uint32
}

func flatten(c *Catalog) flat {
	f := flat{
		c.Version, c.NextOID, c.schemas, maps.Collect(c.relations.all()), maps.Collect(c.types.all()),
		maps.Collect(c.comments.all()),
		map[string]uint32{},
		maps.Collect(c.constraintHome.all()),
		maps.Collect(c.referencing.all()), maps.Collect(c.viewsOver.all()), maps.Collect(c.ownedSequences.all()),
	}
	for name, r := range c.relationNames.all() {
		f.RelationNames[fmt.Sprint(name)] = r.OID
	}
	return f
}

func diffCatalogs(a, b *Catalog) string {
	return cmp.Diff(flatten(a), flatten(b), cmpopts.EquateEmpty())
}

// addTable creates a table the way CREATE TABLE does: two columns, a primary
// key, a check, a default and a foreign key to itself.
func addTable(e *Edit, schema *Schema, name string) *Relation {
	r := e.NewTable(schema, name, BootstrapUserOID)
	id := e.NewColumn(r, "id", types.Int4OID, -1)
	id.NotNull = true
	v := e.NewColumn(r, "v", types.VarcharOID, 14)
	e.SetDefault(v, "'x'::character varying")
	e.NewColumn(r, "parent", types.Int4OID, -1)
	pk := e.NewConstraint(r, &Constraint{Name: name + "_pkey", Kind: PrimaryKey, Columns: []int16{1}, Validated: true})
	index := e.NewIndex(r, &Index{
		Name: name + "_pkey", Columns: []IndexColumn{{Num: 1}}, Unique: true, Primary: true, Constraint: pk.OID,
	})
	pk.Index = index.OID
	e.NewConstraint(r, &Constraint{Name: name + "_v_check", Kind: Check, Columns: []int16{2}, Expr: "((v)::text <> ''::text)", Validated: true})
	e.NewConstraint(r, &Constraint{
		Name: name + "_parent_fkey", Kind: ForeignKey, Columns: []int16{3}, RefRelation: r.OID, RefColumns: []int16{1},
		Index: index.OID, OnDelete: 'c', OnUpdate: 'a', Match: 's', Validated: true,
	})
	e.NewIndex(r, &Index{Name: name + "_lower_idx", Columns: []IndexColumn{
		{Expr: "lower((v)::text)", Name: "lower", Type: types.TextOID}, {Num: 3, Desc: true, NullsFirst: true},
	}, Where: "(id > 0)"})
	return r
}

func TestEmptyLoads(t *testing.T) {
	db := newTestDatabase(t)
	if diff := diffCatalogs(Empty(), db.load()); diff != "" {
		t.Errorf("catalog after genesis differs (-Empty +loaded):\n%s", diff)
	}
}

func TestRoundTrip(t *testing.T) {
	db := newTestDatabase(t)
	c := Empty()

	e := c.Edit()
	addTable(e, e.Schema("public"), "p")
	c = db.apply(e)
	p := c.Resolve([]string{"public"}, "p")
	if p == nil || p.RowID != "c1" || p.Physical != TablePhysical(p.OID) {
		t.Fatalf("p = %+v", p)
	}
	if refs := c.ReferencingForeignKeys(p.OID); len(refs) != 1 || refs[0].Relation != p {
		t.Errorf("referencing = %v", refs)
	}
	if i := c.Resolve([]string{"public"}, "p_pkey"); i == nil || i.Index == nil || i.Physical != "" {
		t.Errorf("p_pkey = %+v", i)
	}

	// a serial, a view, comments, a new schema
	e = c.Edit()
	s := e.NewSchema("s", BootstrapUserOID)
	seq := e.NewSequence(s, "seq", BootstrapUserOID, &Sequence{
		Type: types.Int4OID, Start: 1, Increment: 1, Min: 1, Max: 1<<31 - 1, Cache: 1,
	})
	r := e.Relation(p.OID)
	column := e.NewColumn(r, "n", types.Int4OID, -1)
	column.NotNull = true
	column.OwnedSequence = seq.OID
	seq.Sequence.OwnedBy, seq.Sequence.OwnedColumn = r.OID, column.Num
	e.SetDefault(column, NextvalDefault(seq.OID))
	v := e.NewView(s, "view", BootstrapUserOID, &View{
		SQL: " SELECT p.id FROM public.p", Depends: []ViewDependency{{r.OID, 1}},
	})
	e.NewColumn(v, "id", types.Int4OID, -1)
	e.SetComment(PgClassOID, r.OID, 0, "a table")
	e.SetComment(PgClassOID, r.OID, 2, "a column")
	e.SetComment(PgNamespaceOID, s.OID, 0, "a schema")
	c = db.apply(e)
	if got := c.Comment(PgClassOID, p.OID, 2); got != "a column" {
		t.Errorf("comment = %q", got)
	}
	if got := c.ViewsOver(p.OID); len(got) != 1 || got[0].Name != "view" {
		t.Errorf("views over p = %v", got)
	}
	if got := c.OwnedSequences(p.OID); len(got) != 1 || got[0].Name != "seq" {
		t.Errorf("sequences of p = %v", got)
	}

	// rename, drop column, drop constraint
	e = c.Edit()
	r = e.Relation(p.OID)
	r.Name = "q"
	e.DropConstraint(r, r.Constraint("p_v_check").OID)
	_, i := e.Index(c.Resolve([]string{"public"}, "p_lower_idx").OID)
	e.DropIndex(r, i.OID)
	e.DropColumn(r, 2)
	e.RenameSchema(s.OID, "s2")
	c = db.apply(e)
	if c.Resolve([]string{"public"}, "p") != nil || c.Resolve([]string{"public"}, "q") == nil {
		t.Error("rename of p did not take")
	}
	if c.Resolve([]string{"s2"}, "seq") == nil || c.Resolve([]string{"s"}, "seq") != nil {
		t.Error("rename of s did not take")
	}

	// drop all
	e = c.Edit()
	e.DropRelation(v.OID)
	e.DropRelation(seq.OID)
	e.DropRelation(p.OID)
	e.DropSchema(s.OID)
	db.apply(e)
	for _, table := range []string{"pg_class", "pg_attribute WHERE attrelid >= 16384", "pg_depend", "pg_type WHERE oid >= 16384"} {
		if table == "pg_class" {
			table += " WHERE oid >= 16384"
		}
		if n, err := db.conn.QueryInt64("SELECT count(*) FROM " + table); err != nil || n != 0 {
			t.Errorf("%s: %d rows left, %v", table, n, err)
		}
	}
}

func manyTables(n int) *Edit {
	e := Empty().Edit()
	schema := e.Schema("public")
	for i := range n {
		addTable(e, schema, fmt.Sprintf("table%d", i))
	}
	return e
}

func BenchmarkLoad1000(b *testing.B) {
	db := newTestDatabase(b)
	db.run(manyTables(1000).Operations())
	for b.Loop() {
		db.load()
	}
}

func BenchmarkCreateTableAmong1000(b *testing.B) {
	c := manyTables(1000).Catalog()
	n := 0
	for b.Loop() {
		e := c.Edit()
		addTable(e, e.Schema("public"), fmt.Sprint("another", n))
		e.Operations()
		c = e.Catalog()
		n++
	}
}
