package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// tasks lists all that is measured.
func (s *subject) tasks(tracker string) ([]task, error) {
	tasks := []task{{"report.jobs", barJobs, s.ask("SELECT * FROM report.jobs ORDER BY job")}}
	for _, job := range s.jobs {
		tasks = append(tasks, task{"tracker history " + job, barHistory, s.command(tracker, "history", job)})
	}
	names, err := exec.Command(tracker, "report").Output() //nolint:noctx // it prints ten lines
	if err != nil {
		return nil, fmt.Errorf("list the reports: %w", err)
	}
	for line := range strings.Lines(string(names)) {
		name := strings.Fields(line)[0]
		tasks = append(tasks, task{"tracker report " + name, barReport, s.command(tracker, "report", name, "--format", "csv")})
	}
	for _, w := range s.windows() {
		asked, err := s.dashboards(w)
		if err != nil {
			return nil, err
		}
		tasks = append(append(tasks, asked...), s.functions(w)...)
	}
	return tasks, nil
}

// command runs the tracker as a process of its own, and counts its lines.
func (s *subject) command(tracker string, args ...string) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		cmd := exec.CommandContext(ctx, tracker, args...)
		cmd.Env = append(os.Environ(), "DATABASE_URL="+s.url, "DATABASE_URL_FILE=")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return 0, fmt.Errorf("%w: %s", err, stderr.String())
		}
		return bytes.Count(out, []byte("\n")), nil
	}
}

// window is the time that a dashboard shows.
type window struct {
	name     string
	from, to time.Time
	bar      time.Duration
}

func (s *subject) windows() []window {
	return []window{
		{"24 h", s.end.Add(-24 * time.Hour), s.end, barDay},
		{"30 d", s.end.Add(-30 * 24 * time.Hour), s.end, barMonth},
	}
}

// functions asks the parts of the interface that dashboards need not ask, over a window.
func (s *subject) functions(w window) []task {
	var tasks []task
	for _, q := range []struct{ name, sql string }{
		{"state_timeline, all jobs", "SELECT source, state, sum(ends_at - starts_at) FROM report.state_timeline($from, $to) GROUP BY 1, 2"},
		{"state_timeline, one source", "SELECT * FROM report.state_timeline($from, $to, ARRAY['seed-woosmap-1'])"},
		{"state_timeline, one job", "SELECT * FROM report.state_timeline($from, $to, jobs => ARRAY['" + s.jobs[0] + "'])"},
		{"status_as_of its beginning", "SELECT * FROM report.status_as_of($from)"},
		{"status_as_of its beginning, as known then", "SELECT * FROM report.status_as_of($from, $from)"},
		{"daily", "SELECT * FROM report.daily WHERE day >= ($from AT TIME ZONE 'UTC')::date AND day <= ($to AT TIME ZONE 'UTC')::date"},
		{"runs", "SELECT state, count(*), sum(warnings), sum(errors), sum(steps) FROM report.runs WHERE started_at BETWEEN $from AND $to GROUP BY 1"},
		{"runs, first seen", "SELECT source, count(*) FROM report.runs WHERE first_seen_at BETWEEN $from AND $to GROUP BY 1"},
		{"runs, ended", "SELECT state, count(*) FROM report.runs WHERE ended_at BETWEEN $from AND $to GROUP BY 1"},
		{"newest runs of a source", "SELECT * FROM report.runs WHERE started_at BETWEEN $from AND $to AND source = 'seed-woosmap-old' ORDER BY started_at DESC LIMIT 50"},
		{"errors and warnings", "SELECT level, count(*) FROM report.log_entries WHERE first_seen_at BETWEEN $from AND $to AND level IN ('error', 'warning') GROUP BY 1"},
		{"newest error lines", "SELECT * FROM report.log_entries WHERE level = 'error' AND first_seen_at BETWEEN $from AND $to ORDER BY first_seen_at DESC LIMIT 50"},
		{"polls of a job", "SELECT * FROM report.polls WHERE job = '" + s.jobs[0] + "' AND polled_at BETWEEN $from AND $to ORDER BY polled_at"},
		{"newest transitions of a source", "SELECT * FROM report.transitions WHERE observed_at BETWEEN $from AND $to AND source = 'seed-woosmap-2' ORDER BY observed_at DESC LIMIT 50"},
		{"snapshots of a job", "SELECT snapshot_no, observed_at, confirmed_at, polls, status FROM report.snapshots WHERE job = '" + s.jobs[0] + "' AND observed_at BETWEEN $from AND $to"},
	} {
		sql := strings.NewReplacer("$from", literal(w.from), "$to", literal(w.to)).Replace(q.sql)
		tasks = append(tasks, task{w.name + ": " + q.name, w.bar, s.ask(sql)})
	}
	return tasks
}

func literal(at time.Time) string { return "'" + at.UTC().Format(time.RFC3339Nano) + "'::timestamptz" }
