package sqlite

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"testing"

	"polyreme/pgsql/types"
)

func render(v types.Value) string {
	switch v.Kind {
	case types.Int:
		return strconv.FormatInt(v.Int64(), 10)
	case types.Float:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 64) + "f"
	case types.Text:
		return string(v.Bytes)
	case types.Blob:
		return "x" + hex.EncodeToString(v.Bytes)
	}
	return "NULL"
}

func TestValuesRoundTrip(t *testing.T) {
	c := openTemp(t)
	mustExec(t, c, "CREATE TABLE v(id INTEGER PRIMARY KEY, x ANY) STRICT")
	values := []types.Value{
		{},
		types.IntValue(0), types.IntValue(math.MinInt64), types.IntValue(math.MaxInt64),
		types.FloatValue(1.5), types.FloatValue(math.Inf(-1)), types.FloatValue(5e-324), types.FloatValue(3),
		types.TextValue(""), types.TextValue("héllo"), types.TextValue("nul\x00inside"),
		types.TextValue(strings.Repeat("long", 100_000)),
		types.BlobValue([]byte{}), types.BlobValue([]byte{0, 1, 255}), types.BlobValue(make([]byte, 70_000)),
	}
	ins, err := c.Prepare("INSERT INTO v VALUES(?1,?2)")
	must(t, err)
	defer ins.Release()
	for i, v := range values {
		must(t, ins.BindInt64(1, int64(i)))
		must(t, ins.Bind(2, v))
		must(t, ins.Run())
	}
	for i, v := range values {
		for _, sql := range []string{"SELECT x FROM v WHERE id=?1", "SELECT +x FROM v WHERE id=?1"} {
			got, err := rows(c, sql, types.IntValue(int64(i)))
			must(t, err)
			if want := render(v); got != want {
				t.Errorf("value %d: got %.40q, want %.40q", i, got, want)
			}
		}
	}
	wantRows(t, c, "x"+strings.Repeat("00", 10), "SELECT zeroblob(10)")
	wantRows(t, c, "2f", "SELECT CAST(2 AS REAL)")
	wantRows(t, c, "12|x3132", "SELECT '12', x'3132'")
}
