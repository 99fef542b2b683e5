package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/definition"
	"tracker/internal/embeddedpg"
	"tracker/internal/store"
)

// completeTimeout is how long somebody who pressed Tab is kept waiting.
const completeTimeout = 700 * time.Millisecond

// namesOf lists names that begin with a text.
type namesOf func(s *store.Store, ctx context.Context, prefix string) ([]store.Named, error)

// nameArgs are the commands that take names, by their path, and how many names
// at most (0: any).
func nameArgs() map[string]struct {
	names namesOf
	most  int
} {
	jobs, sources := (*store.Store).JobNames, (*store.Store).SourceNames
	either := func(s *store.Store, ctx context.Context, prefix string) ([]store.Named, error) {
		names, err := jobs(s, ctx, prefix)
		if err != nil {
			return nil, err
		}
		more, err := sources(s, ctx, prefix)
		return append(names, more...), err
	}
	return map[string]struct {
		names namesOf
		most  int
	}{
		"tracker changes":         {either, 1},
		"tracker export":          {jobs, 1},
		"tracker history":         {jobs, 1},
		"tracker log":             {jobs, 1},
		"tracker erase":           {jobs, 1},
		"tracker rebuild":         {jobs, 0},
		"tracker verify":          {jobs, 0},
		"tracker snapshot":        {jobs, 1},
		"tracker sync":            {jobs, 0},
		"tracker wait":            {jobs, 1},
		"tracker watch":           {jobs, 0},
		"tracker job show":        {jobs, 1},
		"tracker job pause":       {jobs, 1},
		"tracker job resume":      {jobs, 1},
		"tracker job remove":      {jobs, 1},
		"tracker job hold":        {jobs, 1},
		"tracker job release":     {jobs, 1},
		"tracker notify test":     {(*store.Store).RuleNames, 1},
		"tracker source discover": {sources, 1},
		"tracker source pause":    {sources, 1},
		"tracker source remove":   {sources, 1},
		"tracker source resume":   {sources, 1},
	}
}

// completeNames makes shells complete the names of jobs and sources. Where a
// command does not say what else to offer, it is nothing, and no files: what
// takes a file, takes it in a flag.
func (a *app) completeNames(root *cobra.Command) {
	table := nameArgs()
	for _, cmd := range commands(root) {
		if args, found := table[cmd.CommandPath()]; found {
			cmd.ValidArgsFunction = a.completion(args.names, args.most)
		} else if cmd.Runnable() && !cmd.HasSubCommands() && cmd.ValidArgsFunction == nil && cmd.ValidArgs == nil {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
		for flag, names := range map[string]namesOf{"source": (*store.Store).SourceNames, "label": (*store.Store).LabelNames} {
			if cmd.Flags().Lookup(flag) != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag, a.completion(names, 0))
			}
		}
	}
}

// commands lists all commands below one.
func commands(root *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, cmd := range root.Commands() {
		all = append(append(all, cmd), commands(cmd)...)
	}
	return all
}

// completion completes names. Whatever is wrong, it offers none: there is
// nowhere to say so.
func (a *app) completion(names namesOf, most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if most > 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var offered []cobra.Completion
		for _, one := range a.lookUpNames(cmd.Context(), names, prefix) {
			if !slices.Contains(args, one.Name) {
				offered = append(offered, cobra.CompletionWithDesc(one.Name, one.Hint))
			}
		}
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeDefinitions completes a first argument: the presets, what the database has, and,
// by the directive, files.
func (a *app) completeDefinitions(first cobra.ShellCompDirective) cobra.CompletionFunc {
	kept := func(s *store.Store, ctx context.Context, _ string) ([]store.Named, error) {
		all, err := s.Providers(ctx)
		names := make([]store.Named, len(all))
		for i, one := range all {
			names[i].Name = one.Name
		}
		return names, err
	}
	return func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := definition.PresetNames()
		for _, one := range a.lookUpNames(cmd.Context(), kept, prefix) {
			names = append(names, one.Name)
		}
		slices.Sort(names)
		return slices.Compact(names), first
	}
}

// lookUpNames asks the database, unless it is an embedded one that does not run.
func (a *app) lookUpNames(ctx context.Context, names namesOf, prefix string) []store.Named {
	if ctx == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	url, found := a.runningDatabase(ctx)
	if !found {
		return nil
	}
	s, err := store.Open(ctx, url, store.Options{MaxConns: 1})
	if err != nil {
		return nil
	}
	defer s.Close()
	known, err := names(s, ctx, prefix)
	if err != nil {
		return nil
	}
	return known
}

// runningDatabase gives the URL of the database, if there is one without
// starting anything.
func (a *app) runningDatabase(ctx context.Context) (url string, found bool) {
	environment, err := config.ReadEnvironment(a.getenv)
	if err != nil {
		return "", false
	}
	if !environment.DatabaseURL.IsZero() {
		return environment.DatabaseURL.Reveal(), true
	}
	dir, err := dataDir(environment)
	if err != nil {
		return "", false
	}
	return embeddedpg.Running(ctx, dir)
}
