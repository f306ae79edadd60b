package cluster

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"polyreme/internal/memnet"
	"polyreme/pgwire/pgerr"
)

func TestPreface(t *testing.T) {
	if k, err := readPreface(bytes.NewReader(preface(kindCalls))); k != kindCalls || err != nil {
		t.Errorf("preface = %c, %v", k, err)
	}
	for _, s := range []string{"", "PR", "GET / HTTP/1.1\r\n", "PR\x02R", "\x00\x00\x00\x00"} {
		if _, err := readPreface(strings.NewReader(s)); err == nil {
			t.Errorf("%q is taken for a preface", s)
		}
	}
}

func FuzzFrame(f *testing.F) {
	f.Add(appendFrame(nil, frameCall, 3, 9, []byte("payload")))
	f.Add(appendFrame(nil, frameError, 0, 1, encodeFault(pgerr.New(pgerr.QueryCanceled, "x"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for {
			g, err := readFrame(r)
			if err != nil {
				return
			}
			if g.kind == frameError && decodeFault(g.payload) == nil {
				t.Fatal("a fault without an error")
			}
			again, err := readFrame(bytes.NewReader(appendFrame(nil, g.kind, g.method, g.id, g.payload)))
			if err != nil || again.kind != g.kind || again.method != g.method || again.id != g.id || !bytes.Equal(again.payload, g.payload) {
				t.Fatalf("%+v is read as %+v, %v", g, again, err)
			}
		}
	})
}

func FuzzOutcomes(f *testing.F) {
	ps := []*proposal{newProposal(nil), newProposal(nil), newProposal(nil)}
	ps[0].out = outcome{index: 5}
	ps[0].out.result.Status = 1
	ps[1].out.err = errUnclear
	ps[2].out.err = errNotLeader
	f.Add(encodeOutcomes(ps), 3)
	f.Fuzz(func(t *testing.T, b []byte, count int) {
		if count < 0 || count > 1024 {
			return
		}
		if outs, err := decodeOutcomes(b, count); err == nil && len(outs) != count {
			t.Fatal("wrong count")
		}
	})
}

func TestFaults(t *testing.T) {
	for _, err := range []error{errNotLeader, errClosing, errMethod} {
		if got := decodeFault(encodeFault(err)); !errors.Is(got, err) {
			t.Errorf("%v arrives as %v", err, got)
		}
	}
	sent := pgerr.New(pgerr.ObjectInUse, "busy").WithHint("wait")
	var got *pgerr.Error
	if !errors.As(decodeFault(encodeFault(sent)), &got) || *got != *sent {
		t.Errorf("%v arrives as %v", sent, got)
	}
}

// TestStrangers: what is not a peer is disconnected, and costs nobody anything.
func TestStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 1)
		defer c.close()
		host := c.net.Host("stranger")
		dial := func(send string) net.Conn {
			conn, err := host.Dial(t.Context(), c.addr(0))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write([]byte(send)); err != nil {
				t.Fatal(err)
			}
			return conn
		}
		for _, s := range []string{"", "P", "GET / HTTP/1.1\r\n\r\n", "PR\x01X", "PR\x01C\xff\xff\xff\xff..........", "PR\x01R\x99"} {
			conn := dial(s)
			began := time.Now()
			if _, err := conn.Read(make([]byte, 1)); err == nil {
				t.Errorf("%q is answered", s)
			}
			if took := time.Since(began); took > 2*prefaceTimeout {
				t.Errorf("%q is kept for %v", s, took)
			}
			conn.Close()
		}
		c.write(0, "still here")
	})
}

func TestCallTimesOutAndRedials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		g := newGroup()
		defer g.close()
		l, err := network.Host("b").Listen(1)
		if err != nil {
			t.Fatal(err)
		}
		server := newCalls(g, kindCalls, nil)
		m := newMux(l, "b:1", g, nil, discard())
		m.services[kindCalls] = server
		defer m.Close()
		server.handle(1, func(_ context.Context, b []byte) ([]byte, error) { return b, nil })
		g.start(m.serve)
		client := newCalls(g, kindCalls, network.Host("a").Dial)
		call := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			got, err := client.call(ctx, "b:1", 1, []byte("x"))
			if err == nil && string(got) != "x" {
				t.Errorf("reply %q", got)
			}
			return err
		}
		if err := call(); err != nil {
			t.Fatal(err)
		}
		network.CutOneWay("b", "a")
		if err := call(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call without a reply: %v", err)
		}
		if err := call(); err == nil {
			t.Error("a call over a cut link is answered")
		}
		network.Heal()
		if err := call(); err != nil {
			t.Errorf("a call after the link has healed: %v", err)
		}
		network.Reset("a", "b")
		time.Sleep(time.Millisecond)
		if err := call(); err != nil {
			t.Errorf("a call after a reset: %v", err)
		}
	})
}
