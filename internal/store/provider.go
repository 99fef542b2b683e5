package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// Where a definition comes from.
const (
	OriginPreset = "preset" // a tracker brought it
	OriginFile   = "file"   // somebody wrote it
)

// ProviderSpec is a definition of a provider that is to be used.
type ProviderSpec struct {
	Name       string
	Definition string // in its canonical form
	Origin     string
}

// Provider is a definition as it was applied. What a number stands for never changes.
type Provider struct {
	ProviderSpec
	Interpretation int // from 1; the highest of a name is used
	SHA256         []byte
	Since          time.Time
}

// Providers lists all definitions, by name and number.
func (s *Store) Providers(ctx context.Context) ([]Provider, error) {
	rows, err := s.queries.Definitions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list providers: %w", err)
	}
	return convert(rows, func(row dbsqlc.ReportProvider) Provider {
		return Provider{
			ProviderSpec:   ProviderSpec{Name: row.Provider, Definition: row.Definition, Origin: row.Origin},
			Interpretation: int(row.Interpretation), SHA256: row.Sha256, Since: row.Since,
		}
	}), nil
}

// Definition returns the numbered definition of a provider, or ErrNotFound. It is read
// once.
func (s *Store) Definition(ctx context.Context, provider string, interpretation int) (string, error) {
	key := definitionKey{provider, interpretation}
	if text, kept := s.definitions.Load(key); kept {
		return text.(string), nil //nolint:forcetypeassert // no other is kept
	}
	text, err := s.queries.Definition(ctx, dbsqlc.DefinitionParams{Provider: provider, Interpretation: int32(interpretation)})
	if err != nil {
		return "", fmt.Errorf("definition %d of provider %s: %w", interpretation, provider, notFound(err))
	}
	s.definitions.Store(key, text)
	return text, nil
}

type definitionKey struct {
	provider       string
	interpretation int
}

// applyProvider makes a definition the one that is used. A preset takes the place of an
// older preset, not of what somebody wrote, nor of the preset that took its own place: a
// tracker of an older version brings that.
func (r *registry) applyProvider(ctx context.Context, spec ProviderSpec) error {
	was, err := r.queries.ProviderNewest(ctx, spec.Name)
	switch err = notFound(err); {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	case was.Definition == spec.Definition, spec.Origin == OriginPreset && was.Origin == OriginFile:
		return nil
	case spec.Origin == OriginPreset:
		was, err := r.queries.ProviderWasPreset(ctx, dbsqlc.ProviderWasPresetParams{Name: spec.Name, Definition: spec.Definition})
		if err != nil || was {
			return err
		}
	}
	hash := sha256.Sum256([]byte(spec.Definition))
	next := was.Interpretation + 1
	err = r.queries.ProviderInsert(ctx, dbsqlc.ProviderInsertParams{
		Name: spec.Name, Interpretation: next, Definition: spec.Definition, Sha256: hash[:], Origin: spec.Origin, Since: r.by.At,
	})
	if err != nil {
		return err
	}
	return r.queries.ProviderUse(ctx, dbsqlc.ProviderUseParams{Name: spec.Name, Interpretation: next})
}

// newestDefinition is the number of the definition that is used; nil: the provider is
// code.
func (r *registry) newestDefinition(ctx context.Context, provider string) (*int32, error) {
	newest, err := r.queries.ProviderNewest(ctx, provider)
	if err = notFound(err); errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // none is used
	}
	return &newest.Interpretation, err
}
