package source_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/source"
)

// scopeDir lays out a directory of credentials as Kubernetes does, with ways
// out of it, beside a secret of somebody else.
func scopeDir(t *testing.T) (dir string) {
	t.Helper()
	base := t.TempDir()
	dir = filepath.Join(base, "keys")
	for path, content := range map[string]string{
		filepath.Join(base, "other"): "of-somebody-else", filepath.Join(base, "keys-of-others"): "of-somebody-else",
		filepath.Join(dir, "..2026", "woosmap"): "hunter22", filepath.Join(dir, "plain"): "hunter22",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"..data": "..2026", "woosmap": "..data/woosmap", "out": "../other", "absolute": filepath.Join(base, "other"), "up": "..",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCredentialScope(t *testing.T) {
	t.Parallel()
	dir := scopeDir(t)
	onlyDir, onlyEnv := source.CredentialScope{Dir: dir}, source.CredentialScope{EnvPrefix: "IMPORT_"}
	both := source.CredentialScope{Dir: dir + "/", EnvPrefix: "IMPORT_"}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(here, dir)
	if err != nil {
		t.Fatal(err)
	}
	const outside, linked = "is refused on this host: only files below ", "have to be relative and to stay below"
	tests := []struct {
		name, ref, err string
		scope          source.CredentialScope
	}{
		{"All", "file:" + dir + "/../other", "", source.CredentialScope{}},
		{"File", "file:" + dir + "/plain", "", onlyDir},
		{"FileOfBoth", "file:" + dir + "/plain", "", both},
		{"RelativeFile", "file:" + relative + "/plain", "", onlyDir},
		{"RelativeDir", "file:" + dir + "/plain", "", source.CredentialScope{Dir: relative}},
		{"LinkThatStays", "file:" + dir + "/woosmap", "", onlyDir},
		{"Absent", "file:" + dir + "/absent", "no such file", onlyDir},
		{"TheDirectory", "file:" + dir, "no regular file", onlyDir},
		{"NoDirectory", "file:/does/not/exist/key", "no such file", source.CredentialScope{Dir: "/does/not/exist"}},
		{"FileBeside", "file:" + dir + "/../other", outside, onlyDir},
		{"NameThatBeginsSo", "file:" + dir + "-of-others", outside, onlyDir},
		{"Above", "file:" + dir + "/..", outside, onlyDir},
		{"Elsewhere", "file:/etc/passwd", outside, both},
		{"LinkOut", "file:" + dir + "/out", linked, onlyDir},
		{"AbsoluteLink", "file:" + dir + "/absolute", linked, onlyDir},
		{"ThroughALink", "file:" + dir + "/up/other", linked, onlyDir},
		{"Variable", "env:IMPORT_KEY", "", onlyEnv},
		{"VariableOfBoth", "env:IMPORT_KEY", "", both},
		{"OtherVariable", "env:DATABASE_URL", "is refused on this host: only variables that begin with IMPORT_ (--credential-env) may be named", onlyEnv},
		{"VariableWithOnlyADir", "env:IMPORT_KEY", outside, onlyDir},
		{"FileWithOnlyAPrefix", "file:" + dir + "/plain", "is refused on this host: only variables ", onlyEnv},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := source.ReadCredential(test.ref, func(string) string { return "hunter22" }, test.scope)
			wantError(t, err, test.err)
			if err != nil && !errors.Is(err, source.ErrCredential) {
				t.Errorf("%v is no error of a credential", err)
			}
			refused := test.scope.Check(test.ref)
			if want := strings.Contains(test.err, "is refused"); (refused != nil) != want {
				t.Errorf("to look at the reference alone gives %v", refused)
			}
		})
	}
}
