// Command tracker keeps the history of imports that other services run.
package main

import (
	"os"

	"tracker/internal/cli"
)

// version is set when the binary is built.
var version = "dev"

func main() {
	os.Exit(cli.Main(version))
}
