package source

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"tracker/internal/redact"
)

// credentialLimit bounds what is read of a credential's file, in bytes.
const credentialLimit = 64 << 10

// worldReadable is the right of everybody to read a file.
const worldReadable = 0o004

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// CheckCredentialRef reports what is wrong with the form of a credential
// reference, which is env:NAME or file:PATH. It reads neither.
func CheckCredentialRef(ref string) error {
	kind, name, _ := strings.Cut(ref, ":")
	switch kind {
	case "env":
		if !variableName.MatchString(name) {
			return fmt.Errorf("%w: env: has to name a variable", ErrCredential)
		}
	case "file":
		if name == "" || strings.ContainsRune(name, 0) {
			return fmt.Errorf("%w: file: has to name a path", ErrCredential)
		}
	default: // ref may be the credential itself and is not shown
		return fmt.Errorf("%w: want env:NAME or file:PATH", ErrCredential)
	}
	return nil
}

// ReadCredential gives the secret that a credential reference names. It fails
// where there is none, where the scope leaves it out, where it could not travel
// in an HTTP header and where it cannot be what a service gave; no error shows
// any of it.
func ReadCredential(ref string, getenv func(string) string, scope CredentialScope) (redact.Secret, error) {
	if err := CheckCredentialRef(ref); err != nil {
		return redact.Secret{}, err
	}
	if err := scope.Check(ref); err != nil {
		return redact.Secret{}, err
	}
	kind, name, _ := strings.Cut(ref, ":")
	value := ""
	if kind == "env" {
		value = getenv(name)
	} else {
		content, err := readCredentialFile(name, scope)
		if err != nil {
			return redact.Secret{}, fmt.Errorf("%w %s: %w", ErrCredential, ref, err)
		}
		value = contentOf(content)
	}
	if err := checkCredentialForm(value); err != nil {
		return redact.Secret{}, fmt.Errorf("%w %s: %w", ErrCredential, ref, err)
	}
	return redact.NewSecret(value), nil
}

// CredentialWarning tells what is unwise about where a credential is; it is
// empty where nothing is.
func CredentialWarning(ref string) string {
	path, isFile := strings.CutPrefix(ref, "file:")
	if !isFile {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&worldReadable == 0 {
		return ""
	}
	return fmt.Sprintf("credential %s can be read by other users: run  chmod o-r %s", ref, path)
}

func readCredentialFile(path string, scope CredentialScope) (string, error) {
	file, err := scope.open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(file, credentialLimit+1))
	if err != nil {
		return "", err
	}
	if len(content) > credentialLimit {
		return "", fmt.Errorf("over %d bytes", credentialLimit)
	}
	return string(content), nil
}
