package definition

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"tracker/internal/source"
)

// presets are the providers of the definitions that come with the program, each read
// when it is first asked for.
var presets = sync.OnceValue(func() map[string]func() (source.Provider, error) {
	read := map[string]func() (source.Provider, error){}
	for _, name := range PresetNames() {
		read[name] = sync.OnceValues(func() (source.Provider, error) {
			d, _, err := Preset(name)
			if err != nil {
				return source.Provider{}, err
			}
			return d.Provider(1), nil
		})
	}
	return read
})

// Lookup finds a provider by its name, in code or a preset. The error wraps
// source.ErrUnknownProvider.
func Lookup(name string) (source.Provider, error) {
	provider, err := source.Lookup(name)
	if err == nil {
		return provider, nil
	}
	if preset, found := presets()[name]; found {
		return preset()
	}
	return source.Provider{}, fmt.Errorf("%w %q; see  tracker provider list", source.ErrUnknownProvider, name)
}

// Names are those of all providers that come with the program, sorted.
func Names() []string {
	names := PresetNames()
	for _, provider := range source.Providers() {
		names = append(names, provider.Name)
	}
	slices.Sort(names)
	return names
}

// Providers gives all providers that come with the program, sorted by name.
func Providers() []source.Provider {
	providers := source.Providers()
	for _, name := range PresetNames() {
		if provider, err := Lookup(name); err == nil { // a test reads them all
			providers = append(providers, provider)
		}
	}
	slices.SortFunc(providers, func(a, b source.Provider) int { return cmp.Compare(a.Name, b.Name) })
	return providers
}
