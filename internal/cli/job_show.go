package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

func (a *app) jobShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show what is registered of a job, and how it is doing",
		Long: `Shows what is registered of a job, how its latest run is doing, when it was and
will be polled, and why it is not polled where it is not. Times are in UTC.`,
		Example: "  tracker job show stores-eu\n  tracker job show stores-eu --format json | jq .target",
		Args:    exactly(1, "one NAME"),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			job, err := tracking.FindJob(cmd.Context(), s, args[0])
			if err != nil {
				return err
			}
			row, err := s.JobRow(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if *format == formatJSON {
				return a.writeJSON(row)
			}
			now, err := s.Now(cmd.Context())
			if err != nil {
				return err
			}
			restless, err := readRestless(cmd.Context(), s, job)
			if err != nil {
				return err
			}
			unlooked, err := lookedAt(cmd.Context(), s, job)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.stdout, jobText(row, words.Clock{ReadAt: now}, a.screen()),
				noteText("not looked", unlooked.why, a.screen()), noteText("hint", restless.text(job.Source), a.screen()))
			return err
		})
	}
	return cmd
}

// jobText shows a job, one of its fields a line.
func jobText(r store.JobRow, c words.Clock, s terminal.Screen) string {
	p := terminal.NewPage(s)
	add := func(name string, value ...terminal.Span) {
		p.Entry([]terminal.Span{terminal.Faint(name).Pad(11)}, value...)
	}
	add("job", terminal.Plain(r.Job))
	add("source", terminal.Plain(r.Source+" ("+r.Provider+")"))
	add("target", terminal.Plain(pairsText(r.Target)))
	add("labels", terminal.Plain(pairsText(r.Labels)))
	add("tracking", words.Tracking(r.Tracking, ""), terminal.Plain(strings.TrimSuffix(": "+deref(r.PausedReason), ": ")))
	add("schedule", terminal.Plain(r.Schedule))
	add("state", words.State(r.State))
	add("status", terminal.Plain(deref(r.Status)))
	add("since", sinceText(c, r)...)
	add("run", terminal.Plain(strings.TrimSpace(runText(r)+"  "+deref(r.RunID))))
	add("last poll", append(both(r.LastPolledAt, c.Ago), terminal.Plain("  "), words.OutcomeSpan(deref(r.LastOutcome)))...)
	add("failures", terminal.Plain(strconv.Itoa(int(r.Failures))+" in a row"))
	add("next poll", both(r.NextPollAt, c.Due)...)
	return p.String()
}

// noteText shows a note below a job's fields.
func noteText(name, note string, s terminal.Screen) string {
	if note == "" {
		return ""
	}
	p := terminal.NewPage(s)
	p.Entry([]terminal.Span{terminal.Faint(name).Pad(11)}, terminal.Plain(note))
	return p.String()
}

// pairsText shows an object of strings as one writes it in a command.
func pairsText(object json.RawMessage) string {
	var values map[string]string
	_ = json.Unmarshal(object, &values) // of strings, as it was registered
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, key+"="+values[key])
	}
	return strings.Join(pairs, " ")
}

// sinceText tells since when a job has its state; nothing where it has none.
func sinceText(c words.Clock, r store.JobRow) []terminal.Span {
	if r.StateSince == nil {
		return nil
	}
	at := words.By(*r.StateSince, r.StateSinceReported, func(at time.Time) string { return words.Time(&at) })
	return []terminal.Span{terminal.Plain(at).Whole(), terminal.Plain(" "), terminal.Plain("(" + words.AgoBy(r.StateSince, r.StateSinceReported, c.ReadAt) + ")").Whole()}
}

// both tells when something was, or is to be, and how long that is; nothing for null.
func both(at *time.Time, ago func(time.Time) string) []terminal.Span {
	if at == nil {
		return nil
	}
	return []terminal.Span{terminal.Plain(words.Time(at)).Whole(), terminal.Plain(" "), terminal.Plain("(" + ago(*at) + ")").Whole()}
}

// deref gives the zero value for null.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
