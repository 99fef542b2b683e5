package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/definition"
	"tracker/internal/source"
	"tracker/internal/tracking"
)

func (a *app) providerCommand() *cobra.Command {
	return groupCommand("provider", "Write and try providers: what APIs there are",
		`Writes and tries providers: what the tracker knows of a status API. Two are
code, the others definitions: some lines of YAML with jq in them. Some come
with the program; docs/providers.md has the language.`,
		a.providerListCommand(), a.providerShowCommand(), a.providerTestCommand(), a.providerTryCommand(), a.providerNewCommand())
}

// definitionFile is a definition as the command line names it: a file, or one by name.
type definitionFile struct {
	*definition.Definition
	files fs.FS // where the payloads of its tests are
}

// openDefinition reads the definition that a FILE or a NAME means.
func openDefinition(named string) (definitionFile, error) {
	if _, err := os.Stat(named); err != nil && !strings.ContainsAny(named, `/\`) && !strings.HasSuffix(named, ".yaml") {
		return presetNamed(named)
	}
	text, err := os.ReadFile(named)
	if err != nil {
		return definitionFile{}, usageError{fmt.Errorf("read the definition: %w", err)}
	}
	read, err := definition.Parse(named, text)
	if err != nil {
		return definitionFile{}, usageError{err}
	}
	if len(read) > 1 {
		return definitionFile{}, usageError{fmt.Errorf("%s has %d definitions: name a file of one", named, len(read))}
	}
	return definitionFile{read[0], os.DirFS(filepath.Dir(named))}, nil
}

func presetNamed(name string) (definitionFile, error) {
	d, found, err := definition.Preset(name)
	switch {
	case err != nil:
		return definitionFile{}, err
	case found:
		return definitionFile{d, definition.PresetFiles()}, nil
	}
	if _, err := definition.Lookup(name); err == nil {
		return definitionFile{}, usageError{fmt.Errorf("provider %s is code: there is no definition of it", name)}
	}
	return definitionFile{}, usageError{fmt.Errorf("%w %q%s, and there is no file of that name", source.ErrUnknownProvider, name, tracking.Meant(name, definition.Names()))}
}

// errTestsFailed makes the exit code that of a failure.
var errTestsFailed = errors.New("not all tests pass")
