package words

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestDiffJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, was, now string
		want           []string
	}{
		{"SpellingIsNoDifference", `{"a": 1, "b": "x/y"}`, `{"b":"x\/y","a":1}`, nil},
		{
			"FieldsComeGoAndChange", `{"a": 1, "b": null, "odd key": 1}`, `{"b": 2, "c": {}, "odd key": 2}`,
			[]string{`a: 1 → `, `b: null → 2`, `c:  → {}`, `["odd key"]: 1 → 2`},
		},
		{
			"StepIsKnownByItsName", `{"steps": [{"name": "fetch", "end": null}]}`,
			`{"steps": [{"name": "fetch", "end": "1"}, {"name": "import"}]}`,
			[]string{`steps[0].end: null → "1"`, `steps[1]:  → {"name":"import"}`},
		},
		{"EntryIsWithdrawnBeforeOthers", `["a", "b", "c"]`, `["b", "c", "d"]`, []string{`[0]: "a" → `, `[2]:  → "d"`}},
		{"ElementIsRewrittenInItsPlace", `[{"d": "a"}, {"d": "b"}]`, `[{"d": "a"}, {"d": "c"}]`, []string{`[1].d: "b" → "c"`}},
		{"EqualElementsAreCounted", `["a", "a"]`, `["a", "a", "a"]`, []string{`[2]:  → "a"`}},
		{"OrderOfElementsCounts", `["a", "b"]`, `["b", "a"]`, []string{`[0]:  → "b"`, `[1]: "b" → `}},
		{"KindsDiffer", `{"a": []}`, `{"a": {}}`, []string{`a: [] → {}`}},
		{"HugeNumbersStay", `{"a": 1e400000}`, `{"a": 1e400001}`, []string{`a: 1e400000 → 1e400001`}},
		{"AllIsOther", `1`, `"<"`, []string{`: 1 → "<"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changes, err := DiffJSON([]byte(c.was), []byte(c.now))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, change := range changes {
				got = append(got, fmt.Sprintf("%s: %s → %s", change.Path, change.Was, change.Now))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestDiffJSON_LongListsTakeNoTime(t *testing.T) {
	t.Parallel()
	list := func(from, to int) []byte {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, `,{"detail": "row %d"}`, i)
		}
		return []byte("[" + b.String()[1:] + "]")
	}
	changes, err := DiffJSON(list(0, 100_000), list(1, 100_001))
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) != 2 {
		t.Errorf("%d changes, not one removed and one added", len(changes))
	}
}
