package cli

import (
	"fmt"
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
			restless, err := tracking.ReadRestless(cmd.Context(), s, job)
			if err != nil {
				return err
			}
			polling, err := tracking.ReadPolling(cmd.Context(), s, job)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.stdout, jobText(row, words.Clock{ReadAt: now}, a.screen()),
				noteText("not looked", words.NotPolled(polling), a.screen()), noteText("hint", words.Restless(restless), a.screen()))
			return err
		})
	}
	return cmd
}

// jobText shows a job, one of its fields a line.
func jobText(r store.JobRow, c words.Clock, s terminal.Screen) string {
	p := terminal.NewPage(s)
	add := func(name string, value ...terminal.Span) {
		p.Entry([]terminal.Span{terminal.Faint(name).Pad(12)}, value...)
	}
	add("job", terminal.Plain(r.Job))
	add("source", terminal.Plain(r.Source+" ("+r.Provider+")"))
	add("target", terminal.Plain(words.Pairs(r.Target)))
	add("labels", terminal.Plain(words.Pairs(r.Labels)))
	add("tracking", words.Tracking(r.Tracking, ""), terminal.Plain(strings.TrimSuffix(": "+store.OrZero(r.PausedReason), ": ")))
	add("schedule", terminal.Plain(r.Schedule))
	if r.StallAfter != nil {
		add("stall_after", terminal.Plain(words.Duration(time.Duration(*r.StallAfter))))
	}
	add("registered", words.TimeAnd(&r.RegisteredAt, c.Ago)...)
	add("state", words.State(r.State))
	add("status", terminal.Plain(store.OrZero(r.Status)))
	add("since", c.StateSince(r)...)
	add("run", terminal.Plain(strings.TrimSpace(runText(r)+"  "+store.OrZero(r.RunID))))
	add("last poll", append(words.TimeAnd(r.LastPolledAt, c.Ago), terminal.Plain("  "), words.OutcomeSpan(store.OrZero(r.LastOutcome)))...)
	add("failures", terminal.Plain(strconv.Itoa(int(r.Failures))+" in a row"))
	add("next poll", words.TimeAnd(r.NextPollAt, c.Due)...)
	return p.String()
}

// noteText shows a note below a job's fields.
func noteText(name, note string, s terminal.Screen) string {
	if note == "" {
		return ""
	}
	p := terminal.NewPage(s)
	p.Entry([]terminal.Span{terminal.Faint(name).Pad(12)}, terminal.Plain(note))
	return p.String()
}
