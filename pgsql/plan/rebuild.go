package plan

import (
	"slices"
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// Statements around the rebuild of a table that others reference: with foreign
// keys on, SQLite's DROP TABLE would act on their rows. The state machine
// knows these texts and switches enforcement inside the transaction, which
// SQLite's own PRAGMA does not do there.
const (
	foreignKeysOff = "PRAGMA foreign_keys=OFF"
	foreignKeysOn  = "PRAGMA foreign_keys=ON"
)

// finish emits what the actions noted.
func (t *alteration) finish() {
	for _, check := range t.checks {
		t.sqlite(check)
	}
	t.r.SettleRowID()
	if t.again {
		t.rebuild()
		return
	}
	if len(t.update) > 0 {
		t.sqlite("UPDATE " + t.r.Physical + " SET " + strings.Join(t.update, ", "))
	}
	for _, sql := range t.native {
		t.sqlite(sql)
	}
}

// rebuild makes the table anew from its definition: a new table, the rows, the
// name, the indexes. Row ids stay, so that the order of rows does.
func (t *alteration) rebuild() {
	referenced := false
	for _, ref := range t.cat.ReferencingForeignKeys(t.r.OID) {
		if ref.Relation.OID != t.r.OID {
			referenced = referenced || t.edit.Peek(ref.Relation.OID) != nil && t.edit.Peek(ref.Relation.OID).ConstraintByOID(ref.Constraint.OID) != nil
			continue
		}
		t.sqlite("ALTER TABLE " + t.old.Physical + " DROP CONSTRAINT " + ref.Constraint.Physical())
	}
	// A table that references itself has no index on the key while its rows are
	// copied, without which SQLite refuses them.
	referenced = referenced || slices.ContainsFunc(t.r.Constraints, func(k *catalog.Constraint) bool {
		return k.Kind == catalog.ForeignKey && k.RefRelation == t.r.OID
	})
	if referenced {
		t.sqlite(foreignKeysOff)
		t.sqlite("SELECT pg_raise('" + pgerr.FeatureNotSupported + "', 'this ALTER TABLE is not supported on a table that foreign keys reference')" +
			" WHERE (SELECT foreign_keys FROM pragma_foreign_keys) = 1")
	}
	name := "n" + strings.TrimPrefix(t.r.Physical, "t")
	t.sqlite(t.tableSQL(t.r, name))
	t.sqlite(t.copySQL(name))
	t.sqlite("DROP TABLE " + t.old.Physical)
	t.sqlite("ALTER TABLE " + name + " RENAME TO " + t.r.Physical)
	t.createIndexes(t.r)
	if referenced {
		t.sqlite(foreignKeysOn)
	}
}

// copySQL moves the rows into the new table.
func (t *alteration) copySQL(name string) string {
	var into, from []string
	if t.r.RowID == catalog.RowIDColumn {
		into, from = append(into, catalog.RowIDColumn), append(from, t.old.RowID)
	}
	for _, c := range t.r.Columns {
		if c.Dropped {
			continue
		}
		value, changed := t.source[c.Num]
		if !changed {
			value = c.Physical
		}
		if value == "NULL" && types.StrictDecl(c.Type) != "" && !c.NotNull {
			continue
		}
		into, from = append(into, c.Physical), append(from, value)
	}
	return "INSERT INTO " + name + " (" + strings.Join(into, ", ") + ") SELECT " + strings.Join(from, ", ") +
		" FROM " + t.old.Physical + " ORDER BY " + t.old.RowID
}
