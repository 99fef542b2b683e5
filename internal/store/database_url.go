package store

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// unreadableURL is the error for a URL that cannot be read, or not with what
// the environment says of connections: then the variable is named. It shows
// nothing of the URL.
func unreadableURL(url string) error {
	set := map[string]string{}
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "PG") && value != "" {
			set[name] = value
			_ = os.Unsetenv(name)
		}
	}
	_, alone := pgx.ParseConfig(url)
	var wrong []string
	for name, value := range set {
		_ = os.Setenv(name, value)
		if _, err := pgx.ParseConfig(url); err != nil && alone == nil {
			reason := "its value cannot be used"
			if cause := errors.Unwrap(err); cause != nil {
				reason = cause.Error()
			}
			wrong = append(wrong, fmt.Sprintf("%s in the environment is wrong: %s", name, reason))
		}
		_ = os.Unsetenv(name)
	}
	for name, value := range set {
		_ = os.Setenv(name, value)
	}
	if len(wrong) == 0 {
		return ErrDatabaseURL
	}
	return fmt.Errorf("%w: correct it, or unset it", errors.New(strings.Join(wrong, "; ")))
}
