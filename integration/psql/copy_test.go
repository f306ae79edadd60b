package psql_test

import (
	"fmt"
	"strings"
	"testing"

	"polyreme/integration/harness"
)

// manyRows is a COPY of more rows than one log entry takes (8 MB), with keys from first.
func manyRows(first int) string {
	var b strings.Builder
	b.WriteString("COPY big FROM stdin;\n")
	for i := range 250_000 {
		fmt.Fprintf(&b, "%d\tthe row with the number %d, of some length\n", first+i, first+i)
	}
	b.WriteString("\\.\n")
	return b.String()
}

// TestLargeCopyInBlock: what follows a large COPY in a block sees its rows, and all of
// it is committed or none.
func TestLargeCopyInBlock(t *testing.T) {
	c := harness.Start(t, 3)
	run := func(node int, script string) string {
		t.Helper()
		cmd := psql(t, c.Nodes[node], "-At", "-v", "VERBOSITY=sqlstate")
		cmd.Stdin = strings.NewReader(script)
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	for _, test := range []struct{ name, script, want string }{
		{
			"restore", `BEGIN; CREATE TABLE big (id int PRIMARY KEY, v text); CREATE TABLE other (n int);
` + manyRows(1) + `SELECT count(*), max(id) FROM big;
CREATE INDEX big_v ON big (v);
SAVEPOINT a; DELETE FROM big WHERE id <= 10; SELECT count(*) FROM big; ROLLBACK TO a;
UPDATE big SET v = 'changed' WHERE id = 7;
` + manyRows(500_001) + `SELECT v FROM big WHERE id IN (7, 500001) ORDER BY id;
COMMIT;`,
			"BEGIN\nCREATE TABLE\nCREATE TABLE\nCOPY 250000\n250000|250000\nCREATE INDEX\nSAVEPOINT\nDELETE 10\n249990\nROLLBACK\nUPDATE 1\n" +
				"COPY 250000\nchanged\nthe row with the number 500001, of some length\nCOMMIT\n",
		},
		{"committed", "SELECT count(*), sum(id) FROM big;", "500000|187500250000\n"},
		{
			"one snapshot", "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM other;\n" + manyRows(1_000_001) +
				"INSERT INTO other SELECT count(*) FROM big; COMMIT; SELECT n FROM other;",
			"BEGIN\n0\nCOPY 250000\nINSERT 0 1\nCOMMIT\n750000\n",
		},
		{"duplicates", "BEGIN;\n" + manyRows(1) + "SELECT 1 FROM big LIMIT 1; COMMIT;", "BEGIN\nCOPY 250000\nERROR:  23505\nROLLBACK\n"},
		{"undone", "BEGIN; SAVEPOINT a;\n" + manyRows(2_000_001) + "ROLLBACK TO a; SELECT count(*) FROM big; COMMIT;", "BEGIN\nSAVEPOINT\nCOPY 250000\nROLLBACK\n750000\nCOMMIT\n"},
		{
			"before a savepoint", "BEGIN;\n" + manyRows(2_000_001) +
				"SAVEPOINT a; DELETE FROM big; ROLLBACK TO a; SELECT count(*) FROM big; ROLLBACK;",
			"BEGIN\nCOPY 250000\nSAVEPOINT\nDELETE 1000000\nROLLBACK\n1000000\nROLLBACK\n",
		},
		{
			"no memory", "SET polyreme.workspace_mem = '1MB'; BEGIN;\n" + manyRows(2_000_001) + "SELECT count(*) FROM big; ROLLBACK;",
			"SET\nBEGIN\nCOPY 250000\nERROR:  53200\nROLLBACK\n",
		},
		{"nothing left", "SELECT count(*) FROM big;", "750000\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := run(1, test.script); got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
	if got := run(2, "SELECT count(*), sum(id) FROM big"); got != "750000|468750375000\n" {
		t.Errorf("another node has %s", got)
	}
}
