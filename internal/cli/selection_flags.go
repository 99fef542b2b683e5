package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/tracking"
)

// selectionFlags adds --source and --label.
func selectionFlags(cmd *cobra.Command, sel *tracking.Selection) {
	cmd.Flags().StringVar(&sel.Source, "source", "", "of source `NAME` only")
	cmd.Flags().StringArrayVar(&sel.Pairs, "label", nil, "of jobs with the label `KEY=VALUE` only; may be repeated")
}

// stateFlag adds --state.
func stateFlag(cmd *cobra.Command, sel *tracking.Selection) {
	cmd.Flags().StringArrayVar(&sel.States, "state", nil, "of jobs whose latest run is in `STATE` only: "+strings.Join(tracking.JobStates(), ", ")+"; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(tracking.JobStates(), cobra.ShellCompDirectiveNoFileComp))
}
