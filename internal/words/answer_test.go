package words_test

import (
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/words"
)

// TestClock_AnswerColumns: of the times in a row that is not reported, when somebody
// looked is known all the same.
func TestClock_AnswerColumns(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)
	columns := []store.AnswerColumn{{Name: "since"}, {Name: "seen_at"}, {Name: "first_seen_at"}, {Name: "gap_to"}, {Name: "reported"}}
	row := store.AnswerRow{Columns: columns, Values: []any{at, at, at, nil, false}}
	want := map[string]string{
		"SINCE": "by 2026-11-22 14:30:00", "SEEN": "2026-11-22 14:30:00", "FIRST SEEN": "2026-11-22 14:30:00", "GAP TO": "open",
	}
	shown := words.Clock{ReadAt: at}.AnswerColumns(columns, nil, false)
	if len(shown) != len(want) {
		t.Fatalf("%d columns are shown", len(shown))
	}
	for _, column := range shown {
		if got := column.Cell(row).Text; got != want[column.Title] {
			t.Errorf("%s is %q", column.Title, got)
		}
	}
}
