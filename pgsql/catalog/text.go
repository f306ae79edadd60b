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

// DefaultSequence returns the sequence of a NextvalDefault, else 0.
func DefaultSequence(expr string) uint32 {
	rest, ok := strings.CutPrefix(expr, "nextval('")
	if !ok {
		return 0
	}
	digits, ok := strings.CutSuffix(rest, "'::regclass)")
	if !ok {
		return 0
	}
	oid, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(oid)
}
