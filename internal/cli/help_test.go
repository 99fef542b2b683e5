package cli

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"tracker/internal/source"
)

// TestHelp looks at the help of every command.
func TestHelp(t *testing.T) {
	t.Parallel()
	for _, path := range commandPaths() {
		t.Run(strings.Join(append([]string{"tracker"}, path...), " "), func(t *testing.T) {
			t.Parallel()
			cmd := commandAt(t, path)
			var help bytes.Buffer
			cmd.SetOut(&help)
			if err := cmd.Help(); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(help.String()) {
				if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > helpWidth {
					t.Errorf("%d columns: %s", width, line)
				}
			}
			if cmd.Short == "" || cmd.Long == "" {
				t.Errorf("it says too little:\n%s", help.String())
			}
			if cmd.Example == "" && !cmd.HasSubCommands() {
				t.Error("it has no example")
			}
			for _, words := range examples(cmd.Example) {
				checkUse(t, words)
			}
		})
	}
}

// TestTextsAskForTheNamesOfProviders: no text of a command lists them but its
// examples, and what the demo simulates.
func TestTextsAskForTheNamesOfProviders(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "demo") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if field, ok := n.(*ast.KeyValueExpr); ok {
				key, isName := field.Key.(*ast.Ident)
				return !isName || key.Name != "Example"
			}
			if text, ok := n.(*ast.BasicLit); ok {
				for _, provider := range source.Providers() {
					if strings.Contains(strings.ToLower(text.Value), provider.Name) {
						t.Errorf("%s names %s: %s", name, provider.Name, text.Value)
					}
				}
			}
			return true
		})
	}
}

// commandPaths are the names that lead to each command. Those of completion's
// shells are cobra's own.
func commandPaths() [][]string {
	paths := [][]string{nil}
	for _, cmd := range commands((&app{}).rootCommand()) {
		if cmd.Parent().Name() != "completion" {
			paths = append(paths, strings.Fields(cmd.CommandPath())[1:])
		}
	}
	return paths
}

// commandAt finds a command in a tree of its own, which a test may alter.
func commandAt(t *testing.T, path []string) *cobra.Command {
	t.Helper()
	cmd, rest, err := (&app{}).rootCommand().Find(path)
	if err != nil || len(rest) > 0 {
		t.Fatalf("find %q: %v", path, err)
	}
	cmd.InitDefaultHelpFlag()
	return cmd
}

var (
	beforeTracker = regexp.MustCompile(`^([A-Z_]+=\S+ )*(\S*/)?tracker `)
	afterTracker  = regexp.MustCompile(` +(#|\||>|&&|\)).*$`)
	shellWord     = regexp.MustCompile(`'[^']*'|\S+`)
)

// examples gives the words of each command line that calls the tracker.
func examples(text string) [][]string {
	var all [][]string
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "source <("), ")")
		if line = beforeTracker.ReplaceAllString(line, "tracker "); !strings.HasPrefix(line, "tracker ") {
			continue
		}
		var words []string
		for _, word := range shellWord.FindAllString(afterTracker.ReplaceAllString(line, ""), -1) {
			words = append(words, strings.Trim(word, "'"))
		}
		all = append(all, words[1:])
	}
	return all
}

// checkUse checks that a command line names a command, its flags and as many
// arguments as it takes.
func checkUse(t *testing.T, words []string) {
	t.Helper()
	cmd, rest, err := (&app{}).rootCommand().Find(words)
	if err != nil {
		t.Errorf("tracker %s: %v", strings.Join(words, " "), err)
		return
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("tracker %s: %v", strings.Join(words, " "), err)
	} else if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		t.Errorf("tracker %s: %v", strings.Join(words, " "), err)
	}
}

func TestHelp_OfWhatIsNone(t *testing.T) {
	t.Parallel()
	f := &readFixture{t: t, getenv: func(string) string { return "" }}
	for args, want := range map[string]string{
		"help histroy":    `unknown command "histroy"; did you mean  tracker history; see  tracker --help`,
		"help job lst":    `unknown command "lst"; did you mean  tracker job list`,
		"completion fosh": `unknown command "fosh"`,
		"completion":      "a command is missing; see  tracker completion --help",
		"histroy":         "did you mean  tracker history",
		"history --runz":  "unknown flag: --runz; see  tracker history --help",
	} {
		if stdout, stderr, code := f.run(strings.Fields(args)...); code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("tracker %s ends with %d and says %s%s", args, code, stdout, stderr)
		}
	}
	if text := f.must("help", "job", "add"); !strings.Contains(text, "tracker job add NAME") {
		t.Errorf("tracker help job add says %s", text)
	}
}
