package raftlog

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"strings"

	"github.com/hashicorp/go-hclog"
)

// HCLog returns an hclog.Logger, the one that raft and raft-wal want, which
// writes to l. Their Info is our Debug: elections and replication details are
// for developers; what operators care about is logged by our own rooms.
func HCLog(l *slog.Logger, name string) hclog.Logger {
	return &hclogAdapter{log: l.With("component", name), root: l, name: name}
}

type hclogAdapter struct {
	log  *slog.Logger // root with the component and the implied arguments
	root *slog.Logger
	name string
	args []any
}

func slogLevel(level hclog.Level) slog.Level {
	switch level {
	case hclog.Error:
		return slog.LevelError
	case hclog.Warn:
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

func (a *hclogAdapter) Log(level hclog.Level, msg string, args ...any) {
	if level == hclog.Off {
		return
	}
	l := slogLevel(level)
	if closing(args) {
		l = slog.LevelDebug
	}
	if a.log.Enabled(context.Background(), l) {
		a.log.Log(context.Background(), l, msg, args...)
	}
}

// closing tells that a message is about a connection that this node has closed
// itself.
func closing(args []any) bool {
	for _, arg := range args {
		if err, ok := arg.(error); ok && errors.Is(err, net.ErrClosed) {
			return true
		}
	}
	return false
}

func (a *hclogAdapter) Trace(msg string, args ...any) {}
func (a *hclogAdapter) Debug(msg string, args ...any) { a.Log(hclog.Debug, msg, args...) }
func (a *hclogAdapter) Info(msg string, args ...any)  { a.Log(hclog.Info, msg, args...) }
func (a *hclogAdapter) Warn(msg string, args ...any)  { a.Log(hclog.Warn, msg, args...) }
func (a *hclogAdapter) Error(msg string, args ...any) { a.Log(hclog.Error, msg, args...) }

func (a *hclogAdapter) enabled(l slog.Level) bool {
	return a.log.Enabled(context.Background(), l)
}

func (a *hclogAdapter) IsTrace() bool { return false }
func (a *hclogAdapter) IsDebug() bool { return a.enabled(slog.LevelDebug) }
func (a *hclogAdapter) IsInfo() bool  { return a.enabled(slog.LevelDebug) }
func (a *hclogAdapter) IsWarn() bool  { return a.enabled(slog.LevelWarn) }
func (a *hclogAdapter) IsError() bool { return a.enabled(slog.LevelError) }

func (a *hclogAdapter) ImpliedArgs() []any { return a.args }
func (a *hclogAdapter) Name() string       { return a.name }

func (a *hclogAdapter) With(args ...any) hclog.Logger {
	c := *a
	c.args = append(append([]any(nil), a.args...), args...)
	c.log = a.log.With(args...)
	return &c
}

func (a *hclogAdapter) Named(name string) hclog.Logger {
	return a.ResetNamed(strings.TrimPrefix(a.name+"."+name, "."))
}

func (a *hclogAdapter) ResetNamed(name string) hclog.Logger {
	c := &hclogAdapter{log: a.root.With("component", name), root: a.root, name: name}
	return c.With(a.args...)
}

func (a *hclogAdapter) SetLevel(hclog.Level)  {}
func (a *hclogAdapter) GetLevel() hclog.Level { return hclog.Debug }
func (a *hclogAdapter) StandardLogger(*hclog.StandardLoggerOptions) *log.Logger {
	return slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)
}

func (a *hclogAdapter) StandardWriter(*hclog.StandardLoggerOptions) io.Writer {
	return a.StandardLogger(nil).Writer()
}
