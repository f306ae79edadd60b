package ast

// typeName prints a type with the name that format_type gives.
func (p *printer) typeName(t *TypeName) {
	p.when(t.SetOf, "SETOF ")
	if !p.systemType(t) {
		p.names(t.Names)
		p.when(t.PctType, "%TYPE")
		p.typmods(t.Typmods)
	}
	for _, b := range t.ArrayBounds {
		p.text("[")
		if b >= 0 {
			p.number(b)
		}
		p.text("]")
	}
}

// typmods prints (modifier, …).
func (p *printer) typmods(list []Expr) {
	if list != nil {
		p.keywordCall("", list)
	}
}

// systemType prints a type of pg_catalog that the language names by key words.
func (p *printer) systemType(t *TypeName) bool {
	if len(t.Names) != 2 || t.Names[0] != "pg_catalog" {
		return false
	}
	name := t.Names[1]
	switch name {
	case "timestamp", "timestamptz", "time", "timetz":
		return p.datetimeType(t)
	case "interval":
		return p.intervalType(t)
	case "bpchar", "bit":
		if t.Typmods == nil { // the key word alone means a length of one
			return false
		}
	}
	word := ""
	modified := true
	switch name {
	case "int2":
		word, modified = "smallint", false
	case "int4":
		word, modified = "integer", false
	case "int8":
		word, modified = "bigint", false
	case "float4":
		word, modified = "real", false
	case "float8":
		word, modified = "double precision", false
	case "bool":
		word, modified = "boolean", false
	case "numeric":
		word = "numeric"
	case "varchar":
		word, modified = "character varying", simpleTypmod(t)
	case "bpchar":
		word, modified = "character", simpleTypmod(t)
	case "bit":
		word = "bit"
	case "varbit":
		word = "bit varying"
	default:
		return false
	}
	if !modified && t.Typmods != nil {
		return false
	}
	p.text(word)
	p.typmods(t.Typmods)
	return true
}

// simpleTypmod tells whether the modifier is one integer, as the key words want.
func simpleTypmod(t *TypeName) bool {
	if len(t.Typmods) != 1 {
		return false
	}
	c, ok := t.Typmods[0].(*Const)
	return ok && c.Kind == ConstInt4 && c.Int >= 0
}

// datetimeType prints the types of date and time: the precision stands before
// WITH TIME ZONE.
func (p *printer) datetimeType(t *TypeName) bool {
	if t.Typmods != nil && !simpleTypmod(t) {
		return false
	}
	name, zone := t.Names[1], " without time zone"
	if n := len(name); name[n-2:] == "tz" {
		name, zone = name[:n-2], " with time zone"
	}
	p.text(name)
	p.typmods(t.Typmods)
	p.text(zone)
	return true
}

// intervalType prints interval with its fields and precision.
func (p *printer) intervalType(t *TypeName) bool {
	if t.Typmods == nil {
		p.text("interval")
		return true
	}
	mask, ok := t.Typmods[0].(*Const)
	if !ok || mask.Kind != ConstInt4 {
		return false
	}
	var fields string
	if mask.Int != IntervalFullRange {
		if fields = intervalFields(int(mask.Int)); fields == "" {
			return false
		}
		fields = " " + fields
	}
	p.text("interval", fields)
	if len(t.Typmods) > 1 {
		p.typmods(t.Typmods[1:])
	}
	return true
}

// intervalFields returns the words of an interval's mask.
func intervalFields(mask int) string {
	switch mask {
	case IntervalYear:
		return "year"
	case IntervalMonth:
		return "month"
	case IntervalDay:
		return "day"
	case IntervalHour:
		return "hour"
	case IntervalMinute:
		return "minute"
	case IntervalSecond:
		return "second"
	case IntervalYear | IntervalMonth:
		return "year to month"
	case IntervalDay | IntervalHour:
		return "day to hour"
	case IntervalDay | IntervalHour | IntervalMinute:
		return "day to minute"
	case IntervalDay | IntervalHour | IntervalMinute | IntervalSecond:
		return "day to second"
	case IntervalHour | IntervalMinute:
		return "hour to minute"
	case IntervalHour | IntervalMinute | IntervalSecond:
		return "hour to second"
	case IntervalMinute | IntervalSecond:
		return "minute to second"
	}
	return ""
}
