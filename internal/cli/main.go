package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Main runs the command line of this process and gives its exit code. The
// version is that of the program.
func Main(version string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:], surroundings{version, os.Getenv, os.Stdin, os.Stdout, os.Stderr, completeTimeout})
	return report(os.Stderr, err)
}
