package store_test

import (
	"fmt"
	"regexp"
	"testing"

	"tracker/deploy/grafana"
	"tracker/internal/dashboards"
)

var (
	lateral      = regexp.MustCompile(`LATERAL\s*\(`)
	historyRows  = regexp.MustCompile(`FROM report\.(?:runs|steps|log_entries|transitions|anomalies|polls|snapshots|result_items|gaps)\b`)
	limited      = regexp.MustCompile(`\bLIMIT\b`)
	limitOfRow   = regexp.MustCompile(`\bLIMIT\s+[a-z]\w*\.`)
	besideJob    = regexp.MustCompile(`\bjob_id = (\w+)\.job_id`)
	historyAlias = `report\.(?:runs|steps|log_entries|transitions|anomalies|polls|snapshots|result_items|gaps) (?:AS )?%s\b`
)

// What a real Citus has refused of dashboards and docs/sql.md, and their text shows:
// some rows of the history that are looked up beside what is not distributed, or how
// many depends on it.
func TestDashboardsCanBeDistributed(t *testing.T) {
	t.Parallel()
	queries, err := dashboards.Load(grafana.FS)
	if err != nil || len(queries) == 0 {
		t.Fatalf("%d queries: %v", len(queries), err)
	}
	asked := map[string]string{}
	for _, q := range queries {
		asked[q.Where] = q.SQL
	}
	for _, q := range questions(t) {
		asked[q.name] = q.sql
	}
	for where, sql := range asked {
		if found := limitOfRow.FindString(sql); found != "" {
			t.Errorf("%s has %s", where, found)
		}
		for _, at := range lateral.FindAllStringIndex(sql, -1) {
			inner := parenthesised(sql[at[1]:])
			if !historyRows.MatchString(inner) || !limited.MatchString(inner) {
				continue
			}
			if beside := besideJob.FindStringSubmatch(inner); len(beside) < 2 || !regexp.MustCompile(fmt.Sprintf(historyAlias, beside[1])).MatchString(sql) {
				t.Errorf("%s looks some of the history up beside what is not distributed: %s", where, inner)
			}
		}
	}
}

// parenthesised gives the text up to the parenthesis that closes what is open before it.
func parenthesised(text string) string {
	open := 1
	for i, c := range text {
		switch c {
		case '(':
			open++
		case ')':
			open--
		}
		if open == 0 {
			return text[:i]
		}
	}
	return text
}
