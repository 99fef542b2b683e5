package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// The groups of commands in the help of the program.
const (
	groupTrack = "track"
	groupRead  = "read"
	groupKeep  = "keep"
)

// helpWidth is how wide the help is at most.
const helpWidth = 80

// environmentHelp tells of the environment. The manual has it, too.
const environmentHelp = `  DATABASE_URL       Postgres to use. Without it the tracker runs one of its
                     own, which each command migrates by itself
  DATABASE_URL_FILE  a file that holds that URL
  TRACKER_DATA_DIR   where the tracker's own Postgres keeps its data
  TRACKER_PG_BIN     directory of the initdb and postgres that it runs
  TRACKER_ACTOR      who changes what is registered (default: the OS user)
  HTTPS_PROXY        requests to upstream services go through it
  NO_COLOR           set to anything: no colours`

// exitHelp tells of the exit codes. The manual has it, too.
const exitHelp = `  0  done
  1  failed
  2  wrong use: a command, flag or name that there is not, a value or a file
     that cannot be right
  3, 4  see  tracker wait --help
  5  nobody will poll: see  tracker wait --help  and  tracker log --help`

// usageTemplate is cobra's own with lines of at most 80 columns.
const usageTemplate = `Usage:{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND{{else}}
  {{.UseLine}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}{{$all := .Commands}}{{range $group := .Groups}}

{{.Title}}{{range $all}}{{if eq .GroupID $group.ID}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if not .Groups}}

Commands:{{range $all}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Global flags:
{{.InheritedFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}{{end}}{{if not .HasParent}}

Environment:
` + environmentHelp + `

Exit codes:
` + exitHelp + `{{end}}{{if .HasAvailableSubCommands}}

See  {{.CommandPath}} COMMAND --help  for what a command does.{{end}}
`

// helps gives the program its help: in groups, on 80 columns.
func helps(root *cobra.Command) {
	root.SetUsageTemplate(usageTemplate)
	root.AddGroup(
		&cobra.Group{ID: groupTrack, Title: "Track imports:"},
		&cobra.Group{ID: groupRead, Title: "Read their history:"},
		&cobra.Group{ID: groupKeep, Title: "Look after the tracker:"},
	)
	root.SetHelpCommand(helpCommand())
	root.SetHelpCommandGroupID(groupKeep)
	root.SetCompletionCommandGroupID(groupKeep)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	groups := map[string]string{
		"apply": groupTrack, "job": groupTrack, "provider": groupTrack, "serve": groupTrack, "source": groupTrack, "sync": groupTrack,
		"changes": groupRead, "history": groupRead, "log": groupRead, "report": groupRead, "snapshot": groupRead, "wait": groupRead, "watch": groupRead,
	}
	for _, cmd := range root.Commands() {
		cmd.GroupID = groupKeep
		if group, found := groups[cmd.Name()]; found {
			cmd.GroupID = group
		}
		if cmd.Name() == "completion" {
			cmd.Short, cmd.Args, cmd.RunE = "Print a script that completes commands, jobs and sources", noneBut, runNone
			cmd.Long = "Prints a script that makes a shell complete commands, flags, and the names of\njobs and sources. The help of each shell's command tells where to put it."
			cmd.Example = "  source <(tracker completion bash)\n  tracker completion zsh --help"
			for _, shell := range cmd.Commands() {
				if shell.Name() == "bash" {
					bashCompletion(shell)
				}
			}
		}
	}
}

// helpCommand shows the help of a command and refuses what is none.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Long:    "Shows the help of a command, as its flag --help does.",
		Example: "  tracker help history\n  tracker help job add",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
			of, rest, err := cmd.Root().Find(args)
			var names []cobra.Completion
			for _, one := range of.Commands() {
				if err == nil && len(rest) == 0 && one.IsAvailableCommand() && strings.HasPrefix(one.Name(), prefix) {
					names = append(names, cobra.CompletionWithDesc(one.Name(), one.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			if err != nil {
				return usageError{err}
			}
			if len(rest) > 0 && of.HasSubCommands() {
				return noneBut(of, rest)
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}
