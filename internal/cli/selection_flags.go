package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// selectionFlags adds --source and --label.
func selectionFlags(cmd *cobra.Command, sel *selection) {
	cmd.Flags().StringVar(&sel.source, "source", "", "of source `NAME` only")
	cmd.Flags().StringArrayVar(&sel.pairs, "label", nil, "of jobs with the label `KEY=VALUE` only; may be repeated")
}

// stateFlag adds --state.
func stateFlag(cmd *cobra.Command, sel *selection) {
	cmd.Flags().StringArrayVar(&sel.states, "state", nil, "of jobs whose latest run is in `STATE` only: "+strings.Join(jobStates(), ", ")+"; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(jobStates(), cobra.ShellCompDirectiveNoFileComp))
}
