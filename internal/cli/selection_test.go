package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"tracker/internal/testkit"
	"tracker/internal/tracking"
)

// newSelectionFixture has a job that failed, one that was never polled, one of
// another source and one that is removed.
func newSelectionFixture(t *testing.T) *readFixture {
	t.Helper()
	f := newReadFixture(t)
	f.must("job", "add", "stores-eu", "--source", "woosmap-test", "dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0", "--label", "team=geo", "--label", "tier=1")
	f.must("job", "add", "stores-us", "--source", "woosmap-test", "dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c1", "--label", "team=geo")
	f.must("source", "add", "safetykit-test", "--provider", "safetykit", "--credential", "env:KEY", "--base-url", "http://127.0.0.1:1", "--rate-every", "1ms")
	f.must("job", "add", "products-7", "--source", "safetykit-test", "namespace=products", "request_id=r-7", "--label", "team=shop")
	f.must("job", "add", "products-6", "--source", "safetykit-test", "namespace=products", "request_id=r-6", "--label", "team=old")
	f.must("job", "remove", "products-6")
	return f
}

func TestSelection(t *testing.T) {
	t.Parallel()
	f := newSelectionFixture(t)
	for args, want := range map[string]string{
		"":                                     "products-7 stores-eu stores-us",
		"--source woosmap-test":                "stores-eu stores-us",
		"--label team=geo":                     "stores-eu stores-us",
		"--label team=geo --label tier=1":      "stores-eu",
		"--state failed":                       "stores-eu",
		"--state running --state failed":       "stores-eu",
		"--state running":                      "",
		"--source woosmap-test --state failed": "stores-eu",
		"--label team=shop --state failed":     "",
		"--label team=old":                     "",

		"--source safetykit-test --label team=old --all": "products-6",
	} {
		var rows []struct{ Job string }
		decode(t, f.must(append([]string{"job", "list", "--format", "json"}, strings.Fields(args)...)...), &rows)
		var names []string
		for _, row := range rows {
			names = append(names, row.Job)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("tracker job list %s: %q, not %q", args, got, want)
		}
	}
	for args, want := range map[string]string{
		"job list --label team=shop --state failed": "no job fits  --label team=shop --state failed\n",
		"job list --label team=old":                 "no jobs but 1 removed one; see  tracker job list --all\n",
		"sync --state running":                      "no job to poll fits  --state running\n",
	} {
		if got := f.must(strings.Fields(args)...); got != want {
			t.Errorf("tracker %s says %q, not %q", args, got, want)
		}
	}
}

func TestSelection_OfNone(t *testing.T) {
	t.Parallel()
	f := newSelectionFixture(t)
	for _, command := range []string{"job list", "sync", "watch --for 1h", "report failed-imports"} {
		for args, want := range map[string]string{
			"--source nowhere":                       `no source is named "nowhere"`,
			"--source woosmap-tset":                  `no source is named "woosmap-tset"; did you mean woosmap-test`,
			"--label team":                           `--label "team": want KEY=VALUE`,
			"--label team=goe":                       `no job has the label "team=goe"; did you mean geo; the values of team are: geo, old, shop`,
			"--label tier=1 --source safetykit-test": `no job has the label "tier"`,
			"--label team=shop --label tier=1":       "no job has all of these labels",
			"--state done":                           `--state "done": want one of queued, running, succeeded, partial, failed, canceled, unknown`,
		} {
			if strings.HasPrefix(command, "report") && strings.Contains(args, "--state") {
				want = "unknown flag: --state"
			}
			stdout, stderr, code := f.run(strings.Fields(command + " " + args)...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
				t.Errorf("tracker %s %s ends with %d and says %s%s", command, args, code, stdout, stderr)
			}
		}
	}
	for args, want := range map[string]string{
		"sync stores-eu --label team=geo":          "jobs are named or selected, not both: leave out stores-eu, or --label team=geo",
		"watch stores-eu stores-us --state failed": "jobs are named or selected, not both: leave out stores-eu stores-us, or --state failed",
	} {
		if stdout, stderr, code := f.run(strings.Fields(args)...); code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("tracker %s ends with %d and says %s%s", args, code, stdout, stderr)
		}
	}
	for _, args := range []string{"watch --for 1h --state running", "watch --for 1h --label team=old"} {
		if stdout, stderr, code := f.run(strings.Fields(args)...); code != exitFailed || stdout != "" || !strings.Contains(stderr, "nothing to watch: no job fits  --") {
			t.Errorf("tracker %s ends with %d and says %s%s", args, code, stdout, stderr)
		}
	}
}

// What is selected is polled or told of, and nothing else.
func TestSelection_OfSyncAndWatch(t *testing.T) {
	t.Parallel()
	f := newSelectionFixture(t)
	stdout, _, code := f.run("sync", "--source", "safetykit-test", "--format", "json")
	var rows []syncRow
	decode(t, stdout, &rows)
	if len(rows) != 1 || rows[0].Job != "products-7" || code != exitFailed {
		t.Errorf("%d: %+v", code, rows)
	}
	decode(t, f.must("sync", "--state", "failed", "--format", "json"), &rows)
	if len(rows) != 1 || rows[0].Job != "stores-eu" || rows[0].Result != "polled" {
		t.Errorf("%+v", rows)
	}
	s := testkit.OpenStore(t, f.getenv("DATABASE_URL"))
	ids, err := watchedJobs(t.Context(), s, nil, tracking.Selection{Source: "woosmap-test"})
	if err != nil {
		t.Fatal(err)
	}
	var out, errs printed
	looker := begin(t, func(ctx context.Context, ticks <-chan time.Time) error {
		a := &app{surroundings: surroundings{"dev", f.getenv, strings.NewReader(""), &out, &errs, patience}}
		return (&watcher{app: a, store: s, jobIDs: ids, ticks: ticks}).print(ctx)
	})
	looker.look()
	wantPrinted(t, &out, "Z  watching 2 jobs: 1 failed · 1 quiet\n")
	if err := looker.end(); err != nil {
		t.Error(err)
	}
}
