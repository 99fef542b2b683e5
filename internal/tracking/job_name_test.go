package tracking

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tracker/internal/config"
)

func TestJobNameOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Stores EU":                "stores-eu",
		"Café d'été — Évry (2024)": "cafe-d-ete-evry-2024",
		"Größe_1.2":                "grosse_1.2",
		"Ærø/Łódź":                 "aero-lodz",
		"  --..x..--  ":            "x",
		"店舗":                       "",
		"\x1b[2J; DROP TABLE jobs": "2j-drop-table-jobs",
		"ﬁlialen №1":               "filialen-no1",
		strings.Repeat("ab ", 40):  strings.Repeat("ab-", 20) + "ab-",
	} {
		want = strings.TrimRight(want, "-")
		if got := jobNameOf(text); got != want {
			t.Errorf("%q gives %q, not %q", text, got, want)
		}
	}
}

func TestUniqueJobName(t *testing.T) {
	t.Parallel()
	const id = "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"
	taken := map[string]bool{"stores": true, "shops": true, "shops-8c4c51f1": true}
	for _, c := range []struct {
		name  string
		clash bool
		want  string
	}{
		{"free", false, "free"},
		{"free", true, "free-8c4c51f1"},
		{"stores", false, "stores-8c4c51f1"},
		{"shops", false, "shops-8c4c51f1-f6f"},
		{"", false, "dataset-8c4c51f1"},
		{strings.Repeat("x", 63), true, strings.Repeat("x", 54) + "-8c4c51f1"},
	} {
		if got := uniqueJobName(c.name, id, c.clash, taken); got != c.want {
			t.Errorf("%q gives %q, not %q", c.name, got, c.want)
		}
	}
}

// TestJobNames_AreNames checks that any text gives a name that can be
// registered, and that many alike give as many.
func TestJobNames_AreNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		taken := map[string]bool{}
		for range 20 {
			id := rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).Draw(t, "id")
			name := uniqueJobName(jobNameOf(text), id, false, taken)
			job := config.Job{Name: name, Source: "s"}
			if err := job.Validate(); err != nil || taken[name] {
				t.Fatalf("%q gives %q: %v", text, name, err)
			}
			taken[name] = true
		}
	})
}
