package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/config"
)

const acme = `name: acme
base_url: https://api.acme.example
auth: {bearer: true}
rate_limit: {every: 2s, burst: 3}
tracks: one
target: [{name: import_id}]
requests: [{path: '/imports/{import_id}'}]
run_id: .id
status: .state
states: {running: [active], succeeded: [done]}
`

// write writes a file beside a tracker.yaml.
func write(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "acme.yaml", acme)
	write(t, folder, "wrong.yaml", strings.Replace(acme, ".state", ".state[", 1))
	inline := "  - " + strings.ReplaceAll(strings.TrimSpace(strings.Replace(acme, "acme", "other", 1)), "\n", "\n    ") + "\n"
	rest := "sources:\n  - {name: a, provider: acme, credential: env:KEY}\njobs:\n  - {name: j, source: a, target: {import_id: '7'}}\n"
	for name, test := range map[string]struct{ text, want string }{
		"File":      {"providers:\n  - file: acme.yaml\n" + inline + rest, ""},
		"Twice":     {"providers:\n  - file: acme.yaml\n  - file: acme.yaml\n" + rest, "tracker.yaml:3:5: provider \"acme\" is defined already"},
		"Wrong":     {"providers:\n  - file: wrong.yaml\n" + rest, "wrong.yaml:9:15: status: jq: unexpected EOF"},
		"Missing":   {"providers:\n  - file: none.yaml\n" + rest, "tracker.yaml:2:11: file: "},
		"More":      {"providers:\n  - {file: acme.yaml, name: x}\n" + rest, `tracker.yaml:2:23: key "name" is unknown; known here are file`},
		"Inline":    {"providers:\n" + strings.Replace(inline, "tracks: one", "tracks: all", 1) + rest, `tracker.yaml:6:13: tracks: "all" is neither one nor latest`},
		"Undefined": {strings.Replace(rest, "acme", "acne", 1), `unknown provider "acne"`},
		"Target":    {"providers:\n  - file: acme.yaml\n" + strings.Replace(rest, "import_id", "dataset", 1), "target field import_id: missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := config.Parse(filepath.Join(folder, "tracker.yaml"), []byte(test.text))
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || strings.Count(err.Error(), "unknown provider") > strings.Count(test.want, "unknown provider") {
					t.Errorf("%v\nnot %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			from := file.Sources[0]
			if len(file.Providers) != 2 || file.Providers[1].Name != "other" || from.BaseURL != "https://api.acme.example" || from.Rate.Burst != 3 || from.Schedule != "@every 1m" {
				t.Errorf("%+v, %d providers", from, len(file.Providers))
			}
			var text strings.Builder
			if err := config.Write(&text, nil, file); err != nil {
				t.Fatal(err)
			}
			again, err := config.Parse("again.yaml", []byte(text.String()))
			if err != nil || len(again.Providers) != 2 || again.Providers[0].Text != file.Providers[0].Text {
				t.Errorf("%v in\n%s", err, text.String())
			}
		})
	}
}
