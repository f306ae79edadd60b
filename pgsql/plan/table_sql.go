package plan

import (
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// createIndexes emits the physical indexes of r.
func (d *ddl) createIndexes(r *catalog.Relation) {
	for _, i := range r.Indexes {
		if i.Physical != "" {
			d.sqlite(d.indexSQL(r, i))
		}
	}
}

// tableSQL returns CREATE TABLE for the physical form of r under a name.
func (d *ddl) tableSQL(r *catalog.Relation, name string) string {
	b := append(make([]byte, 0, 512), "CREATE TABLE "+name+" ("...)
	if r.RowID == catalog.RowIDColumn {
		b = append(b, "rid INTEGER PRIMARY KEY, "...)
	}
	first := true
	for _, c := range r.Columns {
		if c.Dropped {
			continue
		}
		if !first {
			b = append(b, ", "...)
		}
		first = false
		b = append(b, d.columnSQL(r, c)...)
	}
	if first && r.RowID == catalog.RowIDColumn {
		b = b[:len(b)-2]
	}
	for _, k := range r.Constraints {
		switch k.Kind {
		case catalog.Check:
			b = append(b, ", "+d.checkSQL(r, k)...)
		case catalog.ForeignKey:
			b = append(b, ", "+d.foreignKeySQL(r, k, name)...)
		}
	}
	return string(append(b, ") STRICT"...))
}

func (d *ddl) columnSQL(r *catalog.Relation, c *catalog.Column) string {
	if c.Physical == r.RowID {
		return c.Physical + " INTEGER PRIMARY KEY"
	}
	sql := c.Physical + " " + types.StrictDecl(c.Type)
	if c.NotNull {
		sql += " NOT NULL"
	}
	return sql
}

func (d *ddl) checkSQL(r *catalog.Relation, k *catalog.Constraint) string {
	return "CONSTRAINT " + k.Physical() + " CHECK (" + d.physicalExpr(r, k.Expr) + ")"
}

// physicalExpr emits an expression of the catalog over bare column names.
func (d *ddl) physicalExpr(r *catalog.Relation, text string) string {
	s := d.relationScope(r)
	sql := d.bareSQL(s.items[0].rte, d.catalogExpr(s, text))
	if strings.Contains(sql, "(SELECT ") {
		d.fail(-1, pgerr.Unsupported("the expression %s is not supported in a constraint or index", text))
	}
	return sql
}

// foreignKeySQL is a foreign key of r, which is created under a name: its
// references to itself are to that.
func (d *ddl) foreignKeySQL(r *catalog.Relation, k *catalog.Constraint, name string) string {
	ref := d.edit.Peek(k.RefRelation)
	if ref.OID != r.OID {
		name = ref.Physical
	}
	sql := "CONSTRAINT " + k.Physical() + " FOREIGN KEY (" + physicalColumns(r, k.Columns) + ") REFERENCES " +
		name + " (" + physicalColumns(ref, k.RefColumns) + ")"
	for _, on := range [...]struct {
		event  string
		action byte
	}{{" ON UPDATE ", k.OnUpdate}, {" ON DELETE ", k.OnDelete}} {
		switch on.action {
		case 'r':
			sql += on.event + "RESTRICT"
		case 'c':
			sql += on.event + "CASCADE"
		case 'n', 'd':
			// The columns of SET DEFAULT have no default, which is NULL; and
			// SQLite cannot drop a constraint that says SET DEFAULT.
			sql += on.event + "SET NULL"
		}
	}
	if k.Deferrable {
		sql += " DEFERRABLE"
		if k.Deferred {
			sql += " INITIALLY DEFERRED"
		}
	}
	return sql
}

func physicalColumns(r *catalog.Relation, nums []int16) string {
	names := make([]string, len(nums))
	for i, num := range nums {
		names[i] = r.Columns[num-1].Physical
	}
	return strings.Join(names, ", ")
}
