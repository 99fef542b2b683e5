package cli

import (
	"context"
	"fmt"
	"strings"

	"tracker/internal/config"
	"tracker/internal/store"
	"tracker/internal/terminal"
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
	var sources []config.Source
	for _, from := range registered {
		if from.RemovedAt.IsZero() { // to apply it would track it again
			sources = append(sources, toConfigSource(from.SourceSpec))
		}
	}
	var kept []config.Job
	for _, job := range jobs {
		switch {
		case job.Tracking == store.TrackingRemoved:
		case job.Fault != nil:
			return fmt.Errorf("export job %s: %w; to export without it:  tracker job remove %s", job.Name, job.Fault, job.Name)
		default:
			kept = append(kept, toConfigJob(job.JobSpec))
		}
	}
	if !a.onTerminal() {
		return config.Write(a.stdout, exportComment(registered, jobs), sources, kept)
	}
	var file strings.Builder
	if err := config.Write(&file, exportComment(registered, jobs), sources, kept); err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, terminal.Printable(file.String())) // labels may hold what turns the direction of text
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
	if len(gone) > namesShown {
		gone = append(gone[:namesShown], terminal.Thousands(int64(len(gone)-namesShown))+" more")
	}
	if len(gone) > 0 {
		comment = append(comment, "Not in it, since removed: "+strings.Join(gone, ", "))
	}
	return comment
}

func pausedComment(kind, name, reason string) string {
	return terminal.OneLine(strings.TrimSuffix("Paused, which a file does not say: "+kind+" "+name+": "+reason, ": "))
}

func toConfigSource(spec store.SourceSpec) config.Source {
	return config.Source{
		Name: spec.Name, Provider: spec.Provider, BaseURL: spec.BaseURL, Credential: spec.Credential, Schedule: spec.Schedule,
		ActiveEvery: spec.ActiveEvery, Rate: config.Rate{Every: spec.RateEvery, Burst: spec.RateBurst}, Volatile: spec.Volatile,
	}
}

func toConfigJob(spec store.JobSpec) config.Job {
	return config.Job{
		Name: spec.Name, Source: spec.Source, Target: spec.Target, Labels: spec.Labels, Schedule: spec.Schedule, StallAfter: spec.StallAfter,
	}
}
