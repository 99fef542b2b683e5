package tracking

import (
	"fmt"
	"strings"
)

// Pairs reads KEY=VALUE arguments.
func Pairs(args []string, what, form string) (map[string]string, error) {
	values := make(map[string]string, len(args))
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok || key == "" {
			return nil, RequestError{fmt.Errorf("%s %q: want %s", what, arg, form)}
		}
		if _, twice := values[key]; twice {
			return nil, RequestError{fmt.Errorf("%s %q: %s is given twice", what, arg, key)}
		}
		values[key] = value
	}
	return values, nil
}
