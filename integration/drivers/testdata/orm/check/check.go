// Package check is what the programs of this module report with: they go on after
// a failure, and say "all good" at the end if there was none.
package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrGivenUp is why a program rolls its own transactions back.
var ErrGivenUp = errors.New("given up")

var failures int

// Addrs are the addresses of three nodes.
func Addrs() []string { return os.Args[1:4] }

// DSN is the connection string of a node.
func DSN(addr string) string { return "postgres://postgres@" + addr + "/postgres?sslmode=disable" }

// Context is the time that a program has.
func Context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}

// Errorf reports a failure.
func Errorf(format string, args ...any) {
	failures++
	where := ""
	for i := 1; i < 4; i++ { // the line of the check itself says little
		_, file, line, _ := runtime.Caller(i)
		where += fmt.Sprintf("%s/%s:%d ", filepath.Base(filepath.Dir(file)), filepath.Base(file), line)
	}
	fmt.Fprintf(os.Stderr, where+format+"\n", args...)
}

// NoError ends the program at an error.
func NoError(err error) {
	if err != nil {
		Errorf("%v", err)
		os.Exit(1)
	}
}

// Is reports that err is not what it should be.
func Is(err, want error, what string) {
	if !errors.Is(err, want) {
		Errorf("%s: got the error %v, want %v", what, err, want)
	}
}

// State reports that err does not have the SQLSTATE.
func State(err error, want, what string) {
	var e interface{ SQLState() string }
	got := ""
	if errors.As(err, &e) {
		got = e.SQLState()
	}
	if got != want {
		Errorf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

// Equal reports values that differ.
func Equal[V comparable](got, want V, what string) {
	if got != want {
		Errorf("%s: got %v, want %v", what, got, want)
	}
}

// Sees reports that a node does not have the rows of a query, which gives one
// text.
func Sees(ctx context.Context, addr, query, want, when string) {
	c, err := pgx.Connect(ctx, DSN(addr))
	NoError(err)
	defer c.Close(ctx)
	var got string
	if err := c.QueryRow(ctx, query).Scan(&got); err != nil || got != want {
		Errorf("%s the other node has %q (%v), want %q", when, got, err, want)
	}
}

// Elsewhere runs a statement on a node, outside of the transaction in progress.
func Elsewhere(ctx context.Context, addr, statement string) {
	c, err := pgx.Connect(ctx, DSN(addr))
	NoError(err)
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	NoError(err)
}

// Done ends the program.
func Done() {
	if failures > 0 {
		os.Exit(1)
	}
	fmt.Println("all good")
}
