package cli

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tracker/internal/upstreamsim"
)

// hushed gives text with a link that hides something, in every way to write
// one, and with the key. What must not be seen has "hush" in it, which the
// encoded forms of the key, given back too, have not.
func hushed() (text string, encoded []string) {
	links := []string{
		"https://s3.example.com/a/b.csv?X-Amz-Signature=hush1&X-Amz-Credential=hush2#hush3",
		"https://me:hush4@example.com/x", "ftp://hush5@example.com/x?y=hush6;z=hush7", "//example.com/x?sig=hush8",
		"https://example.com/x?next=https%3A%2F%2Fexample.org%2F%3Ftoken%3Dhush9", "https://example.com/x?hush10", "/a/b?access_token=hush11",
	}
	key := []byte(worldKey)
	encoded = []string{
		base64.StdEncoding.EncodeToString(key), base64.URLEncoding.EncodeToString([]byte("u:" + worldKey)),
	}
	all := append(append(links, encoded...), worldKey, url.QueryEscape(worldKey), url.PathEscape(worldKey))
	return strings.Join(all, " , "), encoded
}

// inJSON writes text as a JSON string in one of the ways that JSON has.
func inJSON(text, way string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
	switch way {
	case "slashes":
		quoted = strings.ReplaceAll(quoted, "/", `\/`)
	case "unicode":
		quoted = strings.NewReplacer("&", `\u0026`, "=", `\u003d`, "?", `\u003F`, "h", `\u0068`, "/", `\u002f`).Replace(quoted)
	}
	return `"` + quoted + `"`
}

// hushWoosmap are answers that say what must not be kept, or fail over it.
func hushWoosmap(here string) []upstreamsim.Frame {
	text, _ := hushed()
	frames := []upstreamsim.Frame{}
	for i, way := range []string{"plain", "slashes", "unicode"} {
		said := inJSON(text, way)
		frames = append(frames, upstreamsim.Answer(fmt.Sprintf(
			`{"id":"r%d","status":"failed","steps":[{"name":%[2]s,"start":%[2]s,"end":null,"status":%[2]s,"entries":[{"created_at":%[2]s,"level":%[2]s,"detail":%[2]s}]}],%[2]s:{%[2]s:[%[2]s]}}`,
			i, said)))
	}
	plain := inJSON(text, "slashes")
	for _, status := range []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusBadRequest} {
		frames = append(frames, upstreamsim.Status(status, fmt.Sprintf(`{"detail":[{"loc":["path",%[1]s],"msg":%[1]s}],"message":%[1]s}`, plain)))
	}
	return append(frames,
		upstreamsim.Status(http.StatusInternalServerError, "<html>"+text+"</html>").With("Content-Type", "text/html"),
		upstreamsim.Status(http.StatusBadGateway, `{"error":`+plain+`}`),
		upstreamsim.Answer("<html>"+text+"</html>"), upstreamsim.Answer(text), upstreamsim.Answer(`{"id":`+plain), upstreamsim.Answer(plain),
		upstreamsim.Answer(fmt.Sprintf(`{"id":%[1]s,"status":[%[1]s],"steps":%[1]s}`, plain)),
		upstreamsim.Redirect(http.StatusFound, "https://me:hush12@elsewhere.example.com/hush?token=hush13#hush14"),
		upstreamsim.Redirect(http.StatusFound, "://hush15"), upstreamsim.Redirect(http.StatusFound, "https://"+url.PathEscape(worldKey)+".example.com/"),
		upstreamsim.Redirect(http.StatusTemporaryRedirect, here+"?signature=hush16#hush17"),
		upstreamsim.Answer(text).With("Retry-After", text), upstreamsim.Answer(text).With("Content-Encoding", "gzip"),
		upstreamsim.Frame{Drop: true}, upstreamsim.Answer(`{"id":"r9","status":"success","steps":[]}`),
	)
}

func hushSafetyKit() []upstreamsim.Frame {
	text, _ := hushed()
	var frames []upstreamsim.Frame
	for _, way := range []string{"plain", "slashes", "unicode"} {
		said := inJSON(text, way)
		link := inJSON("https://s3.example.com/r.jsonl?hush18=1&X-Amz-Signature=hush19", way)
		forPeople := inJSON("https://me:hush20@shop.example.com/1?page=2&token=hush21&key="+worldKey, way) // what looks harmless stays
		frames = append(frames,
			upstreamsim.Answer(fmt.Sprintf(`{"data_count":1,"data_expires_at":%[1]s,"data_url":%[2]s,"namespace":%[1]s,"request_id":"q1","status":"ingesting","error_summary":%[1]s}`, said, link)),
			upstreamsim.Answer(fmt.Sprintf(`{"data":[{"id":%[1]s,"output":{"actions":[%[1]s],"fields":{%[1]s:%[1]s},"labels":[{"label":%[1]s}]},"url":%[2]s,"metadata":{"a":%[1]s}}],`+
				`"namespace":"products","request_id":"q1","status":"succeeded","error_summary":{"why":%[1]s}}`, said, forPeople)))
	}
	return frames
}

// TestSecrets has the services tell what must not be kept, and looks for it in
// a dump of the database and in all that the tracker prints.
func TestSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	frames, others := hushWoosmap(w.WoosmapAt+upstreamsim.WoosmapPath(datasetID(1))), hushSafetyKit()
	w.Woosmap.Script(datasetID(0), frames...)
	w.Woosmap.Script(datasetID(1), upstreamsim.Answer(`{"id":"r","status":"success","steps":[]}`))
	w.SafetyKit.Script("products", "q1", others...)
	w.apply(pathDeclaration)
	for range frames {
		w.run("sync", "stores", "products", "--log-level", "debug", "--format", "json")
		w.Exec(`UPDATE budgets SET held_until = NULL, limited = 0, probed_until = NULL`)
	}
	w.Want("failures", []string{"0"}, `SELECT failures::text FROM report.jobs WHERE job = 'stores'`)
	w.Want("polls", []string{strconv.Itoa(len(frames))}, `SELECT count(*)::text FROM report.polls WHERE job = 'stores'`)
	w.Woosmap.Script(datasetID(0), frames...)
	w.Exec(`UPDATE cursors SET next_poll_at = now() WHERE next_poll_at IS NOT NULL`)
	daemon := w.serve("--log-format", "json", "--log-level", "debug")
	daemon.await(`"msg":"changed"`)
	daemon.stop()
	for _, job := range []string{"stores", "products"} {
		for _, args := range [][]string{{"history", job}, {"history", job, "--format", "json"}, {"log", job, "--format", "csv"}, {"snapshot", job, "1"}, {"snapshot", job, "1", "--diff", "2"}, {"job", "show", job}} {
			w.must(args...)
		}
	}
	for _, args := range [][]string{{"job", "list", "--format", "json"}, {"source", "list", "--format", "json"}, {"rebuild"}} {
		w.must(args...)
	}
	w.Check()

	for _, p := range w.started {
		wantHushed(t, fmt.Sprintf("tracker %q", p.cmd.Args[1:]), p.stdout.String()+p.stderr.String())
	}
	dump := w.dump()
	if text := revealed(dump); !strings.Contains(text, `"request_id":"q1"`) || !strings.Contains(text, "REDACTED") {
		t.Error("the dump holds no bodies in which something was redacted")
	}
	wantHushed(t, "the dump", dump)
}

var (
	hexBytes    = regexp.MustCompile(`\\x[0-9a-f]{8,}`)
	unicodeCode = regexp.MustCompile(`\\+u00([0-9a-fA-F]{2})`)
	percentCode = regexp.MustCompile(`%(?:25)*([0-9a-fA-F]{2})`)
)

// revealed undoes the ways in which a text may be written.
func revealed(text string) string {
	char := func(code string) string {
		plain, err := hex.DecodeString(code[len(code)-2:])
		if err != nil {
			return code
		}
		return string(plain)
	}
	text = hexBytes.ReplaceAllStringFunc(text, func(bytes string) string {
		plain, _ := hex.DecodeString(bytes[2 : len(bytes)-len(bytes)%2])
		return string(plain)
	})
	text = unicodeCode.ReplaceAllStringFunc(text, char)
	return strings.ReplaceAll(percentCode.ReplaceAllStringFunc(text, char), `\`, "")
}

// wantHushed looks for secrets in a text, however they may be written there.
func wantHushed(t *testing.T, what, text string) {
	t.Helper()
	text = revealed(text)
	_, encoded := hushed()
	for _, secret := range append(encoded, "hush") {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%s holds %q: …%s…", what, secret, text[max(0, at-100):min(len(text), at+100)])
		}
	}
}

// dump gives all that is in the database, as pg_dump writes it.
func (w *world) dump() string {
	w.t.Helper()
	out, err := exec.CommandContext(w.t.Context(), postgresProgram(w.t, "pg_dump"), "--dbname", w.URL).Output()
	if err != nil {
		w.t.Fatalf("pg_dump: %v", err)
	}
	return string(out)
}

// postgresProgram finds one of the programs that come with Postgres.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	dirs := []string{os.Getenv("TRACKER_PG_BIN")}
	if path, err := exec.LookPath(name); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/usr/libexec/postgresql*"} {
		places, _ := filepath.Glob(pattern)
		dirs = append(dirs, places...)
	}
	for _, dir := range dirs {
		if path := filepath.Join(dir, name); dir != "" {
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	t.Fatalf("%s is nowhere to be found beside Postgres' other programs", name)
	return ""
}
