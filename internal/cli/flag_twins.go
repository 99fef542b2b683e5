package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// readTwins has a command that is not serve take the twins of flags that serve
// has, too.
func (a *app) readTwins(names ...string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		twins := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
		for _, name := range names {
			twins.AddFlag(cmd.Flags().Lookup(name))
		}
		return a.fromEnvironment(twins)
	}
}

// fromEnvironment sets flags that the command line leaves out from their twins
// in the environment. An empty variable is none, but for a flag that cannot be
// empty: what bounds something would bound nothing.
func (a *app) fromEnvironment(flags *pflag.FlagSet) error {
	var wrong error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := "TRACKER_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value, given := a.getenv(name), true
		if value == "" {
			_, given = os.LookupEnv(name)
			_, bounds := flag.Value.(*filled)
			given = given && bounds
		}
		if flag.Changed || !given || wrong != nil {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			wrong = usageError{fmt.Errorf("%s: %w", name, err)}
		}
	})
	return wrong
}
