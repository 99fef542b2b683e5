package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	readmeRow      = regexp.MustCompile("(?m)^\\| `([^`]+)`(?: \\|)")
	fileLink       = regexp.MustCompile(`\]\(([a-zA-Z][^):]*)\)`)
	envName        = regexp.MustCompile("(?m)^(?:\\| `|  )([A-Z][A-Z_]+)[` ]")
	longFlag       = regexp.MustCompile(`--?[a-z][a-z-]*`)
	readmeCommands = regexp.MustCompile(`(?s)## Commands\n(.*?)\n## `)
)

// TestReadmeTables compares the tables of commands and of the environment with
// what there is.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	text := readFile(t, "README.md")
	root := (&app{}).rootCommand()
	told := map[string]bool{"help": true, "completion": true} // which every such program has
	for _, row := range readmeRow.FindAllStringSubmatch(readmeCommands.FindString(text), -1) {
		words := strings.Fields(strings.ReplaceAll(row[1], `\|`, "|"))
		told[words[0]] = true
		cmd, _, err := root.Find(words[:1])
		if err != nil {
			t.Errorf("%s: %v", row[1], err)
			continue
		}
		if cmd.HasSubCommands() {
			var names []string
			for _, sub := range cmd.Commands() {
				names = append(names, sub.Name())
			}
			want := strings.Split(words[1], "|")
			slices.Sort(want)
			if slices.Sort(names); !slices.Equal(names, want) {
				t.Errorf("%s: there are %q", row[1], names)
			}
			continue
		}
		for _, flag := range longFlag.FindAllString(row[1][len(words[0]):], -1) {
			if known := cmd.Flags().Lookup(strings.TrimPrefix(flag, "--")); known == nil && (len(flag) != 2 || cmd.Flags().ShorthandLookup(flag[1:]) == nil) {
				t.Errorf("%s: there is no %s", row[1], flag)
			}
		}
	}
	for _, cmd := range root.Commands() {
		if !told[cmd.Name()] {
			t.Errorf("the README does not tell of  %s", cmd.CommandPath())
		}
	}
	if told, known := names(text), names(environmentHelp); !slices.Equal(told, known) {
		t.Errorf("variables in the README %q, in the help %q", told, known)
	}
	for _, link := range fileLink.FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(repository, link[1])); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
	if lines := strings.Count(text, "\n"); lines >= 200 {
		t.Errorf("the README has %d lines", lines)
	}
}

// names lists the variables that a table, or a help, begins its lines with.
func names(text string) []string {
	var all []string
	for _, match := range envName.FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	slices.Sort(all)
	return all
}
