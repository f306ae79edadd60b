package catalog

import "strings"

// keywords are PostgreSQL's keywords that an identifier must be quoted against:
// all but the unreserved ones.
var keywords = func() map[string]bool {
	m := map[string]bool{}
	for _, word := range strings.Fields(`all analyse analyze and any array as asc asymmetric authorization between
		bigint binary bit boolean both case cast char character check coalesce collate collation column concurrently
		constraint create cross current_catalog current_date current_role current_schema current_time
		current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists
		extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in
		initially inner inout int integer intersect interval into is isnull join lateral leading least left like
		limit localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric offset
		on only or order out outer overlaps overlay placing position precision primary real references returning
		right row select session_user setof similar smallint some substring symmetric table tablesample then time
		timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where
		window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
		xmlserialize xmltable`) {
		m[word] = true
	}
	return m
}()

// QuoteIdent returns the identifier as it must be written in SQL (quote_ident).
func QuoteIdent(name string) string {
	plain := name != "" && !keywords[name]
	for i := 0; plain && i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c == '_':
		case c >= '0' && c <= '9':
			plain = i > 0
		default:
			plain = false
		}
	}
	if plain {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// QualifiedName returns schema.name, each quoted where it must be.
func QualifiedName(schema, name string) string { return QuoteIdent(schema) + "." + QuoteIdent(name) }

// QuoteLiteral returns the string constant for text (quote_literal).
func QuoteLiteral(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// RelationName returns the relation's name as the search path requires: bare
// where it is visible, else qualified.
func (c *Catalog) RelationName(r *Relation, path []string) string {
	if v := c.Resolve(path, r.Name); v != nil && v.OID == r.OID {
		return QuoteIdent(r.Name)
	}
	return QualifiedName(r.SchemaName, r.Name)
}

// ParseName splits a possibly qualified name as PostgreSQL reads it in
// to_regclass: parts are folded to lower case unless quoted. ok is false where
// it is no name.
func ParseName(text string) (parts []string, ok bool) {
	rest := strings.TrimSpace(text)
	for {
		var part string
		if part, rest, ok = cutIdent(rest); !ok {
			return nil, false
		}
		parts = append(parts, part)
		rest = strings.TrimLeft(rest, " \t\n\r\f")
		if rest == "" {
			return parts, true
		}
		if rest[0] != '.' {
			return nil, false
		}
		rest = strings.TrimLeft(rest[1:], " \t\n\r\f")
	}
}

// cutIdent cuts one identifier from the front of text.
func cutIdent(text string) (ident, rest string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		for i := 1; i < len(text); i++ {
			if text[i] != '"' {
				continue
			}
			if i+1 < len(text) && text[i+1] == '"' {
				i++
				continue
			}
			return strings.ReplaceAll(text[1:i], `""`, `"`), text[i+1:], i > 1
		}
		return "", "", false
	}
	i := 0
	for i < len(text) {
		c := text[i]
		letter := c == '_' || c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '$' && (c < '0' || c > '9')) {
			break
		}
		i++
	}
	return asciiLower(text[:i]), text[i:], i > 0
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}
