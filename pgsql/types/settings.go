package types

import (
	"strings"

	"polyreme/pgwire/pgerr"
)

// SetDateStyle applies a value of the setting DateStyle ("ISO, DMY", "german")
// to env; what the value does not name stays as it is.
func (env *Env) SetDateStyle(value string) error {
	output, order := env.DateOutput, env.DateOrder
	haveOutput, haveOrder := false, false
	conflict := false
	setOutput := func(o DateOutput) {
		conflict = conflict || haveOutput && output != o
		output, haveOutput = o, true
	}
	setOrder := func(o DateOrder) {
		conflict = conflict || haveOrder && order != o
		order, haveOrder = o, true
	}
	for word := range strings.SplitSeq(value, ",") {
		switch word = strings.ToLower(strings.TrimSpace(word)); {
		case word == "iso":
			setOutput(DateISO)
		case word == "sql":
			setOutput(DateSQL)
		case strings.HasPrefix(word, "postgres"):
			setOutput(DatePostgres)
		case word == "german":
			setOutput(DateGerman)
			if !haveOrder {
				order = OrderDMY
			}
		case word == "ymd":
			setOrder(OrderYMD)
		case word == "dmy" || strings.HasPrefix(word, "euro"):
			setOrder(OrderDMY)
		case word == "mdy" || word == "us" || strings.HasPrefix(word, "noneuro"):
			setOrder(OrderMDY)
		case word == "default":
			output, order = DateISO, OrderMDY
		default:
			return invalidSetting("DateStyle", value).WithDetail("Unrecognized key word: \"%s\".", word)
		}
	}
	if conflict {
		return invalidSetting("DateStyle", value).WithDetail("Conflicting \"datestyle\" specifications.")
	}
	env.DateOutput, env.DateOrder = output, order
	return nil
}

func invalidSetting(name, value string) *pgerr.Error {
	return pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"%s\": \"%s\"", name, value)
}

// DateStyle returns the setting DateStyle as SHOW prints it.
func (env *Env) DateStyle() string {
	return [...]string{"ISO", "SQL", "Postgres", "German"}[env.DateOutput] + ", " +
		[...]string{"MDY", "DMY", "YMD"}[env.DateOrder]
}

// SetIntervalStyle applies a value of the setting IntervalStyle to env.
func (env *Env) SetIntervalStyle(value string) error {
	switch strings.ToLower(value) {
	case "postgres":
		env.IntervalStyle = IntervalPostgres
	case "postgres_verbose":
		env.IntervalStyle = IntervalPostgresVerbose
	case "sql_standard":
		env.IntervalStyle = IntervalSQLStandard
	case "iso_8601":
		env.IntervalStyle = IntervalISO8601
	default:
		return invalidSetting("IntervalStyle", value).
			WithHint("Available values: postgres, postgres_verbose, sql_standard, iso_8601.")
	}
	return nil
}

// SetTimeZone applies a value of the setting TimeZone to env: a zone's name, a
// POSIX specification, or a number of hours east of Greenwich.
func (env *Env) SetTimeZone(value string) error {
	if f, err := parseFloat([]byte(value), 64, "double precision"); err == nil {
		const hoursMax = 168
		if f < -hoursMax || f > hoursMax {
			return invalidSetting("TimeZone", value).WithDetail("UTC timezone offset is out of range.")
		}
		env.TimeZone = FixedZone(int(f * 3600))
		return nil
	}
	loc, err := LoadZone(value)
	if err != nil {
		return invalidSetting("TimeZone", value)
	}
	env.TimeZone = loc
	return nil
}
