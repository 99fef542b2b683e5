package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"tracker/internal/checkhistory"
	"tracker/internal/store"
	"tracker/internal/testdb"
)

// tiny is a seed that holds one job of each ending.
func tiny(t *testing.T) scale {
	t.Helper()
	s, err := readScale([]string{
		"-jobs=50", "-runs-per-job=6", "-polls-per-job=120", "-days=4", "-end=" + time.Now().UTC().Truncate(time.Hour).Format(time.RFC3339),
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSeed: what a seed has made is what the tracker would have recorded, and
// the same number makes the same rows, also in place of another seed's.
func TestSeed(t *testing.T) {
	t.Parallel()
	url, s := testdb.New(t), tiny(t)
	filled, err := fill(t.Context(), url, s, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if filled.runs < s.runs()*95/100 || filled.runs > s.runs() { // of so few, some pass unseen in an outage
		t.Errorf("%d runs were seen, of %d", filled.runs, s.runs())
	}
	if polls := s.jobs * s.pollsPerJob; filled.polls < polls*3/4 || filled.polls > polls*3/2 {
		t.Errorf("%d polls, want about %d", filled.polls, polls)
	}
	checkhistory.CheckHistory(t, url)
	first := contents(t, url)
	for _, table := range []string{"snapshots", "runs", "steps", "log_entries", "result_items", "transitions", "anomalies", "gaps", "polls", "hourly", "daily", "journal"} {
		if strings.HasPrefix(first[table], "0 ") {
			t.Errorf("%s is empty", table)
		}
	}

	other := s
	other.seed, other.jobs = 2, 20
	if _, err := fill(t.Context(), url, other, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := fill(t.Context(), url, s, io.Discard); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, contents(t, url)); diff != "" {
		t.Errorf("seeded again (-first +second):\n%s", diff)
	}
}

// contents gives how many rows each table has, and a hash of them all.
func contents(t *testing.T, url string) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `SELECT tablename FROM pg_tables
		WHERE schemaname = 'public' AND tablename NOT IN ('tracker_migrations', 'ledger') AND tablename !~ '^polls_'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, table := range tables {
		var count int
		var hash *string
		query := fmt.Sprintf("SELECT count(*), md5(string_agg(x::text, E'\\n' ORDER BY x::text)) FROM %s x", pgx.Identifier{table}.Sanitize())
		if err := conn.QueryRow(t.Context(), query).Scan(&count, &hash); err != nil {
			t.Fatal(err)
		}
		found[table] = fmt.Sprint(count, " rows")
		if hash != nil {
			found[table] += ", " + *hash
		}
	}
	return found
}

// TestSeedLeavesOthersAlone: a database with anybody else's jobs is refused, and stays as it is.
func TestSeedLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	url := testdb.New(t)
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	own := store.Declaration{Sources: []store.SourceSpec{{
		Name: "woosmap-prod", Provider: "woosmap", BaseURL: "https://api.woosmap.com", Credential: "env:KEY", Schedule: "@hourly",
		ActiveEvery: time.Minute, RateEvery: time.Second, RateBurst: 1,
	}}}
	if _, err := s.Apply(t.Context(), store.Author{Actor: "ann", At: time.Now()}, own); err != nil {
		t.Fatal(err)
	}
	before := contents(t, url)
	if _, err := fill(t.Context(), url, tiny(t), io.Discard); err == nil || !strings.Contains(err.Error(), errOwnHistory.Error()) {
		t.Errorf("error %v, want %v", err, errOwnHistory)
	}
	if diff := cmp.Diff(before, contents(t, url)); diff != "" {
		t.Errorf("the refusal changed (-before +after):\n%s", diff)
	}
}

// TestScaleRefuses what cannot be made.
func TestScaleRefuses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	for args, want := range map[string]string{
		"-jobs=3":                             "want -jobs",
		"-end=2027-01-01T00:00:00Z":           "in the future",
		"-end=tomorrow":                       "-end",
		"-polls-per-job=900000":               "too many",
		"-polls-per-job=150 -runs-per-job=20": "too few",
	} {
		if _, err := readScale(strings.Fields(args), now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", args, err, want)
		}
	}
	s, err := readScale(nil, now)
	if err != nil || s.end != now.Truncate(time.Hour) {
		t.Errorf("without flags: end %s, error %v", s.end, err)
	}
}
