package cli

import (
	"context"

	"github.com/spf13/cobra"

	"tracker/internal/store"
)

func (a *app) sourceRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "End the tracking of a source without jobs; history stays", Args: exactly(1, "one NAME"),
		Long: `Ends the tracking of a source whose jobs are all removed. What they did stays
and can be read as before; the source's name stays taken. To track it again, add
or apply it again: if it was paused, it still is.`,
		Example: `  tracker job remove stores-eu
  tracker source remove woosmap-prod`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.alter(cmd.Context(), "source "+args[0], "removed", func(ctx context.Context, s *store.Store, by store.Author) (bool, error) {
				return s.RemoveSource(ctx, by, args[0])
			})
		},
	}
}
