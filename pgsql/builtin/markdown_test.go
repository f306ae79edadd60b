package builtin

import (
	"flag"
	"os"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata/builtins.md")

// TestMarkdownTable keeps the description in step with the table.
func TestMarkdownTable(t *testing.T) {
	const path = "testdata/builtins.md"
	got := MarkdownTable()
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("testdata/builtins.md is out of date: run go test ./pgsql/builtin -rewrite")
	}
}
