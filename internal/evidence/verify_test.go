package evidence_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tracker/internal/evidence"
	"tracker/internal/ledger"
)

// member is one of a pack's, in its order.
type member struct {
	name    string
	content []byte
}

func unpack(t *testing.T, path string) (members []member) {
	t.Helper()
	reader, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	for _, file := range reader.File {
		in, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, member{file.Name, content})
	}
	return members
}

func packUp(t *testing.T, members []member) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "altered.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(file)
	for _, m := range members {
		out, err := w.Create(m.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// alter alters the members of a pack.
type alter func([]member) []member

// replaced alters a member that has a text.
func replaced(t *testing.T, name, old, changed string) alter {
	t.Helper()
	return func(all []member) []member {
		i := slices.IndexFunc(all, func(m member) bool { return m.name == name })
		text := strings.Replace(string(all[i].content), old, changed, 1)
		if text == string(all[i].content) {
			t.Errorf("%s has no %q", name, old)
		}
		all[i].content = []byte(text)
		return all
	}
}

// alteration is one way to alter a pack, and what is then told.
type alteration struct {
	alter alter // nil: the file is cut off
	want  string
}

func alterations(t *testing.T, members, other []member) map[string]alteration {
	t.Helper()
	replaced := func(name, old, changed string) alter { return replaced(t, name, old, changed) }
	both := func(one, two alter) alter { return func(all []member) []member { return two(one(all)) } }
	added := func(m member) alter { return func(all []member) []member { return append(all, m) } }
	without := func(name string) alter {
		return func(all []member) []member {
			return slices.DeleteFunc(all, func(m member) bool { return m.name == name })
		}
	}
	return map[string]alteration{
		"a body is missing":               {without("bodies/000004.json"), "its member bodies/000004.json is missing"},
		"the proof is missing":            {without("proofs/snapshot-000003.json"), "its member proofs/snapshot-000003.json is missing"},
		"run.json is missing":             {without("run.json"), "it has no member run.json"},
		"a body is doubled":               {added(member{"bodies/000004.json", members[2].content}), `it has two members "bodies/000004.json"`},
		"a member too many":               {added(member{"bodies/000005.json", members[2].content}), `nothing tells of its member "bodies/000005.json"`},
		"a member that climbs":            {added(member{"../../etc/passwd", nil}), `its member "../../etc/passwd" climbs out of it`},
		"a member from the root":          {added(member{"/etc/passwd", nil}), "climbs out of it"},
		"a member that climbs by Windows": {added(member{`..\x`, nil}), "climbs out of it"},
		"a body is renamed":               {func(all []member) []member { all[2].name = "bodies/000009.json"; return all }, `"bodies/000009.json"`},
		"two bodies have changed places": {func(all []member) []member {
			all[1].content, all[2].content = all[2].content, all[1].content
			return all
		}, "job stores-eu, snapshot 3 of "},
		"a body has grown by a byte": {replaced("bodies/000004.json", "}", "} "), "snapshot 4 of "},
		"a body and its hash": {func(all []member) []member {
			was := sha256.Sum256(all[2].content)
			all = replaced("bodies/000004.json", "failed", "tailed")(all)
			is := sha256.Sum256(all[2].content)
			return replaced("run.json", hex.EncodeToString(was[:]), hex.EncodeToString(is[:]))(all)
		}, "leaves/snapshot-000004.txt is not what run.json says"},
		"a leaf":                      {replaced("leaves/snapshot-000003.txt", "previous_polls 1", "previous_polls 2"), "leaves/snapshot-000003.txt is not what run.json says"},
		"a leaf and run.json":         {both(replaced("leaves/snapshot-000003.txt", "previous_polls 1", "previous_polls 2"), replaced("run.json", `"previous_polls": 1`, `"previous_polls": 2`)), "not a proof that the log has it"},
		"a proof":                     {replaced("proofs/snapshot-000003.json", `"left"`, `"right"`), "proofs/snapshot-000003.json"},
		"a proof of no hash":          {replaced("proofs/snapshot-000003.json", `ft": "`, `ft": "z`), "not a proof"},
		"the checkpoint":              {replaced("checkpoint.txt", "\n13\n", "\n14\n"), "the checkpoint: run.json tells of another one"},
		"the checkpoint and run.json": {both(replaced("checkpoint.txt", "\n13\n", "\n14\n"), replaced("run.json", `"size": 13`, `"size": 14`)), "not signed by this key"},
		"the key that is named":       {replaced("key.txt", "lab", "lob"), "key.txt: run.json tells of another one"},
		"a transition":                {replaced("run.json", `"to_status": "failed"`, `"to_status": "success"`), "of run 2 of "},
		"a time of a run":             {replaced("run.json", `"last_changed_at": "2`, `"last_changed_at": "3`), "run 2 of "},
		"what was logged":             {replaced("run.json", "alert", "alart"), "run 2"},
		"a blank in run.json":         {replaced("run.json", `"format": 1`, `"format":  1`), "it is not written as packs are"},
		"a name that packs lack":      {replaced("run.json", `"format": 1`, `"more": 1, "format": 1`), "unknown field"},
		"another format":              {replaced("run.json", `"format": 1`, `"format": 9`), "its format is 9, not 1"},
		"what was passed over":        {replaced("run.json", `"snapshot_no": 2,`, `"snapshot_no": 1,`), "the answers before it are neither here nor told"},
		"numbers that follow":         {replaced("run.json", `"transition_no": `, `"transition_no": 1`), "of run 2 of "},
		"the page":                    {replaced("report.html", "failed", "passed"), "report.html: it does not say what run.json and the bodies give"},
		"the guide":                   {replaced("VERIFY.md", "You need not", "You need to"), "VERIFY.md: it does not say"},
		"a page of another run":       {func(all []member) []member { all[9].content = other[len(other)-2].content; return all }, "report.html: it does not say"},
		"cut off in the middle":       {nil, "not a pack as  tracker export  makes it"},
	}
}

// TestVerifyFinds alters a pack in each way, and has it told what is wrong.
func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.restless()
	l.seal()
	path := l.mustExport(evidence.Request{Job: job, RunNo: 2})
	other := unpack(t, l.mustExport(evidence.Request{Job: job, RunNo: 4}))
	members := unpack(t, path)
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.name
	}
	if want := []string{
		"VERIFY.md", "bodies/000003.json", "bodies/000004.json", "checkpoint.txt", "key.txt", "leaves/snapshot-000003.txt", "leaves/snapshot-000004.txt",
		"proofs/snapshot-000003.json", "proofs/snapshot-000004.json", "report.html", "run.json",
	}; !slices.Equal(names, want) || !slices.IsSorted(names) {
		t.Fatalf("the members are %q", names)
	}
	for what, test := range alterations(t, members, other) {
		t.Run(strings.ReplaceAll(what, " ", "_"), func(t *testing.T) {
			t.Parallel()
			altered := filepath.Join(t.TempDir(), "cut.zip")
			if test.alter != nil {
				all := slices.Clone(members)
				altered = packUp(t, test.alter(all))
			} else if whole, err := os.ReadFile(path); err != nil || os.WriteFile(altered, whole[:len(whole)/2], 0o600) != nil {
				t.Fatal(err)
			}
			if _, err := evidence.Verify(t.Context(), altered, &l.key.Verifier); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("it says %v", err)
			}
		})
	}
	for _, m := range members { // whatever grows by a byte is found
		grown := slices.Clone(members)
		i := slices.IndexFunc(grown, func(g member) bool { return g.name == m.name })
		grown[i].content = append(bytes.Clone(m.content), '\n')
		if _, err := evidence.Verify(t.Context(), packUp(t, grown), &l.key.Verifier); err == nil {
			t.Errorf("%s has grown by a byte, and nothing is wrong", m.name)
		}
	}
	_, another, err := ledger.GenerateKey(l.key.Verifier.Name())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.Verify(t.Context(), path, &another.Verifier); !errors.Is(err, ledger.ErrSignature) || !strings.Contains(err.Error(), "the pack names the key "+l.key.Verifier.String()) {
		t.Errorf("by another key it says %v", err)
	}
	if verified, err := evidence.Verify(t.Context(), path, nil); err != nil || len(verified.Notes) != 2 {
		t.Errorf("without a key: %q, %v", verified.Notes, err)
	}
	if wrong, ok := errors.AsType[*evidence.WrongError](verifyError(t, l, packUp(t, replaced(t, "bodies/000004.json", "}", "} ")(slices.Clone(members))))); !ok || wrong.Job != "stores-eu" || wrong.What != "snapshot 4" || wrong.At.IsZero() {
		t.Errorf("it is not named: %+v", wrong)
	}
}

func verifyError(t *testing.T, l *lab, path string) error {
	t.Helper()
	_, err := evidence.Verify(t.Context(), path, &l.key.Verifier)
	return err
}

// TestVerifyRefusesWhatIsNoPack unpacks nothing of it.
func TestVerifyRefusesWhatIsNoPack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.zip")
	if err := os.WriteFile(text, []byte("PK, it is not"), 0o600); err != nil {
		t.Fatal(err)
	}
	bomb := packUp(t, []member{{"run.json", bytes.Repeat([]byte{' '}, 8<<20)}})
	empty := packUp(t, nil)
	for path, want := range map[string]error{
		text: evidence.ErrNotPack, dir: evidence.ErrNotPack, empty: evidence.ErrNotPack, bomb: evidence.ErrLimit, overlapping(t): evidence.ErrLimit,
		filepath.Join(dir, "none.zip"): os.ErrNotExist,
	} {
		if _, err := evidence.Verify(t.Context(), path, nil); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

// overlapping is a zip file whose thousand members are one and the same stretch of it.
func overlapping(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "overlapping.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(file)
	random := []byte(strings.Repeat("0123456789abcdef", 256))
	out, err := w.CreateHeader(&zip.FileHeader{Name: "a", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	_, err = out.Write(random)
	if err = errors.Join(err, w.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Its directory names the member once, in 47 bytes: it is to name it a thousand times.
	end := bytes.LastIndex(whole, []byte("PK\x05\x06"))
	begin := bytes.LastIndex(whole, []byte("PK\x01\x02"))
	directory, trailer := whole[begin:end], bytes.Clone(whole[end:])
	forged := bytes.Clone(whole[:begin])
	const times = 1000
	for i := range times {
		one := bytes.Clone(directory)
		one[46] = byte('a' + i%26)
		forged = append(forged, one...)
	}
	size := len(directory) * times
	trailer[8], trailer[9], trailer[10], trailer[11] = byte(times%256), byte(times/256), byte(times%256), byte(times/256)
	trailer[12], trailer[13], trailer[14] = byte(size), byte(size>>8), byte(size>>16)
	if err := os.WriteFile(path, append(forged, trailer...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPageSaysNothingOfItsOwn: what the service says is text on the page, and no more.
func TestPageSaysNothingOfItsOwn(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.follow("stores-eu",
		run("r1\u202e", "<b>", step("</svg><script>x</script>", "in_progress", entry(`" onload="x`, `<img src=x onerror=x>`))),
		run("r1\u202e", "failed", step("</svg><script>x</script>", "failed", entry("error", `<img src=x onerror=x>`))))
	l.seal()
	for _, m := range unpack(t, l.mustExport(evidence.Request{Job: job})) {
		if m.name != "report.html" {
			continue
		}
		page := string(m.content)
		if found := regexp.MustCompile(`<(script|img|b>|iframe)|onload="|\x{202e}|https?://`).FindString(page); found != "" {
			t.Errorf("the page has %q", found)
		}
		if !strings.Contains(page, "&lt;img src=x onerror=x&gt;") || !strings.Contains(page, "<svg ") {
			t.Errorf("the page lacks what the service said, or the picture:\n%s", page)
		}
		return
	}
	t.Error("there is no page")
}

// TestExportOfSafetyKit has observed steps, and results.
func TestExportOfSafetyKit(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	job := l.request("req-1", `{"data":[],"namespace":"products","request_id":"req-1","status":"queued"}`,
		`{"data":[],"namespace":"products","request_id":"req-1","status":"uploading"}`,
		`{"data":[{"id":"a","output":{"actions":[{}],"fields":{"n":1.50},"labels":[{"label":"fine"}]},"url":"https://x.example.com/a?token=secret","metadata":{"ref":"bar"}}],"namespace":"products","request_id":"req-1","status":"succeeded"}`)
	l.seal()
	path := l.mustExport(evidence.Request{Job: job, RunNo: 1})
	if verified, err := evidence.Verify(t.Context(), path, &l.key.Verifier); err != nil || verified.Steps != 2 || verified.Snapshots != 3 {
		t.Errorf("%+v, %v", verified, err)
	}
	for _, m := range unpack(t, path) {
		if bytes.Contains(m.content, []byte("secret")) {
			t.Errorf("%s has a secret", m.name)
		}
		if m.name == "run.json" && !bytes.Contains(m.content, []byte(`"result_items": [`+"\n")) {
			t.Errorf("run.json has no results:\n%s", m.content)
		}
	}
}
