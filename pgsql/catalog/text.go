package catalog

import (
	"strconv"
	"strings"
)

// exprSeparator stands between the expressions of an index in indexprs: one
// text has to hold them all, and no expression contains a control character
// outside a string constant, where the parser of the list looks no further.
const exprSeparator = "\x1f"

func joinExprs(exprs []string) string { return strings.Join(exprs, exprSeparator) }

func splitExprs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, exprSeparator)
}

// NextvalDefault returns the default of a serial column over the sequence. The
// sequence is named by its OID so that it may be renamed; the printers put the
// name in its place.
func NextvalDefault(sequence uint32) string {
	return "nextval('" + oidText(sequence) + "'::regclass)"
}

// regclassMark follows the OID of a relation in an expression of the catalog.
const regclassMark = "'::regclass"

// ReplaceRelations returns the expression with every relation that is named by
// its OID ('16384'::regclass) given by name.
func ReplaceRelations(expr string, name func(oid uint32) string) string {
	var b strings.Builder
	for {
		end := strings.Index(expr, regclassMark)
		if end < 0 {
			break
		}
		start := end
		for start > 0 && expr[start-1] >= '0' && expr[start-1] <= '9' {
			start--
		}
		// Within a string constant the quotes are doubled.
		oid, err := strconv.ParseUint(expr[start:end], 10, 32)
		if err != nil || start == 0 || expr[start-1] != '\'' || start > 1 && expr[start-2] == '\'' {
			b.WriteString(expr[:end+len(regclassMark)])
		} else {
			text := name(uint32(oid))
			b.WriteString(expr[:start-1] + "'" + strings.ReplaceAll(text, "'", "''") + regclassMark)
		}
		expr = expr[end+len(regclassMark):]
	}
	b.WriteString(expr)
	return b.String()
}

// UsedRelations returns the relations that the expression names by their OIDs.
func UsedRelations(expr string) []uint32 {
	var oids []uint32
	ReplaceRelations(expr, func(oid uint32) string {
		oids = append(oids, oid)
		return ""
	})
	return oids
}
