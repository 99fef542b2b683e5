package store_test

import (
	"strings"
	"testing"
)

// Each question that a function answers has the answer of docs/sql.md, for
// whoever may only read, and wherever that is.
func TestReportQuestionsAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reader := loginAs(t, w.owner, w.url, "tracker_reader")
	mustExec(t, reader, "SET TimeZone = 'Asia/Tokyo'")
	for _, q := range questions(t)[:11] {
		columns, rows := query(t, reader, "SELECT * FROM report."+strings.ReplaceAll(q.name, "-", "_")+"()")
		w.check(t, q.name, columns, rows)
	}
}
