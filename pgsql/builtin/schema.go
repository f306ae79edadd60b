package builtin

import (
	"strconv"
	"strings"
	"time"

	"polyreme/pgsql/types"
)

// registerSchema implements the helpers of information_schema and a few others
// that only system views call.
func registerSchema(r *registry) {
	r.native("(CASE WHEN $2 = -1 THEN NULL WHEN $1 IN (1042,1043) THEN $2 - 4 WHEN $1 IN (1560,1562) THEN $2 END)", "_pg_char_max_length(oid,int4)")
	r.native("(CASE WHEN $1 IN (25,1042,1043) THEN CASE WHEN $2 = -1 THEN 1073741824 ELSE ($2 - 4) * 4 END END)", "_pg_char_octet_length(oid,int4)")
	r.native("(CASE $1 WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 1700 THEN CASE WHEN $2 = -1 THEN NULL ELSE (($2 - 4) >> 16) & 65535 END WHEN 700 THEN 24 WHEN 701 THEN 53 END)",
		"_pg_numeric_precision(oid,int4)")
	r.native("(CASE WHEN $1 IN (21,23,20,700,701) THEN 2 + 0 * $2 WHEN $1 = 1700 THEN 10 + 0 * $2 END)", "_pg_numeric_precision_radix(oid,int4)")
	r.native("(CASE WHEN $1 IN (21,23,20) THEN 0 * $2 WHEN $1 = 1700 THEN CASE WHEN $2 = -1 THEN NULL ELSE ($2 - 4) & 65535 END END)",
		"_pg_numeric_scale(oid,int4)")
	r.native("(CASE WHEN $1 = 1082 THEN 0 * $2 WHEN $1 IN (1083,1114,1184,1266) THEN CASE WHEN $2 < 0 THEN 6 ELSE $2 END WHEN $1 = 1186 THEN CASE WHEN $2 < 0 OR ($2 & 65535) = 65535 THEN 6 ELSE $2 & 65535 END END)",
		"_pg_datetime_precision(oid,int4)")
	r.scalar("_pg_interval_type(oid,int4)", intervalType)
	r.scalar("nameconcatoid", func(_ *Env, a []types.Value) (types.Value, error) {
		suffix := "_" + strconv.FormatInt(a[1].Int64(), 10)
		name := string(a[0].Bytes)
		return types.TextValue(name[:min(len(name), nameBytesMax-len(suffix))] + suffix), nil
	})
	r.scalar("oidvectortypes", func(e *Env, a []types.Value) (types.Value, error) {
		var names []string
		elems := types.ReadArray(a[0].Bytes)
		for elems.Next() {
			names = append(names, e.formatType(types.OID(elems.Elem.Int64())))
		}
		return types.TextValue(strings.Join(names, ", ")), elems.Err()
	})
	r.scalar("pg_get_function_arg_default", func(e *Env, a []types.Value) (types.Value, error) {
		f := FunctionByOID(types.OID(a[0].Int64()))
		if f == nil {
			return e.definition("function_arg_default", uint32(a[0].Int64()), int(a[1].Int64()), false), nil
		}
		n := int(a[1].Int64()) - 1 - (len(f.Args) - len(f.Defaults))
		if n < 0 || n >= len(f.Defaults) {
			return types.Value{}, nil
		}
		return types.TextValue(f.Defaults[n]), nil
	})
	r.native("$1", "pg_relation_filenode")
	r.native("($1 & 4294967295)", "xid8toxid")
	r.native("(CASE WHEN $1 IS NOT NULL THEN '' END)", "pg_tablespace_location")
	r.native("(CASE WHEN $1 IS NULL THEN NULL END)", "pg_column_compression", "pg_partition_root")
	r.native("min($1)", "min(xid8)")
	r.native("max($1)", "max(xid8)")
	r.scalar("xid8cmp", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.IntValue(int64(compareInt(a[0].Int64(), a[1].Int64()))), nil
	})
	registerLarger(r, "xid8_larger", "xid8_smaller", types.Xid8OID)
	r.scalar("booland_statefunc", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.BoolValue(a[0].Bool() && a[1].Bool()), nil
	})
	r.scalar("boolor_statefunc", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.BoolValue(a[0].Bool() || a[1].Bool()), nil
	})
	none := func(*Env, []types.Value) (Rows, error) { return &valueRows{}, nil }
	r.set("pg_partition_ancestors", "$1", []string{"value"}, none)
	r.set("pg_partition_tree", "$1", []string{"relid", "parentrelid", "isleaf", "level"}, none)
	r.set("pg_prepared_xact", "", []string{"transaction", "gid", "prepared", "ownerid", "dbid"}, none)
	registerZoneTables(r)
}

// nameBytesMax is NAMEDATALEN - 1.
const nameBytesMax = 63

func (e *Env) formatType(oid types.OID) string {
	if types.ByOID(oid) == nil && e.Catalog != nil {
		if name, ok := e.Catalog.FormatType(oid, -1); ok {
			return name
		}
	}
	return types.FormatType(oid, types.TypmodUnknown)
}

// intervalType is the fields of an interval's typmod, such as DAY TO SECOND.
func intervalType(_ *Env, a []types.Value) (types.Value, error) {
	if types.OID(a[0].Int64()) != types.IntervalOID {
		return types.Value{}, nil
	}
	name := types.FormatType(types.IntervalOID, int32(a[1].Int64()))
	name = strings.TrimLeft(strings.TrimPrefix(name, "interval"), "()0123456789")
	if !strings.HasPrefix(name, " ") {
		return types.Value{}, nil
	}
	return types.TextValue(strings.ToUpper(name[1:])), nil
}

func registerZoneTables(r *registry) {
	r.set("pg_timezone_abbrevs", "", []string{"abbrev", "utc_offset", "is_dst"}, func(*Env, []types.Value) (Rows, error) {
		rows := &tableRows{}
		types.AllZoneAbbrevs(func(name string, offset int, dst bool) bool {
			rows.rows = append(rows.rows, []types.Value{types.TextValue(name), secondsInterval(offset), types.BoolValue(dst)})
			return true
		})
		return rows, nil
	})
	r.set("pg_timezone_names", "", []string{"name", "abbrev", "utc_offset", "is_dst"}, func(e *Env, _ []types.Value) (Rows, error) {
		rows := &tableRows{}
		for _, name := range types.ZoneNames() {
			loc, err := types.LoadZone(name)
			if err != nil {
				continue
			}
			abbrev, offset, dst := zoneAt(loc, e.Types.TransactionTime)
			rows.rows = append(rows.rows, []types.Value{types.TextValue(name), types.TextValue(abbrev), offset, types.BoolValue(dst)})
		}
		return rows, nil
	})
}

func secondsInterval(seconds int) types.Value {
	return types.Interval{Micros: int64(seconds) * 1000000}.Value()
}

// postgresEpoch is 2000-01-01 in seconds since 1970.
const postgresEpoch = 946684800

// zoneAt describes a zone at a moment.
func zoneAt(loc *time.Location, micros int64) (abbrev string, offset types.Value, dst bool) {
	t := time.Unix(postgresEpoch+micros/1000000, 0).In(loc)
	name, seconds := t.Zone()
	return name, secondsInterval(seconds), t.IsDST()
}

// tableRows yields prepared rows.
type tableRows struct {
	rows [][]types.Value
	next int
}

// Next implements Rows.
func (r *tableRows) Next() ([]types.Value, error) {
	if r.next == len(r.rows) {
		return nil, nil
	}
	r.next++
	return r.rows[r.next-1], nil
}
