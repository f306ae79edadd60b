package memnet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// pair returns a connection from host a to host b and its other end.
func pair(t *testing.T, n *Network) (ours, theirs net.Conn) {
	t.Helper()
	l, err := n.Host("b").Listen(1)
	if err != nil {
		t.Fatal(err)
	}
	ours, err = n.Host("a").Dial(t.Context(), "b:1")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return ours, theirs
}

func read(t *testing.T, c net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Errorf("read %q, %v; want %q", b, err, want)
	}
}

func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New()
		a, b := pair(t, n)
		big := bytes.Repeat([]byte("0123456789"), pipeBytesMax/4) // more than a pipe holds
		go func() {
			a.Write(big)
			a.Close()
		}()
		got, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(got, big) {
			t.Errorf("%d bytes of %d arrive, %v", len(got), len(big), err)
		}
		if _, err := b.Write([]byte("x")); err == nil {
			t.Error("a write to a closed end succeeds")
		}
		b.Close()
		if n.Open() != 0 {
			t.Errorf("%d connections are open", n.Open())
		}
	})
}

func TestCutHoldsAndHealDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New()
		a, b := pair(t, n)
		n.CutOneWay("a", "b")
		a.Write([]byte("held"))
		b.Write([]byte("through"))
		read(t, a, "through")
		b.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a read over a cut link: %v", err)
		}
		b.SetReadDeadline(time.Time{})
		go func() {
			time.Sleep(time.Minute)
			n.JoinOneWay("a", "b")
		}()
		began := time.Now()
		read(t, b, "held")
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		n.Cut("a", "b")
		if _, err := n.Host("a").Dial(ctx, "b:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a dial over a cut link: %v", err)
		}
	})
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New()
		a, b := pair(t, n)
		n.SetDelay("a", "b", 30*time.Millisecond)
		began := time.Now()
		a.Write([]byte("slow"))
		read(t, b, "slow")
		if took := time.Since(began); took != 30*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

func TestResetAndCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New()
		a, b := pair(t, n)
		blocked := make(chan error)
		go func() {
			_, err := b.Read(make([]byte, 1))
			blocked <- err
		}()
		synctest.Wait()
		n.Reset("a", "b")
		if err := <-blocked; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a read during a reset: %v", err)
		}
		if _, err := a.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a write after a reset: %v", err)
		}
		a, b = pair(t, n)
		l, err := n.Host("b").Listen(2)
		if err != nil {
			t.Fatal(err)
		}
		n.Crash("b")
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a read after a crash: %v", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept after a crash: %v", err)
		}
		if _, err := n.Host("a").Dial(t.Context(), "b:2"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a dial after a crash: %v", err)
		}
		b.Close()
		if n.Open() != 0 {
			t.Errorf("%d connections are open", n.Open())
		}
	})
}

func TestDeadlineInThePastWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pair(t, New())
		done := make(chan error)
		go func() {
			_, err := a.Read(make([]byte, 1))
			done <- err
		}()
		synctest.Wait()
		a.SetReadDeadline(time.Now().Add(-time.Second))
		if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read = %v", err)
		}
	})
}
