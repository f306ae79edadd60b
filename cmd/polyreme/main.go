// Command polyreme is the Polyreme server and its administration tool.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// command is one sub-command.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, out io.Writer) error
}

func commands() []command {
	return []command{
		{"start", "run a node", runStart},
		{"demo", "run a cluster on this machine to try things out", runDemo},
		{"cluster", "show and change the members of a cluster", runCluster},
		{"version", "print the version", runVersion},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "polyreme: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || isHelp(args[0]) {
		usage(out)
		if len(args) == 0 {
			return errors.New("no command given")
		}
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			err := c.run(ctx, args[1:], out)
			if errors.Is(err, flag.ErrHelp) {
				return nil
			}
			return err
		}
	}
	return fmt.Errorf("unknown command %q: see polyreme --help", args[0])
}

func isHelp(arg string) bool {
	return arg == "help" || arg == "--help" || arg == "-h" || arg == "-help"
}

func usage(out io.Writer) {
	fmt.Fprintln(out, "Polyreme is a replicated database that speaks the PostgreSQL protocol.\n\nUsage:")
	for _, c := range commands() {
		fmt.Fprintf(out, "  polyreme %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprintln(out, "\nExample:\n  polyreme demo                      # three nodes; then: psql -h 127.0.0.1 -p 5432\n\nEach command explains itself with --help.")
}

// newFlags returns a flag set that explains itself with the usage text.
func newFlags(name, text string, out io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {
		flags.SetOutput(out)
		fmt.Fprintln(out, text)
		fmt.Fprintln(out, "\nFlags:")
		flags.PrintDefaults()
		flags.SetOutput(io.Discard)
	}
	return flags
}

// parse parses the flags, of which nothing may be left over.
func parse(flags *flag.FlagSet, args []string) error {
	help := flags.Usage
	flags.Usage = func() {} // a wrong flag is answered by one line
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			help()
			return err
		}
		return fmt.Errorf("%w: see polyreme %s --help", err, flags.Name())
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see polyreme %s --help", flags.Arg(0), flags.Name())
	}
	return nil
}
