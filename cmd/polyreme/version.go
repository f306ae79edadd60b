package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"polyreme/node"
	"polyreme/pgsql/settings"
)

func runVersion(_ context.Context, args []string, out io.Writer) error {
	flags := newFlags("version", "Print the version of this program.\n\nExample:\n  polyreme version", out)
	if err := parse(flags, args); err != nil {
		return err
	}
	revision := node.Revision()
	if revision == "" {
		revision = "unknown revision"
	}
	fmt.Fprintf(out, "polyreme %s (%s, PostgreSQL %s, %s %s/%s)\n",
		node.Version, revision, settings.ServerVersion, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
