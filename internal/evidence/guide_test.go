package evidence_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tracker/internal/evidence"
)

// byHandPrograms are of the GNU coreutils, with a shell.
var byHandPrograms = []string{"sh", "basenc", "base64", "cat", "cut", "head", "sha256sum", "tail", "tr"}

// TestGuideByHand runs what VERIFY.md says, where there are a shell and coreutils alone,
// and, for the signature, OpenSSL.
func TestGuideByHand(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.restless()
	l.follow("another", run("x1", "in_progress", ""), run("x1", "success", ""))
	l.seal()
	path := l.mustExport(evidence.Request{Job: job, RunNo: 1})
	said, err := byHand(t, unpack(t, path), "")
	if err != nil {
		t.Fatalf("%v:\n%s", err, said)
	}
	want := []string{
		"bodies/000001.json: OK", "bodies/000002.json: OK", "bodies/000010.json: OK", "bodies/000011.json: OK",
		"leaves/snapshot-000001.txt: in the log", "leaves/snapshot-000002.txt: in the log", "leaves/snapshot-000010.txt: in the log", "leaves/snapshot-000011.txt: in the log",
	}
	if lines := strings.Split(strings.TrimSpace(said), "\n"); !slices.Equal(lines[:len(want)], want) || len(lines) != len(want)+1 || !strings.Contains(lines[len(want)], "Verified Successfully") {
		t.Errorf("it says\n%s", said)
	}
	for name, change := range map[string][2]string{
		"bodies/000002.json":          {"done", "gone"},
		"leaves/snapshot-000010.txt":  {"polled_at 2", "polled_at 3"},
		"proofs/snapshot-000011.json": {`"left"`, `"right"`},
		"checkpoint.txt":              {"\n16\n", "\n17\n"},
	} {
		members := unpack(t, path)
		i := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		altered := strings.Replace(string(members[i].content), change[0], change[1], 1)
		if altered == string(members[i].content) {
			t.Fatalf("%s has no %q:\n%s", name, change[0], altered)
		}
		members[i].content = []byte(altered)
		if said, err := byHand(t, members, ""); err == nil {
			t.Errorf("%s was altered, and by hand nothing is wrong:\n%s", name, said)
		}
	}
	if said, err := byHand(t, unpack(t, path), l.otherKey()); err == nil {
		t.Errorf("by another key nothing is wrong:\n%s", said)
	}
}

// byHand unpacks members and does what their VERIFY.md says, with a key (empty: theirs).
func byHand(t *testing.T, members []member, key string) (said string, err error) {
	t.Helper()
	dir, bin, scratch := t.TempDir(), t.TempDir(), t.TempDir()
	var guide string
	for _, m := range members {
		path := filepath.Join(dir, m.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if m.name == "key.txt" && key != "" {
			m.content = []byte(key + "\n")
		}
		if err := os.WriteFile(path, m.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if m.name == "VERIFY.md" {
			guide = string(m.content)
		}
	}
	for _, name := range append([]string{"openssl"}, byHandPrograms...) {
		program, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(program, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(guide, -1)
	if len(blocks) != 3 {
		t.Fatalf("the guide has %d blocks of shell", len(blocks))
	}
	var script strings.Builder
	for _, block := range blocks {
		script.WriteString(strings.ReplaceAll(block[1], "/tmp/", scratch+"/"))
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "sh"), "-c", script.String()) //nolint:gosec // of this test
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + bin}
	out, err := cmd.CombinedOutput()
	return string(out), err
}
