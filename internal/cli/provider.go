package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/definition"
	"tracker/internal/source"
	"tracker/internal/store"
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
	payload func(path string) ([]byte, error) // of its tests; nil: nobody has them
}

// openDefinition reads the definition that a FILE or a NAME means.
func (a *app) openDefinition(ctx context.Context, named string) (definitionFile, error) {
	at, err := os.Stat(named)
	if isFile := err == nil && !at.IsDir(); !isFile && !strings.ContainsAny(named, `/\`) && !strings.HasSuffix(named, ".yaml") {
		return a.definitionNamed(ctx, named)
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
	return definitionFile{read[0], payloadsBeside(named)}, nil
}

// payloadsBeside reads the payloads that a definition in a file names.
func payloadsBeside(file string) func(path string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if path = filepath.FromSlash(path); !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(file), path)
		}
		return os.ReadFile(path)
	}
}

// presetPayload reads one that a preset names.
func presetPayload(path string) ([]byte, error) { return fs.ReadFile(definition.PresetFiles(), path) }

// definitionNamed gives the definition that is used under a name: what the database has,
// else the preset. For a preset alone no database has to be there.
func (a *app) definitionNamed(ctx context.Context, name string) (definitionFile, error) {
	if source.IsCode(name) {
		return definitionFile{}, usageError{fmt.Errorf("provider %s is code: there is no definition of it", name)}
	}
	d, isPreset, err := definition.Preset(name)
	if err != nil {
		return definitionFile{}, err
	}
	stored, err := a.definitionStored(ctx, name)
	switch {
	case err == nil && stored.Definition != nil:
		return stored, nil
	case err != nil && isPreset:
		fmt.Fprintf(a.stderr, "warning: the preset %s is used, whatever the database has under that name: %v\n", name, err)
	case err != nil:
		return definitionFile{}, err
	}
	if isPreset {
		return definitionFile{d, presetPayload}, nil
	}
	return definitionFile{}, usageError{fmt.Errorf("%w %q%s, and there is no file of that name", source.ErrUnknownProvider, name, tracking.Meant(name, definition.Names()))}
}

// definitionStored gives the newest definition that the database has under a name; none:
// it has none.
func (a *app) definitionStored(ctx context.Context, name string) (found definitionFile, err error) {
	all, err := a.storedProviders(ctx)
	for _, one := range slices.Backward(all) {
		if one.Name != name {
			continue
		}
		if found.Definition, err = definition.Stored(one.Definition); err != nil {
			return definitionFile{}, fmt.Errorf("provider %s, definition %d: %w", name, one.Interpretation, err)
		}
		if one.Origin != store.OriginFile {
			found.payload = presetPayload
		}
		return found, nil
	}
	return definitionFile{}, err
}

// storedProviders are the definitions that the database has, by name and number; where
// there is no database yet none is made, and there are none.
func (a *app) storedProviders(ctx context.Context) (stored []store.Provider, err error) {
	if !a.hasDatabase() {
		return nil, nil
	}
	err = a.withStore(ctx, func(s *store.Store) error {
		stored, err = s.Providers(ctx)
		return err
	})
	return stored, err
}

// errTestsFailed makes the exit code that of a failure.
var errTestsFailed = errors.New("not all tests pass")
