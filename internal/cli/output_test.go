package cli

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/spreadsheet"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// hostile are texts that a spreadsheet or a terminal would obey.
const hostile = "\x1b[2J\x1b]52;c;ZXZpbA==\a \u009b31m \u202egnp.exe \x7f"

// oneRow has a field of each kind that listings have.
type oneRow struct {
	Text   *string         `json:"text"`
	Number int64           `json:"number"`
	Share  float64         `json:"share"`
	Took   *store.Interval `json:"took"`
	Value  json.RawMessage `json:"value"`
	None   *string         `json:"none"`
}

// inCSV gives the cells of a row with a text.
func inCSV(t *testing.T, text string, how spreadsheet.Cells) []string {
	t.Helper()
	took := store.Interval(-1500 * time.Millisecond)
	var out strings.Builder
	if err := spreadsheet.Write(&out, []oneRow{{&text, -5, -0.5, &took, json.RawMessage(`-7`), nil}}, how); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(rows) != 2 || !slices.Equal(rows[0], []string{"text", "number", "share", "took", "value", "none"}) {
		t.Fatalf("of %q came %q: %v", text, rows, err)
	}
	return rows[1]
}

func TestCSVHasNoFormulas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`=HYPERLINK("http://evil.example","click")`, `+1+cmd|' /C calc'!A0`, `@SUM(1)`, `-5`, `-`, "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a",
	} {
		if got, want := inCSV(t, text, spreadsheet.Cells{}), []string{"'" + text, "-5", "-0.5", "-1.5", "-7", ""}; !slices.Equal(got, want) {
			t.Errorf("%q gives %q", text, got)
		}
		if got := inCSV(t, text, spreadsheet.Cells{Raw: true}); got[0] != text {
			t.Errorf("raw, %q gives %q", text, got[0])
		}
	}
	for _, text := range []string{"", "a=1", "'=1", " =1", "5", hostile} {
		if got := inCSV(t, text, spreadsheet.Cells{}); got[0] != text {
			t.Errorf("%q gives %q", text, got[0])
		}
	}
}

func TestNoFormatIsObeyedByATerminal(t *testing.T) {
	t.Parallel()
	const want = `\x1b[2J\x1b]52;c;ZXZpbA==\x07 \u009b31m \u202egnp.exe \x7f`
	for _, raw := range []bool{false, true} {
		if got := inCSV(t, hostile, spreadsheet.Cells{Raw: raw, Visible: true}); got[0] != want {
			t.Errorf("csv, raw %v: %q", raw, got[0])
		}
	}
	var told strings.Builder
	if report(&told, errors.New(hostile)); told.String() != "tracker: "+want+"\n" {
		t.Errorf("an error: %q", told.String())
	}
	value, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := terminal.NewJSON(&out).Encode([]any{hostile, json.RawMessage(value), "\U000e0041 👩\u200d👧 é\xff"}); err != nil {
		t.Fatal(err)
	}
	const escaped = `"\u001b[2J\u001b]52;c;ZXZpbA==\u0007 \u009b31m \u202egnp.exe \u007f"`
	if got, want := out.String(), `[`+escaped+`,`+escaped+`,"\udb40\udc41 👩`+"\u200d"+`👧 é\ufffd"]`+"\n"; got != want {
		t.Errorf("json: got\n%s, not\n%s", got, want)
	}
	var back []string
	if err := json.Unmarshal([]byte(out.String()), &back); err != nil || back[0] != hostile || back[1] != hostile {
		t.Errorf("it reads as %q, error %v", back, err)
	}
}
