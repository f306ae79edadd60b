package parse

import "testing"

const (
	pointSelect = "SELECT abalance FROM pgbench_accounts WHERE aid = $1"
	pointSimple = "SELECT abalance FROM pgbench_accounts WHERE aid = 1234567;"
	join330     = `SELECT o.id, o.created_at, c.name AS customer, sum(l.quantity * l.price) AS total, count(*) FILTER (WHERE l.discount > 0) AS discounted ` +
		`FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN lines l ON l.order_id = o.id ` +
		`WHERE o.created_at >= now() - interval '30 days' AND c.country IN ('DE', 'FR', 'IT') ` +
		`GROUP BY o.id, c.name ORDER BY total DESC NULLS LAST LIMIT 20`
	pgbenchUpdate = "UPDATE pgbench_accounts SET abalance = abalance + -3421 WHERE aid = 998877;"
)

func benchmarkParse(b *testing.B, sql string) {
	b.ReportAllocs()
	b.SetBytes(int64(len(sql)))
	for b.Loop() {
		if _, err := Parse(sql); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParsePointSelect(b *testing.B) { benchmarkParse(b, pointSelect) }
func BenchmarkParseJoin(b *testing.B)        { benchmarkParse(b, join330) }
func BenchmarkParseUpdate(b *testing.B)      { benchmarkParse(b, pgbenchUpdate) }

func benchmarkNormalize(b *testing.B, sql string) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := Normalize(sql); !ok {
			b.Fatal("not normalised")
		}
	}
}

func BenchmarkNormalizeSelect(b *testing.B) { benchmarkNormalize(b, pointSimple) }
func BenchmarkNormalizeUpdate(b *testing.B) { benchmarkNormalize(b, pgbenchUpdate) }

func BenchmarkKeyword(b *testing.B) {
	words := []string{"select", "pgbench_accounts", "from", "where", "abalance", "current_timestamp", "aid"}
	for b.Loop() {
		for _, w := range words {
			lookupKeyword(w)
		}
	}
}
