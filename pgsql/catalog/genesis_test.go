package catalog

import "testing"

func BenchmarkGenesis(b *testing.B) {
	for b.Loop() {
		newTestDatabase(b)
	}
}

func TestGenesis(t *testing.T) {
	newTestDatabase(t)
}
