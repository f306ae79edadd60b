package builtin

import (
	"strconv"
	"strings"

	"polyreme/pgsql/types"
)

// Expand fills a template (see the package doc) with the SQL and the types of
// the arguments and the type of the result.
func Expand(template string, args []string, argTypes []types.OID, result types.OID) string {
	if plain, collated, ok := strings.Cut(template, "~~"); ok {
		template = plain
		if len(argTypes) > 0 && types.Collation(types.ElemOf(argTypes[0])) != "" {
			template = collated
		}
	}
	var b strings.Builder
	b.Grow(len(template) + 16*len(args))
	for i := 0; i < len(template); i++ {
		c := template[i]
		if (c != '$' && c != '@') || i+1 == len(template) {
			b.WriteByte(c)
			continue
		}
		i++
		d := template[i]
		switch {
		case d == '*':
			expandAll(&b, c == '@', args, argTypes)
		case c == '@' && d == '0':
			b.WriteString(strconv.FormatUint(uint64(result), 10))
		case c == '@' && d >= '1' && d <= '9' && int(d-'1') < len(argTypes):
			b.WriteString(strconv.FormatInt(int64(int32(argTypes[d-'1'])), 10))
		case c == '$' && d >= '1' && d <= '9' && int(d-'1') < len(args):
			b.WriteString(args[d-'1'])
		default:
			b.WriteByte(c)
			b.WriteByte(d)
		}
	}
	return b.String()
}

func expandAll(b *strings.Builder, typed bool, args []string, argTypes []types.OID) {
	for i, a := range args {
		if i > 0 {
			b.WriteByte(',')
		}
		if typed {
			b.WriteString(strconv.FormatInt(int64(int32(argTypes[i])), 10))
			b.WriteByte(',')
		}
		b.WriteString(a)
	}
}

// callTemplate returns "name($1,$2,...)" for n arguments.
func callTemplate(name string, n int) string {
	var b strings.Builder
	b.WriteString(name)
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteByte(byte('1' + i))
	}
	b.WriteByte(')')
	return b.String()
}
