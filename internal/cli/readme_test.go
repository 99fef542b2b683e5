package cli

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	repository = "../.."
	// buildMost bounds what may build the program, beside builds of the tests.
	buildMost = 5 * time.Minute
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	shBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")
	comment = regexp.MustCompile(` +# .*$`)
)

// step is a line of a block of shell commands.
type step struct {
	command string
	beside  bool // in another terminal, while the command before it runs
}

// shellBlocks reads the blocks of shell commands in a document.
func shellBlocks(t *testing.T, name string) [][]step {
	t.Helper()
	var blocks [][]step
	for _, block := range shBlock.FindAllStringSubmatch(readFile(t, name), -1) {
		var steps []step
		for line := range strings.Lines(block[1]) {
			if command := strings.TrimSpace(comment.ReplaceAllString(strings.TrimSuffix(line, "\n"), "")); command != "" {
				steps = append(steps, step{command: command, beside: strings.Contains(line, "# in another terminal")})
			}
		}
		blocks = append(blocks, steps)
	}
	return blocks
}

// TestReadmeCommands runs what the README tells to run, in a copy of the
// repository. No service is asked: there is no way to them.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	checkout, data := openTempDir(t), openTempDir(t)
	copyRepository(t, checkout)
	environment := append(environmentWithout("TRACKER_DATA_DIR", "TRACKER_TEST", "DATABASE_", "TEST_DATABASE_URL", "MAKE", "MFLAGS", "NO_PROXY", "no_proxy", "GOFLAGS"),
		"TRACKER_DATA_DIR="+data, "TRACKER_LISTEN=127.0.0.1:0", "HTTPS_PROXY=http://127.0.0.1:1", "DEMO_FLAGS=--for 15s") // for as long as what runs beside it may take
	for _, steps := range shellBlocks(t, "README.md") {
		sh := &shell{t: t, dir: checkout, environment: environment}
		for i, s := range steps {
			switch {
			case slices.Contains(ciCommands(), s.command):
				sh.run("make --dry-run " + strings.TrimPrefix(s.command, "make "))
			case strings.HasPrefix(s.command, "export "):
				sh.exports += s.command + "\n"
			case s.beside:
				sh.run(s.command)
				sh.end(strings.HasPrefix(steps[i-1].command, "make "))
			case i+1 < len(steps) && steps[i+1].beside:
				sh.begin(s.command)
			default:
				sh.run(s.command)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(data, "postgres")); err != nil {
		t.Errorf("no command has left data: %v", err)
	}
}

// ciCommands are what CI consists of, this test among them.
func ciCommands() []string { return []string{"make test", "make ci"} }

// TestReadmeCIRunsIt checks that CI does what the README says it does.
func TestReadmeCIRunsIt(t *testing.T) {
	t.Parallel()
	if text := readFile(t, ".ci/run"); !strings.Contains(text, "\nexec make ci\n") {
		t.Errorf(".ci/run does not run make ci:\n%s", text)
	}
	if rule := regexp.MustCompile(`(?m)^ci:.* test( |$)`); !rule.MatchString(readFile(t, "Makefile")) {
		t.Error("make ci does not run make test")
	}
	for _, steps := range shellBlocks(t, "CONTRIBUTING.md") {
		for _, s := range steps {
			if targets, found := strings.CutPrefix(s.command, "make"); found {
				(&shell{t: t, dir: repository, environment: environmentWithout("MAKE", "MFLAGS")}).run("make --dry-run" + targets)
			}
		}
	}
}

func environmentWithout(prefixes ...string) []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(variable, prefix) })
	})
}

// copyRepository copies what is in version control, or is to be.
func copyRepository(t *testing.T, to string) {
	t.Helper()
	from := os.DirFS(repository)
	err := fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "man", "testdata"}, entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, path), 0o755) //nolint:gosec // as in any checkout
		}
		text, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, path), text, info.Mode())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// shell runs the commands of a block one after the other.
type shell struct {
	t           *testing.T
	dir         string
	environment []string

	exports string    // what was exported so far
	running *exec.Cmd // goes on while others run beside it
	ended   chan error
	printed printed // by that one
}

func (r *shell) command(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", r.exports+line) //nolint:gosec // of the README
	cmd.Dir, cmd.Env, cmd.WaitDelay = r.dir, r.environment, 10*time.Second
	return cmd
}

// run runs a command that is to succeed.
func (r *shell) run(line string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), buildMost)
	defer cancel()
	if said, err := r.command(ctx, line).CombinedOutput(); err != nil {
		r.t.Errorf("%s: %v\n%s", line, err, said)
	}
}

// begin starts a command that goes on while others run beside it, and waits
// until it says that it does what it is for.
func (r *shell) begin(line string) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	r.t.Cleanup(cancel)
	r.running = r.command(ctx, "exec "+line)
	r.running.Stdout, r.running.Stderr = &r.printed, &r.printed
	if err := r.running.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.ended = make(chan error, 1)
	go func() { r.ended <- r.running.Wait() }()
	awaitFor(r.t, buildMost, line+" to be up", func() bool {
		return len(r.ended) > 0 || strings.Contains(r.printed.String(), "watching") || strings.Contains(r.printed.String(), "serving")
	})
}

// end ends what goes on, as Ctrl-C would, unless that ends by itself.
func (r *shell) end(byItself bool) {
	r.t.Helper()
	if !byItself {
		_ = r.running.Process.Signal(syscall.SIGTERM)
	}
	if err := <-r.ended; err != nil {
		r.t.Errorf("%v: %v\n%s", r.running.Args, err, r.printed.String())
	}
}
