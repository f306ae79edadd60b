package settings

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func lower(s string) string { return strings.ToLower(s) }

// changeable tells why SET cannot change the parameter, if so.
func (p *Parameter) changeable() error {
	switch p.Context {
	case Internal:
		return pgerr.New("55P02", "parameter %q cannot be changed", p.Name)
	case Server:
		return pgerr.New("55P02", "parameter %q cannot be changed without restarting the server", p.Name)
	}
	return nil
}

// canonical validates a value and returns the form in which it is kept:
// numbers in the parameter's unit, on/off, lower-case enum values.
func (p *Parameter) canonical(value string) (string, error) {
	switch p.Kind {
	case Bool:
		b, ok := parseBool(value)
		if !ok {
			return "", pgerr.New(pgerr.InvalidParameterValue, "parameter %q requires a Boolean value", p.Name)
		}
		if b {
			return "on", nil
		}
		return "off", nil
	case Integer, Real:
		return p.canonicalNumber(value)
	case Enum:
		for _, v := range p.Values {
			if strings.EqualFold(v, value) {
				return v, nil
			}
		}
		if b, ok := parseBool(value); ok {
			word := map[bool]string{true: "on", false: "off"}[b]
			for _, v := range p.Values {
				if v == word {
					return v, nil
				}
			}
		}
		return "", p.invalid(value).WithHint("Available values: %s.", strings.Join(p.Values, ", "))
	}
	if p.check == nil {
		return value, nil
	}
	canonical, err := p.check(value)
	if err != nil {
		if e, ok := err.(*pgerr.Error); ok && e.Message == "" {
			e.Message = p.invalid(value).Message
		}
		return "", err
	}
	return canonical, nil
}

func (p *Parameter) invalid(value string) *pgerr.Error {
	return pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter %q: %q", p.Name, value)
}

// unitFactors gives the size of each unit in the base unit of its family.
var unitFactors = map[string]float64{
	"us": 0.001, "ms": 1, "s": 1000, "min": 60000, "h": 3600000, "d": 86400000,
	"B": 1.0 / 1024, "kB": 1, "8kB": 8, "MB": 1024, "GB": 1024 * 1024, "TB": 1024 * 1024 * 1024,
}

func (p *Parameter) isTime() bool { return p.Unit == "ms" || p.Unit == "s" || p.Unit == "min" }

func (p *Parameter) canonicalNumber(value string) (string, error) {
	trimmed := strings.TrimSpace(value)
	end := len(trimmed)
	for end > 0 && (trimmed[end-1] >= 'a' && trimmed[end-1] <= 'z' || trimmed[end-1] >= 'A' && trimmed[end-1] <= 'Z') {
		end--
	}
	digits, unit := strings.TrimSpace(trimmed[:end]), trimmed[end:]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(n) {
		return "", p.invalid(value)
	}
	if unit != "" {
		factor, ok := unitFactors[unit]
		timeUnit := unit == "us" || unit == "ms" || unit == "s" || unit == "min" || unit == "h" || unit == "d"
		if p.Unit == "" || !ok || timeUnit != p.isTime() {
			e := p.invalid(value)
			switch {
			case p.Unit == "":
			case p.isTime():
				e.Hint = `Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`
			default:
				e.Hint = `Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".`
			}
			return "", e
		}
		n = n * factor / unitFactors[p.Unit]
	}
	if p.Kind == Integer {
		n = math.RoundToEven(n)
	}
	if n < p.Min || n > p.Max {
		suffix := ""
		if p.Unit != "" {
			suffix = " " + p.Unit
		}
		format := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
		if p.Kind == Integer {
			format = func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
		}
		return "", pgerr.New(pgerr.InvalidParameterValue, "%s%s is outside the valid range for parameter %q (%s .. %s)",
			format(n), suffix, p.Name, format(p.Min), format(p.Max))
	}
	if p.Kind == Integer {
		return strconv.FormatInt(int64(n), 10), nil
	}
	return strconv.FormatFloat(n, 'g', -1, 64), nil
}

// display gives a kept value as SHOW prints it: numbers with the largest unit
// in which they are whole.
func (p *Parameter) display(value string) string {
	if p.Kind != Integer || p.Unit == "" {
		return value
	}
	n := integer(value)
	if n <= 0 {
		return value
	}
	units := []string{"TB", "GB", "MB", "kB"}
	if p.isTime() {
		units = []string{"d", "h", "min", "s", "ms"}
	}
	base := int64(unitFactors[p.Unit])
	for _, u := range units {
		if f := int64(unitFactors[u]); n*base%f == 0 {
			return strconv.FormatInt(n*base/f, 10) + u
		}
	}
	return value + p.Unit
}

// parseBool reads a boolean as SET does: any unique prefix of true, false,
// yes, no, on, off, and 1, 0.
func parseBool(s string) (value, ok bool) {
	s = lower(s)
	prefix := func(word string, least int) bool {
		return len(s) >= least && strings.HasPrefix(word, s)
	}
	switch {
	case s == "1", prefix("true", 1), prefix("yes", 1), prefix("on", 2):
		return true, true
	case s == "0", prefix("false", 1), prefix("no", 1), prefix("off", 2):
		return false, true
	}
	return false, false
}

func integer(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func duration(s string) time.Duration {
	d, _ := time.ParseDuration(s)
	return d
}

// checkDuration takes PostgreSQL's spelling ("500", "10s", "1 min") and keeps
// Go's.
func checkDuration(value string) (string, error) {
	p := Parameter{Name: "", Kind: Integer, Unit: "ms", Max: maxInt}
	n, err := p.canonicalNumber(value)
	if err != nil {
		return "", &pgerr.Error{Code: pgerr.InvalidParameterValue, Hint: pgerr.From(err).Hint}
	}
	return (time.Duration(integer(n)) * time.Millisecond).String(), nil
}

func checkEmpty(value string) (string, error) {
	if value != "" {
		return "", pgerr.Unsupported("tablespaces are not supported")
	}
	return "", nil
}

func checkLocale(value string) (string, error) {
	switch value {
	case "", "C", "POSIX", "C.UTF-8", "en_US.UTF-8", "en_US.utf8":
		return value, nil
	}
	return "", &pgerr.Error{Code: pgerr.InvalidParameterValue}
}

// checkApplicationName replaces what is not printable ASCII and cuts at
// PostgreSQL's identifier length.
func checkApplicationName(value string) (string, error) {
	b := []byte(value)
	for i, c := range b {
		if c < 32 || c > 126 {
			b[i] = '?'
		}
	}
	if len(b) > 63 {
		b = b[:63]
	}
	return string(b), nil
}

func checkClientEncoding(value string) (string, error) {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == ' ' || r == '\'' || r == '"' {
			return -1
		}
		return r
	}, lower(value))
	switch name {
	case "utf8", "unicode":
		return "UTF8", nil
	case "sqlascii":
		return "SQL_ASCII", nil
	}
	e := pgerr.Unsupported("client encoding %q is not supported", value)
	e.Hint = "Use UTF8."
	return "", e
}

var dateOutputs = map[string]types.DateOutput{"iso": types.DateISO, "sql": types.DateSQL, "postgres": types.DatePostgres, "german": types.DateGerman}

var dateOutputNames = map[types.DateOutput]string{types.DateISO: "ISO", types.DateSQL: "SQL", types.DatePostgres: "Postgres", types.DateGerman: "German"}

var dateOrders = map[string]types.DateOrder{
	"mdy": types.OrderMDY, "us": types.OrderMDY, "noneuro": types.OrderMDY, "noneuropean": types.OrderMDY,
	"dmy": types.OrderDMY, "euro": types.OrderDMY, "european": types.OrderDMY, "ymd": types.OrderYMD,
}

var dateOrderNames = map[types.DateOrder]string{types.OrderMDY: "MDY", types.OrderDMY: "DMY", types.OrderYMD: "YMD"}

// checkDateStyle keeps "<output>, <order>".
func checkDateStyle(value string) (string, error) {
	output, order := types.DateISO, types.OrderMDY
	for _, word := range splitIdentifiers(lower(value)) {
		if o, ok := dateOutputs[word]; ok {
			output = o
			if o == types.DateGerman {
				order = types.OrderDMY
			}
		} else if o, ok := dateOrders[word]; ok {
			order = o
		} else if word != "default" {
			e := &pgerr.Error{Code: pgerr.InvalidParameterValue}
			e.Detail = "Unrecognized key word: \"" + word + "\"."
			return "", e
		}
	}
	return dateOutputNames[output] + ", " + dateOrderNames[order], nil
}

func dateStyle(value string) (types.DateOutput, types.DateOrder) {
	output, order, _ := strings.Cut(lower(value), ", ")
	return dateOutputs[output], dateOrders[order]
}

var intervalStyles = map[string]types.IntervalStyle{
	"postgres": types.IntervalPostgres, "postgres_verbose": types.IntervalPostgresVerbose,
	"sql_standard": types.IntervalSQLStandard, "iso_8601": types.IntervalISO8601,
}

func checkSearchPath(value string) (string, error) {
	if !utf8.ValidString(value) {
		return "", &pgerr.Error{Code: pgerr.InvalidParameterValue}
	}
	return value, nil
}

// checkTimeZone takes a zone's name, hours east of Greenwich as a number, or
// INTERVAL 'offset', as SET TIME ZONE has them all.
func checkTimeZone(value string) (string, error) {
	if text, ok := intervalLiteral(value); ok {
		return zoneOfInterval(text)
	}
	if hours, err := strconv.ParseFloat(value, 64); err == nil {
		return zoneOfSeconds(hours * 3600)
	}
	zone, err := types.LoadZone(value)
	if err != nil {
		return "", &pgerr.Error{Code: pgerr.InvalidParameterValue}
	}
	return zone.String(), nil
}

// intervalLiteral returns the text between the quotes of INTERVAL '…'.
func intervalLiteral(value string) (string, bool) {
	const word = "interval"
	value = strings.TrimSpace(value)
	if len(value) < len(word) || !strings.EqualFold(value[:len(word)], word) {
		return "", false
	}
	text := strings.TrimSpace(value[len(word):])
	if len(text) < 2 || text[0] != '\'' || text[len(text)-1] != '\'' {
		return "", false
	}
	return text[1 : len(text)-1], true
}

func zoneOfInterval(text string) (string, error) {
	v, err := types.ParseText(types.IntervalOID, -1, []byte(text), types.DefaultEnv())
	if err != nil {
		return "", err
	}
	i := types.IntervalOf(v)
	refused := &pgerr.Error{Code: pgerr.InvalidParameterValue}
	switch {
	case i.Months != 0:
		return "", refused.WithDetail("Cannot specify months in time zone interval.")
	case i.Days != 0:
		return "", refused.WithDetail("Cannot specify days in time zone interval.")
	}
	return zoneOfSeconds(float64(i.Micros) / 1e6)
}

func zoneOfSeconds(seconds float64) (string, error) {
	const most = 168 * 3600 // as the time zone library has it
	if math.IsNaN(seconds) || math.Abs(seconds) > most {
		e := &pgerr.Error{Code: pgerr.InvalidParameterValue}
		return "", e.WithDetail("UTC timezone offset is out of range.")
	}
	return types.FixedZone(int(seconds)).String(), nil
}

func zoneOrUTC(name string) *time.Location {
	zone, err := types.LoadZone(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// splitIdentifiers splits a list such as search_path's: names folded to lower
// case unless quoted, separated by commas.
func splitIdentifiers(list string) []string {
	var names []string
	for i := 0; i < len(list); {
		switch c := list[i]; {
		case c == ' ' || c == ',' || c == '\t' || c == '\n':
			i++
		case c == '"':
			var name strings.Builder
			for i++; i < len(list); i++ {
				if list[i] == '"' {
					if i+1 >= len(list) || list[i+1] != '"' {
						break
					}
					i++
				}
				name.WriteByte(list[i])
			}
			i++
			names = append(names, name.String())
		default:
			start := i
			for i < len(list) && list[i] != ',' {
				i++
			}
			names = append(names, lower(strings.TrimSpace(list[start:i])))
		}
	}
	return names
}
