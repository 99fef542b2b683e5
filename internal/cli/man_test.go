package cli

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manDir is where to write the manual. A test writes it: the commands can be
// reached from their own package only, and the program is to carry no generator.
// Cobra's own makes no lists of commands, dates each page, and brings Markdown
// and YAML into the module.
var manDir = flag.String("man", "", "write the manual's pages to this directory")

// TestManual makes a page for each command from the texts of its help.
func TestManual(t *testing.T) {
	t.Parallel()
	dir := *manDir
	if dir == "" {
		dir = t.TempDir()
	}
	for _, path := range commandPaths() {
		cmd := commandAt(t, path)
		page := filepath.Join(dir, pageName(cmd)+".1")
		if err := os.WriteFile(page, []byte(manPage(cmd)), 0o644); err != nil { //nolint:gosec // for all to read
			t.Fatal(err)
		}
		lintPage(t, page)
	}
}

// lintPage checks a page where there are programs that can. That it has no date
// is meant.
func lintPage(t *testing.T, page string) {
	t.Helper()
	for _, lint := range [][]string{{"mandoc", "-Tlint", "-Wwarning"}, {"groff", "-man", "-k", "-Tutf8", "-ww", "-z", "-rCHECKSTYLE=2"}} {
		program, err := exec.LookPath(lint[0])
		if err != nil {
			continue
		}
		said, _ := exec.CommandContext(t.Context(), program, append(lint[1:], page)...).CombinedOutput() //nolint:gosec // of the names above
		for line := range strings.Lines(string(said)) {
			if !strings.Contains(line, "missing date") {
				t.Errorf("%s: %s", lint[0], line)
			}
		}
	}
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is a page in the macros of man(7). It has no date: the same texts
// give the same page.
func manPage(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" tracker \"Tracker Manual\"\n", literal(strings.ToUpper(pageName(cmd))))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", literal(pageName(cmd)), prose(strings.ToLower(cmd.Short[:1])+cmd.Short[1:]))
	usage := strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath())
	if cmd.HasSubCommands() {
		usage = " COMMAND"
	}
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n%s\n", literal(cmd.CommandPath()), literal(strings.TrimSpace(usage)))
	b.WriteString(".SH DESCRIPTION\n" + manText(cmd.Long) + manCommands(cmd))
	b.WriteString(".SH OPTIONS\n" + manFlags(cmd.LocalFlags()))
	if cmd.HasParent() {
		b.WriteString(".SH GLOBAL OPTIONS\n" + manFlags(cmd.InheritedFlags()))
	} else {
		b.WriteString(".SH ENVIRONMENT\n" + manList(environmentHelp) + ".SH EXIT STATUS\n" + manList(exitHelp) + ".SH FILES\n" + manList(filesHelp))
	}
	if cmd.Example != "" {
		b.WriteString(".SH EXAMPLES\n" + manText(cmd.Example))
	}
	if cmd.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", literal(pageName(cmd.Parent())))
	}
	return b.String()
}

const filesHelp = `tracker.yaml  what is tracked, for  tracker apply
~/.local/share/tracker  data of the tracker's own Postgres, unless TRACKER_DATA_DIR
  names another directory
/var/lib/tracker  the same for root`

var inline = regexp.MustCompile(`(^| ) ?(tracker [a-z][^ ,;.:]*(?: [^ ,;.:]+)*?)  `)

// manText lays out the paragraphs of a help. Indented ones stay as they are.
func manText(text string) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		if kept, indented := strings.CutPrefix(paragraph, "  "); indented {
			kept = literal(strings.ReplaceAll(kept, "\n  ", "\n"))
			paragraphs = append(paragraphs, ".RS 2\n.nf\n"+kept+"\n.fi\n.RE\n")
		} else {
			paragraphs = append(paragraphs, prose(paragraph)+"\n")
		}
	}
	return strings.Join(paragraphs, ".PP\n")
}

func manCommands(cmd *cobra.Command) string {
	if !cmd.HasSubCommands() {
		return ""
	}
	var b strings.Builder
	b.WriteString(".SH COMMANDS\n")
	for _, sub := range cmd.Commands() {
		fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", literal(pageName(sub)), prose(sub.Short))
	}
	return b.String()
}

func manFlags(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			fmt.Fprintf(&b, "\\fB\\-%s\\fR, ", f.Shorthand)
		}
		fmt.Fprintf(&b, "\\fB%s\\fR", literal("--"+f.Name))
		if value != "" {
			fmt.Fprintf(&b, " \\fI%s\\fR", literal(value))
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" && f.DefValue != "[]" {
			usage += " (default: " + f.DefValue + ")"
		}
		b.WriteString("\n" + prose(usage) + "\n")
	})
	return b.String()
}

// manList turns the lines of a help, a term and its text each, into a list.
func manList(help string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(help, "\n") {
		if term, text, found := strings.Cut(strings.TrimSpace(line), "  "); found {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", literal(term), prose(strings.TrimSpace(text)))
		} else {
			b.WriteString(prose(term) + "\n")
		}
	}
	return b.String()
}

// prose is running text, with the commands in it in bold.
func prose(text string) string {
	text = inline.ReplaceAllString(strings.ReplaceAll(text, "\n", " ")+"  ", "$1\x01$2\x02 ")
	text = strings.ReplaceAll(strings.TrimSpace(text), "  ", " ")
	return strings.NewReplacer("\x01", `\fB`, "\x02", `\fR`).Replace(literal(text))
}

// literal is text of which roff changes nothing.
func literal(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "~", `\(ti`, "^", `\(ha`, "`", `\(ga`).Replace(text)
	text = strings.ReplaceAll(text, "\n.", "\n\\&.")
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
