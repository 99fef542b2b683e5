package cli

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/upstreamsim"
)

// unencoded are addresses whose password, of which every part is 4711 or has
// "pw" in it, has a delimiter or an escape in it as it is, and their like.
var unencoded = []string{
	"://u:pw1/pw2@127.0.0.1", "://u:4711/pw2@127.0.0.1", "://u:4711?pw2@127.0.0.1", "://u:4711#pw2@127.0.0.1:5432/d", "://u:pw1?pw2#pw3@127.0.0.1",
	"://u:pw1@pw2@127.0.0.1/pw3@", "://u:pw%zz@127.0.0.1", "://u:4711\\pw2@127.0.0.1", "://u:pw1 pw2@127.0.0.1", "://u:4711/pw2=pw3@127.0.0.1",
	"://127.0.0.1/pw1@", "://127.0.0.1/?x=pw1@pw2", "://127.0.0.1/#pw1@pw2", "://127.0.0.1:pw1", "://127.0.0.1:4711:pw1", "://[pw1", "://u:\x01pw1@127.0.0.1",
	":/u:4711/pw2=pw3@127.0.0.1", ":u:4711/pw2=pw3@127.0.0.1", ":u:pw1@127.0.0.1",
}

// TestPasswordsThatWereNotEncoded gives each of them wherever an address comes
// from outside.
func TestPasswordsThatWereNotEncoded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(declaration(unlimited, 1))
	w.must("source", "add", "far", "--provider", "woosmap", "--credential", "env:KEY", "--base-url", "http://service.example", "--rate-every", "1ms", "--rate-burst", "1000")
	w.must("job", "add", "far", "--source", "far", "dataset_id="+datasetID(1))
	add := []string{"source", "add", "new", "--provider", "woosmap", "--credential", "env:KEY", "--base-url"}
	places := map[string]func(w *world, rest string) *process{
		"BaseURLOfCommand": func(w *world, rest string) *process { return w.run(append(add, "https"+rest)...) },
		"BaseURLInFile": func(w *world, rest string) *process {
			quoted := strings.NewReplacer(`\`, `\\`, "\x01", `\x01`).Replace("https" + rest)
			return w.run("apply", "-f", w.file(`sources: [{name: new, provider: woosmap, credential: env:KEY, base_url: "`+quoted+`"}]`))
		},
		"DatabaseURL":          func(w *world, rest string) *process { return w.withDatabase("postgres"+rest).run("job", "list") },
		"DatabaseURLToMigrate": func(w *world, rest string) *process { return w.withDatabase("postgresql"+rest).run("migrate", "up") },
		"DatabaseURLInCapitals": func(w *world, rest string) *process {
			return w.withDatabase("POSTGRES"+rest).run("job", "list")
		},
		"DatabaseURLFile": func(w *world, rest string) *process {
			path := filepath.Join(w.t.TempDir(), "url")
			if err := os.WriteFile(path, []byte("postgres"+rest+"\n"), 0o600); err != nil {
				w.t.Fatal(err)
			}
			return w.with(w.t, map[string]string{"DATABASE_URL": "", "DATABASE_URL_FILE": path}).run("job", "list")
		},
		"Proxy": func(w *world, rest string) *process {
			return w.with(w.t, map[string]string{"HTTP_PROXY": "http" + rest}).run("sync", "far", "--log-level", "debug")
		},
		"Redirect": func(w *world, rest string) *process {
			w.Woosmap.Script(datasetID(0), upstreamsim.Redirect(http.StatusFound, "https"+strings.ReplaceAll(rest, "\x01", "\t")))
			return w.run("sync", jobName(0), "--log-level", "debug")
		},
	}
	for name, give := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w.with(t, nil)
			for _, rest := range unencoded {
				p := give(w, rest)
				said := p.stdout.String() + p.stderr.String()
				if p.code == exitDone || strings.Contains(said, "pw") || strings.Contains(said, "4711") {
					t.Errorf("of %q it says, and ends with %d: %s", rest, p.code, said)
				}
			}
			w.Want("what is stored of it", nil, `SELECT error FROM report.polls WHERE error ~ 'pw|4711'`)
		})
	}
}

func (w *world) withDatabase(url string) *world {
	return w.with(w.t, map[string]string{"DATABASE_URL": url})
}
