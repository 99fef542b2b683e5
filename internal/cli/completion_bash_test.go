package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// completeInBash does what bash does when Tab is pressed: it parts the line into
// words, at = and : too, and calls the function that completes.
const completeInBash = `
source <(tracker completion bash)
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:' COMP_TYPE=9 COLUMNS=100
while IFS='|' read -r line words; do
    COMP_LINE=$line COMP_POINT=${#line}
    IFS='|' read -r -a COMP_WORDS <<<"$words"
    [[ $words == *'|' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    __start_tracker
    printf '%s:' "$line"
    ((${#COMPREPLY[@]})) && printf ' [%s]' "${COMPREPLY[@]}"
    echo
done
`

// TestCompletion_InBash completes in a bash that has nothing of the package
// bash-completion.
func TestCompletion_InBash(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	programs, dir := t.TempDir(), t.TempDir()
	if err := os.Symlink(self, filepath.Join(programs, "tracker")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tracker.yaml", "tracker.txt", "two words.yml"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "twigs"), 0o700); err != nil {
		t.Fatal(err)
	}
	var typed, want strings.Builder
	for _, c := range []struct{ line, words, offered string }{
		{"tracker hist", "tracker|hist", " [history]"},
		{"tracker wait x --fo", "tracker|wait|x|--fo", " [--for]"},
		{"tracker wait x --for ", "tracker|wait|x|--for|", " [queued] [running] [succeeded] [partial] [failed] [canceled] [unknown] [ended]"},
		{"tracker wait x  --for=en", "tracker|wait|x|--for|=|en", " [ended]"},
		{"tracker wait x --after 2026-11-28T09:00:00Z --for=en", "tracker|wait|x|--after|2026-11-28T09|:|00|:|00Z|--for|=|en", " [ended]"},
		{"tracker apply -f tr", "tracker|apply|-f|tr", " [tracker.yaml]"},
		{"tracker apply --file=twi", "tracker|apply|--file|=|twi", " [twigs]"},
		{"tracker apply --file=two", "tracker|apply|--file|=|two", " [two words.yml]"},
		{"tracker nothing ", "tracker|nothing|", ""},
	} {
		typed.WriteString(c.line + "|" + c.words + "\n")
		want.WriteString(c.line + ":" + c.offered + "\n")
	}
	bash := exec.CommandContext(t.Context(), "bash", "--norc", "--noprofile", "-c", completeInBash)
	bash.Dir, bash.Stdin = dir, strings.NewReader(typed.String())
	bash.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), asTracker+"=1", "TRACKER_DATA_DIR="+filepath.Join(dir, "none"), "DATABASE_URL=")
	var said strings.Builder
	bash.Stderr = &said
	offered, err := bash.Output()
	if err != nil || strings.Contains(said.String(), "not found") {
		t.Errorf("it fails with %v: %s", err, said.String())
	}
	if string(offered) != want.String() {
		t.Errorf("it offers\n%s\nnot\n%s", offered, want.String())
	}
}
