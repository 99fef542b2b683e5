package cli

import (
	"fmt"
	"strings"

	"tracker/internal/definition"
	"tracker/internal/source"
)

// providerNames names the providers that are so, as in "safetykit or woosmap".
func providerNames(are func(source.Provider) bool) string {
	var names []string
	for _, provider := range definition.Providers() {
		if are(provider) {
			names = append(names, provider.Name)
		}
	}
	return strings.Join(names, " or ")
}

// anyProvider is for the names of all.
func anyProvider(source.Provider) bool { return true }

// targetsByProvider tells the fields of a target, a line for each provider.
func targetsByProvider() string {
	var lines strings.Builder
	for _, provider := range definition.Providers() {
		fmt.Fprintf(&lines, "  %-12s", provider.Name)
		for _, field := range provider.Target {
			fmt.Fprintf(&lines, " %s", field.Name)
		}
		lines.WriteByte('\n')
	}
	return lines.String()
}
