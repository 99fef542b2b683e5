package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "Prints the version of the tracker, of Go, and the system that it was built for.",
		Example: "  tracker version",
		Args:    exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.stdout, a.versionText())
			return err
		},
	}
}

// versionFlag makes  tracker --version  print what  tracker version  does.
func (a *app) versionFlag(root *cobra.Command) {
	root.Version = a.versionText()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version")
}

func (a *app) versionText() string {
	return fmt.Sprintf("tracker %s (%s, %s/%s)", a.version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
