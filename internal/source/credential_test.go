package source_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tracker/internal/source"
)

func TestCheckCredentialRef(t *testing.T) {
	t.Parallel()
	for _, ref := range []string{"env:KEY", "env:_k2", "file:/run/secrets/key", "file:key"} {
		if err := source.CheckCredentialRef(ref); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for _, ref := range []string{"", "env:", "env:2K", "env:A B", "env:A=B", "file:", "KEY", "hunter22-private", "vault:x"} {
		err := source.CheckCredentialRef(ref)
		if !errors.Is(err, source.ErrCredential) {
			t.Errorf("%q: got %v", ref, err)
		} else if strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%q: %v shows what may be the credential itself", ref, err)
		}
	}
}

func TestReadCredential(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	tests := []struct {
		name, ref, content string
		secret, err        string
	}{
		{"Variable", "env:KEY", "hunter22", "hunter22", ""},
		{"VariableNotSet", "env:KEY", "", "", "empty or not set"},
		{"VariableWithLineBreak", "env:KEY", "hunter22\r\nHost: x", "", "line break"},
		{"File", "file:", "hunter22", "hunter22", ""},
		{"FileWithNewline", "file:", "hunter22\r\n", "hunter22", ""},
		{"FileEmpty", "file:", "\n", "", "empty"},
		{"FileOfTwoLines", "file:", "hunter22\nhunter22", "", "line break"},
		{"FileWithByteOrderMark", "file:", "\ufeffhunter22\n", "hunter22", ""},
		{"FileOfByteOrderMark", "file:", "\ufeff\r\n", "", "empty"},
		{"FileInUTF16", "file:", "\xff\xfeh\x00u\x00n\x00t\x00", "", "in UTF-16: write it in UTF-8"},
		{"FileInLatin1", "file:", "hunter22\xe9", "", "not in UTF-8"},
		{"FileWithQuotes", "file:", `"hunter22"` + "\n", "", "in quotes: write the value alone"},
		{"FileWithSingleQuotes", "file:", `'hunter22'`, "", "in quotes"},
		{"FileWithTypographicQuotes", "file:", `“hunter22”`, "", "in quotes"},
		{"FileWithClosingQuote", "file:", `hunter22"`, "", "in quotes"},
		{"FileWithZeroWidthSpace", "file:", "hunter22\u200b", "", "an invisible character (U+200B)"},
		{"FileWithMarkInside", "file:", "hun\ufeffter22", "", "an invisible character (U+FEFF)"},
		{"FileWithSoftHyphen", "file:", "hun\u00adter22", "", "an invisible character (U+00AD)"},
		{"FileWithNonBreakingSpace", "file:", "\u00a0hunter22", "", "a space of another kind (U+00A0)"},
		{"FileWithNarrowSpace", "file:", "hunter\u202f22", "", "a space of another kind (U+202F)"},
		{"FileWithBlank", "file:", "hunter22 \n", "", "begins or ends with a blank"},
		{"FileOfAssignment", "file:", "WOOSMAP_PRIVATE_KEY=hunter22\n", "", "reads as NAME=VALUE: write the value alone"},
		{"FileOfExport", "file:", "export KEY='hunter22'\n", "", "reads as NAME=VALUE"},
		{"FileOfAssignmentOfALogin", "file:", "authorization = hunter22", "", "reads as NAME=VALUE"},
		{"FileOfAssignmentInSmallLetters", "file:", "api_key = hunter22", "", "reads as NAME=VALUE"},
		{"FileOfBase64", "file:", "SFVOVEVSMjI=", "SFVOVEVSMjI=", ""},
		{"FileOfBase64WithTwo", "file:", "HUNTER2Q==", "HUNTER2Q==", ""},
		{"FileWithOddSigns", "file:", `hunter=22'"x y&é`, `hunter=22'"x y&é`, ""},
		{"VariableWithQuotes", "env:KEY", `"hunter22"`, "", "in quotes"},
		{"VariableWithNonBreakingSpace", "env:KEY", "hunter22\u00a0", "", "U+00A0"},
		{"FileTooLong", "file:", strings.Repeat("hunter22", 10_000), "", "over 65536 bytes"},
		{"FileMissing", "file:/does/not/exist", "", "", "no such file"},
		{"NoReference", "hunter22", "", "", "want env:NAME or file:PATH"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ref := test.ref
			if ref == "file:" {
				path := filepath.Join(folder, test.name)
				if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
					t.Fatal(err)
				}
				ref += path
			}
			secret, err := source.ReadCredential(ref, func(string) string { return test.content }, source.CredentialScope{})
			wantError(t, err, test.err)
			if err != nil && (strings.Contains(err.Error(), "hunter22") || !errors.Is(err, source.ErrCredential)) {
				t.Errorf("bad error %v", err)
			}
			if secret.Reveal() != test.secret {
				t.Errorf("got %q, want %q", secret.Reveal(), test.secret)
			}
		})
	}
}

func TestReadCredentialOpensRegularFilesOnly(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, t.TempDir(), "/dev/zero"} {
		_, err := source.ReadCredential("file:"+path, os.Getenv, source.CredentialScope{})
		if err == nil || !errors.Is(err, source.ErrCredential) || !strings.Contains(err.Error(), "no regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestCredentialWarning(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]string{
		0o600: "", 0o640: "", 0o644: "credential file:" + path + " can be read by other users: run  chmod o-r " + path,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if got := source.CredentialWarning("file:" + path); got != want {
			t.Errorf("%s: %q", mode, got)
		}
	}
	for _, ref := range []string{"env:HOME", "file:" + path + "-absent"} {
		if got := source.CredentialWarning(ref); got != "" {
			t.Errorf("%s: %q", ref, got)
		}
	}
}
