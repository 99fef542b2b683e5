package tracking

import (
	"context"
	"fmt"
	"slices"

	"tracker/internal/config"
	"tracker/internal/definition"
	"tracker/internal/store"
)

// Definitions are those that are stored and used, the newest of each provider.
func Definitions(ctx context.Context, s *store.Store) ([]*definition.Definition, error) {
	written, presets, err := WrittenDefinitions(ctx, s)
	return append(written, presets...), err
}

// WrittenDefinitions are those that somebody wrote, and those that a tracker brought.
func WrittenDefinitions(ctx context.Context, s *store.Store) (written, presets []*definition.Definition, err error) {
	stored, err := s.Providers(ctx)
	if err != nil {
		return nil, nil, err
	}
	for i, p := range stored {
		if i+1 < len(stored) && stored[i+1].Name == p.Name {
			continue
		}
		d, err := definition.Stored(p.Definition)
		switch {
		case err != nil: // of a later version
		case p.Origin == store.OriginFile:
			written = append(written, d)
		default:
			presets = append(presets, d)
		}
	}
	return written, presets, nil
}

// ProviderSpecs are the definitions that declared sources need: what the file defines,
// and the presets that its sources speak of.
func ProviderSpecs(defined []*definition.Definition, sources []store.SourceSpec) ([]store.ProviderSpec, error) {
	var specs []store.ProviderSpec
	for _, d := range defined {
		specs = append(specs, store.ProviderSpec{Name: d.Name, Definition: d.Text, Origin: store.OriginFile})
	}
	for _, from := range sources {
		known := func(spec store.ProviderSpec) bool { return spec.Name == from.Provider }
		if slices.ContainsFunc(specs, known) {
			continue
		}
		d, found, err := definition.Preset(from.Provider)
		if err != nil {
			return nil, err
		}
		if found {
			specs = append(specs, store.ProviderSpec{Name: d.Name, Definition: d.Text, Origin: store.OriginPreset})
		}
	}
	return specs, nil
}

// PresetsKeptOut tells of the declared presets that are not used, since the preset of
// another version of the tracker took their place.
func PresetsKeptOut(ctx context.Context, s *store.Store, declared []store.ProviderSpec) (told []error, err error) {
	if len(declared) == 0 {
		return nil, nil
	}
	stored, err := s.Providers(ctx)
	if err != nil {
		return nil, err
	}
	for _, spec := range declared {
		if spec.Origin != store.OriginPreset { // a file is used
			continue
		}
		var own, newest store.Provider
		for _, p := range stored { // the newest of a name comes last
			if p.Name == spec.Name {
				newest = p
			}
			if p.Name == spec.Name && p.Definition == spec.Definition {
				own = p
			}
		}
		if own.Interpretation > 0 && own.Interpretation < newest.Interpretation && newest.Origin == store.OriginPreset {
			told = append(told, fmt.Errorf("provider %s: definition %d stays in use, which another version of the tracker brought; that of this one is definition %d, and is yours to apply:  tracker provider show %s --interpretation %d",
				spec.Name, newest.Interpretation, own.Interpretation, spec.Name, own.Interpretation))
		}
	}
	return told, nil
}

// Declared is the declaration of sources and jobs, with the definitions that the
// sources need.
func Declared(how store.Declaration, file config.File) (store.Declaration, error) {
	specs, err := ProviderSpecs(file.Providers, how.Sources)
	how.Providers = specs
	return how, err
}
