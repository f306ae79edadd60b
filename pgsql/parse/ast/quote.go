package ast

import "strings"

// QuoteIdent returns name as an identifier: in double quotes unless it is a
// plain lower-case word that is no key word, or an unreserved one. It is what
// PostgreSQL's quote_ident gives.
func QuoteIdent(name string) string {
	if plainIdent(name) && !isReserved(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// plainIdent tells whether name is a word of small letters, digits and _.
func plainIdent(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// QuoteLiteral returns s as a string literal, with the E form where it holds a
// backslash.
func QuoteLiteral(s string) string {
	prefix := ""
	if strings.Contains(s, `\`) {
		prefix, s = "E", strings.ReplaceAll(s, `\`, `\\`)
	}
	return prefix + "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// isReserved tells whether word is a key word of any but the unreserved class:
// such a name is quoted. The parser's test compares it with the parser's table.
func isReserved(word string) bool {
	switch word {
	case "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
		"between", "bigint", "binary", "bit", "boolean", "both", "case", "cast", "char", "character", "check",
		"coalesce", "collate", "collation", "column", "concurrently", "constraint", "create", "cross",
		"current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
		"current_user", "dec", "decimal", "default", "deferrable", "desc", "distinct", "do", "else", "end",
		"except", "exists", "extract", "false", "fetch", "float", "for", "foreign", "freeze", "from", "full",
		"grant", "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout", "int",
		"integer", "intersect", "interval", "into", "is", "isnull", "join", "lateral", "leading", "least", "left",
		"like", "limit", "localtime", "localtimestamp", "national", "natural", "nchar", "none", "normalize", "not",
		"notnull", "null", "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer", "overlaps",
		"overlay", "placing", "position", "precision", "primary", "real", "references", "returning", "right",
		"row", "select", "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric", "table",
		"tablesample", "then", "time", "timestamp", "to", "trailing", "treat", "trim", "true", "union", "unique",
		"user", "using", "values", "varchar", "variadic", "verbose", "when", "where", "window", "with",
		"xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi",
		"xmlroot", "xmlserialize", "xmltable":
		return true
	}
	return false
}
