package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"tracker/internal/config"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

// export writes the registry as a file that, applied again, changes nothing.
func (a *app) export(ctx context.Context, s *store.Store) error {
	registered, err := s.Sources(ctx)
	if err != nil {
		return err
	}
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return err
	}
	written, presets, err := tracking.WrittenDefinitions(ctx, s)
	if err != nil {
		return err
	}
	rules, err := s.RulesDeclared(ctx)
	if err != nil {
		return err
	}
	file, err := tracking.Export(registered, jobs, written, rules)
	if err != nil {
		return err
	}
	if !a.onTerminal() {
		return config.Write(a.stdout, exportComment(registered, jobs), file, presets...)
	}
	var text strings.Builder
	if err := config.Write(&text, exportComment(registered, jobs), file, presets...); err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, terminal.Printable(text.String())) // labels may hold what turns the direction of text
	return err
}

// exportComment tells of the registry what the file cannot.
func exportComment(sources []store.Source, jobs []store.Job) []string {
	comment := []string{"What is registered, as  tracker apply --export  writes it: applied again, it changes nothing."}
	var gone []string
	for _, from := range sources {
		if !from.RemovedAt.IsZero() {
			gone = append(gone, "source "+from.Name)
		} else if !from.PausedAt.IsZero() {
			comment = append(comment, pausedComment("source", from.Name, from.PausedReason))
		}
	}
	for _, job := range jobs {
		switch job.Tracking {
		case store.TrackingPaused:
			comment = append(comment, pausedComment("job", job.Name, job.PausedReason))
		case store.TrackingRemoved:
			gone = append(gone, "job "+job.Name)
		}
	}
	if len(gone) > tracking.NamesShown {
		gone = append(gone[:tracking.NamesShown], humanize.Comma(int64(len(gone)-tracking.NamesShown))+" more")
	}
	if len(gone) > 0 {
		comment = append(comment, "Not in it, since removed: "+strings.Join(gone, ", "))
	}
	return comment
}

func pausedComment(kind, name, reason string) string {
	return terminal.OneLine(strings.TrimSuffix("Paused, which a file does not say: "+kind+" "+name+": "+reason, ": "))
}
