package builtin

import (
	"fmt"
	"sort"
	"strings"

	"polyreme/pgsql/types"
)

// MarkdownTable describes which functions, aggregates and operators are
// implemented, for docs/compatibility. Functions that only the server itself
// calls (with arguments of type internal and the like) are left out.
func MarkdownTable() string {
	var b strings.Builder
	t := Builtins()
	kinds := []struct {
		kind  byte
		title string
	}{{'f', "Functions"}, {'a', "Aggregates"}, {'w', "Window functions"}}
	b.WriteString("# Built-in functions and operators\n\nGenerated from pgsql/builtin: `go test ./pgsql/builtin -rewrite`.\n")
	var session []string
	for _, k := range kinds {
		var yes, no []string
		for i := range t.functions {
			f := &t.functions[i]
			if f.Kind != k.kind || !f.visible() {
				continue
			}
			switch {
			case f.BySession:
				session = append(session, f.Signature())
			case f.Implemented():
				yes = append(yes, f.Signature())
			default:
				no = append(no, f.Signature())
			}
		}
		writeSection(&b, k.title, yes, no)
	}
	sort.Strings(session)
	b.WriteString("\n## Served by the session\n\nSee docs/compatibility.md for which of these work.\n\n| Function |\n|---|\n")
	for _, s := range session {
		fmt.Fprintf(&b, "| `%s` |\n", s)
	}
	var yes, no []string
	for i := range t.operators {
		o := &t.operators[i]
		if o.Implemented() {
			yes = append(yes, o.Signature())
		} else {
			no = append(no, o.Signature())
		}
	}
	writeSection(&b, "Operators", yes, no)
	return b.String()
}

// visible tells whether a client can call f.
func (f *Function) visible() bool {
	hidden := func(t types.OID) bool {
		switch t {
		case types.InternalOID, types.CstringOID, types.TriggerOID, types.EventTriggerOID, types.LanguageHandlerOID:
			return true
		}
		return types.ByOID(t) == nil
	}
	if f.Language == 'c' || hidden(f.Result) {
		return false
	}
	for _, a := range f.Args {
		if hidden(a) {
			return false
		}
	}
	return true
}

// Signature returns the operator with its operand types.
func (o *Operator) Signature() string {
	right := types.FormatType(o.Right, -1)
	if o.Left == 0 {
		return o.Name + " " + right
	}
	return types.FormatType(o.Left, -1) + " " + o.Name + " " + right
}

func writeSection(b *strings.Builder, title string, yes, no []string) {
	sort.Strings(yes)
	sort.Strings(no)
	fmt.Fprintf(b, "\n## %s: %d of %d\n\n| Implemented |\n|---|\n", title, len(yes), len(yes)+len(no))
	for _, s := range yes {
		fmt.Fprintf(b, "| `%s` |\n", strings.ReplaceAll(s, "|", "\\|"))
	}
	if len(no) == 0 {
		return
	}
	b.WriteString("\n| Not yet: 0A000 |\n|---|\n")
	for _, s := range no {
		fmt.Fprintf(b, "| `%s` |\n", strings.ReplaceAll(s, "|", "\\|"))
	}
}
