package audit_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"tracker/internal/audit"
	"tracker/internal/ledger"
	"tracker/internal/store"
	"tracker/internal/testdb"
	"tracker/internal/testkit"
)

// sealedLog is a log of its own, of which each seal adds a checkpoint.
type sealedLog struct {
	url   string
	store *store.Store
	key   *ledger.Key
	notes []string // that were sealed

	happened int
}

func newSealedLog(t *testing.T) *sealedLog {
	t.Helper()
	_, key, err := ledger.GenerateKey("audit.example.com/test")
	if err != nil {
		t.Fatal(err)
	}
	url := testdb.New(t)
	return &sealedLog{url: url, store: testkit.OpenStore(t, url), key: key}
}

// seal has something happen, and seals it.
func (l *sealedLog) seal(t *testing.T) {
	t.Helper()
	if err := l.sealBy(t, &audit.Sealer{Store: l.store, Key: l.key}); err != nil {
		t.Fatal(err)
	}
}

// sealBy has something happen, and a sealer seal it.
func (l *sealedLog) sealBy(t *testing.T, sealer *audit.Sealer) error {
	t.Helper()
	return l.turn(t, sealer, l.publisher(t, ""))
}

// turn has something happen, and a sealer seal and publish it.
func (l *sealedLog) turn(t *testing.T, sealer *audit.Sealer, publisher *audit.Publisher) error {
	t.Helper()
	name := "s" + strings.Repeat("x", l.happened)
	l.happened++
	by := store.Author{Actor: "ann", At: now(t, l.store)}
	if _, err := l.store.Apply(t.Context(), by, store.Declaration{Sources: []store.SourceSpec{testkit.Source(name, "woosmap", "http://127.0.0.1:1", "env:KEY")}}); err != nil {
		t.Fatal(err)
	}
	if err := l.store.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, sealing, publishing := sealer.SealAndPublish(t.Context(), publisher, func(c store.Checkpoint) { l.notes = append(l.notes, c.Note) })
	return errors.Join(sealing, publishing)
}

// publisher is one as after a start of the program.
func (l *sealedLog) publisher(t *testing.T, target string) *audit.Publisher {
	t.Helper()
	p, err := audit.NewPublisher(l.store, target)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func publish(t *testing.T, p *audit.Publisher, want int) {
	t.Helper()
	if n, err := p.Publish(t.Context()); err != nil || n != want {
		t.Fatalf("published %d, %v; want %d", n, err, want)
	}
}

func TestPublishToAFile(t *testing.T) {
	t.Parallel()
	l := newSealedLog(t)
	l.seal(t)
	l.seal(t)
	path := filepath.Join(t.TempDir(), "checkpoints")
	p := l.publisher(t, path)
	publish(t, p, 2)
	publish(t, p, 0)
	l.seal(t)
	publish(t, l.publisher(t, path), 1) // after a restart it goes on

	all := readFile(t, path)
	for end := len(all) - 1; end > 0; end -= 7 { // whatever the disk got of it before a crash
		if err := os.WriteFile(path, []byte(all[:end]), 0o600); err != nil {
			t.Fatal(err)
		}
		p := l.publisher(t, path)
		told := ""
		p.Warn = func(text string) { told += text }
		if _, err := p.Publish(t.Context()); err != nil {
			t.Fatalf("cut off after %d bytes: %v", end, err)
		}
		if got := readFile(t, path); got != all {
			t.Fatalf("cut off after %d bytes, it becomes\n%s", end, got)
		}
		if cut := ledger.Torn(all[:end]) > 0; cut != strings.Contains(told, "was broken off") {
			t.Fatalf("cut off after %d bytes, it says %q", end, told)
		}
	}
	published, err := ledger.ReadCheckpoints(readFile(t, path))
	if err != nil || len(published) != 3 || published[2].Note != l.notes[2] {
		t.Errorf("the file has %d checkpoints, %v", len(published), err)
	}
	if _, err := ledger.ReadCheckpoints(all[:len(all)-20]); err == nil {
		t.Error("one that is cut off is no error to who checks by it")
	}
}

// TestPublishToAFullDisk: what it took of a checkpoint is taken away when there is room.
func TestPublishToAFullDisk(t *testing.T) {
	t.Parallel()
	l := newSealedLog(t)
	l.seal(t)
	path := filepath.Join(t.TempDir(), "checkpoints")
	p := l.publisher(t, path)
	publish(t, p, 1)
	l.seal(t)
	full := audit.FillDisk(p, 40)
	for range 2 {
		if n, err := p.Publish(t.Context()); !errors.Is(err, syscall.ENOSPC) || n != 0 {
			t.Fatalf("to a full disk: published %d, %v", n, err)
		}
	}
	full.End()
	publish(t, p, 1)
	if got, want := readFile(t, path), l.notes[0]+"\n"+l.notes[1]+"\n"; got != want {
		t.Errorf("the file is\n%s\nand not\n%s", got, want)
	}
}

// TestSealBesideASpoiltFile: a daemon that has sealed goes on where nothing can be added to
// the published file any more; one that starts knows no other log to go on from.
func TestSealBesideASpoiltFile(t *testing.T) {
	t.Parallel()
	l := newSealedLog(t)
	path := filepath.Join(t.TempDir(), "checkpoints")
	running, p := &audit.Sealer{Store: l.store, Key: l.key}, l.publisher(t, path)
	if err := l.turn(t, running, p); err != nil {
		t.Fatal(err)
	}
	full := audit.FillDisk(p, 40)
	if err := l.turn(t, running, p); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	full.End()
	if err := os.WriteFile(path, []byte("something else\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		sealer *audit.Sealer
		p      *audit.Publisher
		sealed int
	}{{running, p, 3}, {&audit.Sealer{Store: l.store, Key: l.key}, l.publisher(t, path), 3}} {
		if err := l.turn(t, test.sealer, test.p); err == nil || len(l.notes) != test.sealed {
			t.Errorf("%d are sealed, not %d: %v", len(l.notes), test.sealed, err)
		}
	}
}

// TestPublishToAFileThatKnowsMore: a log that has lost its newest entries, or was written
// anew, is not taken for the one that was published.
func TestPublishToAFileThatKnowsMore(t *testing.T) {
	t.Parallel()
	l := newSealedLog(t)
	l.seal(t)
	l.seal(t)
	path := filepath.Join(t.TempDir(), "checkpoints")
	publish(t, l.publisher(t, path), 2)
	asSuperuser(t, l.url, "DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)")
	refuses(t, l.publisher(t, path), "it has 1 entries, and had 2")
	asSuperuser(t, l.url, "DELETE FROM checkpoints; DELETE FROM ledger_tiles; UPDATE changes SET actor = 'bob'")
	l.seal(t)
	refuses(t, l.publisher(t, path), "its first 2 entries were written anew")
}

func refuses(t *testing.T, p *audit.Publisher, want string) {
	t.Helper()
	if n, err := p.Publish(t.Context()); !errors.Is(err, audit.ErrOtherLog) || !strings.Contains(err.Error(), want) || n != 0 {
		t.Errorf("published %d, %v; want %s", n, err, want)
	}
}

func TestPublishToAFileOfAnotherLog(t *testing.T) {
	t.Parallel()
	l := newSealedLog(t)
	l.seal(t)
	other := newSealedLog(t)
	if _, other.key, _ = ledger.GenerateKey("audit.example.com/other"); other.key == nil {
		t.Fatal("no key")
	}
	other.seal(t)
	for name, text := range map[string]string{"OtherLog": other.notes[0] + "\n", "NoCheckpoint": "a diary\n\nof mine\n\n\n", "NoText": "\x00\x01"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := l.publisher(t, path).Publish(t.Context()); err == nil || n != 0 || readFile(t, path) != text {
			t.Errorf("%s: published %d, %v, and the file is\n%s", name, n, err, readFile(t, path))
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// collector is a server that takes checkpoints, or answers with a status.
type collector struct {
	mu     sync.Mutex
	answer int
	got    []string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answer/100 == 2 && r.Method == http.MethodPost {
		c.got = append(c.got, string(body))
	}
	w.WriteHeader(c.answer)
}

func (c *collector) answers(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = status
}

func TestPublishToAURL(t *testing.T) {
	t.Parallel()
	l := newSealedLog(t)
	l.seal(t)
	c := &collector{answer: http.StatusNoContent}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	url := server.URL + "/?token=secret"
	p := l.publisher(t, url)
	publish(t, p, 1)
	for _, refusal := range []int{http.StatusForbidden, http.StatusServiceUnavailable, http.StatusFound} { // it comes again with the next turn
		l.seal(t)
		c.answers(refusal)
		if n, err := p.Publish(t.Context()); err == nil || n != 0 || strings.Contains(err.Error(), "secret") {
			t.Errorf("refused by %d: published %d, %v", refusal, n, err)
		}
	}
	c.answers(http.StatusOK)
	publish(t, p, 3)
	if strings.Join(c.got, "\n") != strings.Join(l.notes, "\n") {
		t.Errorf("the server got\n%s\nbut sealed were\n%s", strings.Join(c.got, "\n"), strings.Join(l.notes, "\n"))
	}
	publish(t, l.publisher(t, url), 1) // after a restart the newest, since nobody knows what came
	if c.got[len(c.got)-1] != l.notes[len(l.notes)-1] {
		t.Error("after a restart it posts another than the newest")
	}
	c.got = nil
	if err := l.turn(t, &audit.Sealer{Store: l.store, Key: l.key}, l.publisher(t, url)); err != nil {
		t.Error(err)
	}
	if got, want := strings.Join(c.got, "\n"), strings.Join(l.notes[len(l.notes)-2:], "\n"); got != want { // and all that is sealed since
		t.Errorf("a tracker that has started posts\n%s\nand not\n%s", got, want)
	}
	server.Close()
	l.seal(t)
	if n, err := p.Publish(t.Context()); err == nil || n != 0 || strings.Contains(err.Error(), "secret") {
		t.Errorf("to nobody: published %d, %v", n, err)
	}
}

func TestPublishToNoTarget(t *testing.T) {
	t.Parallel()
	l := newSealedLog(t)
	for _, target := range []string{"ftp://example.com/x", "http://", "https://:80/%zz"} {
		if _, err := audit.NewPublisher(l.store, target); err == nil {
			t.Errorf("%s is taken", target)
		}
	}
	publish(t, l.publisher(t, ""), 0)
}
