package harness

import (
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Ports below those that the kernel gives to clients (ip_local_port_range).
const portMin, portMax = 20000, 32000

// freeAddr returns an address that no other test of this machine is given before this
// one has ended. A port that was free a moment ago is not enough: tests of several
// packages run at once, and their clients take ports, too.
func freeAddr(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(os.TempDir(), "polyreme-test-ports")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		port := portMin + rand.IntN(portMax-portMin)
		f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(port)), os.O_CREATE|os.O_RDWR, 0o666)
		if err != nil {
			t.Fatal(err)
		}
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && listens(addr) {
			t.Cleanup(func() { f.Close() })
			return addr
		}
		f.Close()
	}
	t.Fatal("no free port")
	return ""
}

// listens tells whether one can listen on an address now.
func listens(addr string) bool {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	return l.Close() == nil
}
