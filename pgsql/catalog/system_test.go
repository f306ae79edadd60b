package catalog

import "testing"

// The dump must be whole: a view without its text or an object of a user in it
// means that the generator stopped half way or ran on a used database.
func TestSystemIsComplete(t *testing.T) {
	counts := map[byte]int{}
	for _, r := range Empty().Relations() {
		counts[r.Kind]++
		if !r.System || r.OID >= FirstUserOID || len(r.Columns) == 0 {
			t.Errorf("%s.%s (%d): system %v, %d columns", r.SchemaName, r.Name, r.OID, r.System, len(r.Columns))
		}
		if r.Kind == KindView && (r.View == nil || r.View.SQL == "") {
			t.Errorf("view %s.%s has no text", r.SchemaName, r.Name)
		}
		for i, column := range r.Columns {
			if int(column.Num) != i+1 || column.Type == 0 {
				t.Errorf("%s.%s: column %d is %d of type %d", r.SchemaName, r.Name, i+1, column.Num, column.Type)
			}
		}
	}
	for kind, want := range map[byte]int{KindTable: 68, KindView: 140, KindIndex: 122} {
		if counts[kind] != want {
			t.Errorf("%d relations of kind %c, want %d", counts[kind], kind, want)
		}
	}
	for _, s := range Empty().Schemas() {
		if s.OID >= FirstUserOID {
			t.Errorf("schema %s (%d)", s.Name, s.OID)
		}
	}
	if CollationOID("C") != 950 || AccessMethodOID("btree") != BtreeAccessMethodOID || Empty().Role("postgres") == nil {
		t.Error("collations, access methods or roles are missing")
	}
}
