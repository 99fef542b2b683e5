package words

import (
	"fmt"
	"strings"

	"tracker/internal/tracking"
)

// Restless tells what to do about a job whose answers differ in what may not
// count; it is empty where there is nothing to do.
func Restless(r tracking.Restless) string {
	if r.Answers < tracking.RestlessLeast {
		return ""
	}
	quoted := make([]string, len(r.Paths)) // as YAML takes them
	for i, path := range r.Paths {
		quoted[i] = "'" + strings.ReplaceAll(path, "'", "''") + "'"
	}
	return fmt.Sprintf("%d of the newest answers differ from the one before in %s alone, and each is kept; if that does not count, give source %s  volatile: [%s]",
		r.Answers, strings.Join(r.Paths, ", "), r.Source, strings.Join(quoted, ", "))
}
