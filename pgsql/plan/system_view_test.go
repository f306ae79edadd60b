package plan

import (
	"strings"
	"testing"

	"polyreme/pgsql/catalog"
)

// TestSystemRelations reads every table and view of pg_catalog and
// information_schema: what a view needs may be missing (0A000), but its text
// must be understood.
func TestSystemRelations(t *testing.T) {
	s := newSession(t)
	for _, r := range s.cat.Relations() {
		if r.Kind != catalog.KindView && r.Kind != catalog.KindTable {
			continue
		}
		answer := s.exec("SELECT * FROM " + catalog.QualifiedName(r.SchemaName, r.Name))
		if strings.HasPrefix(answer, "ERROR") && !strings.HasPrefix(answer, "ERROR 0A000") {
			t.Errorf("%s.%s: %s", r.SchemaName, r.Name, answer)
		}
	}
}
