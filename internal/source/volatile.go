package source

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// CheckVolatile reports why a path cannot be one of a source's volatile
// fields: it cannot be read, or leads to what the provider reads.
func (p Provider) CheckVolatile(text string) error {
	parsed, err := parsePath(text)
	if err != nil {
		return err
	}
	if err := p.contract.checkUnread(parsed); err != nil {
		return fmt.Errorf("path %q: %w", text, err)
	}
	return nil
}

// Ignoring gives the provider as it compares the answers of a source whose
// volatile fields have the given paths, as CheckVolatile takes them.
func (p Provider) Ignoring(volatile []string) Provider {
	tree := &omitted{}
	for _, text := range p.Volatile {
		if parsed, err := parsePath("." + text); err == nil {
			tree.at(parsed).blanked = true
		}
	}
	for _, text := range slices.Concat(p.Dropped, volatile) {
		// What cannot be read leaves nothing out: such a row is of a later version.
		if parsed, err := parsePath(text); err == nil {
			tree.at(parsed).dropped = true
		}
	}
	p.omitted = tree
	sorted := slices.Sorted(slices.Values(volatile))
	recipe := fnv.New32a()
	recipe.Write([]byte(strings.Join(slices.Concat(p.Volatile, p.Dropped), "\n") + "\x00" + strings.Join(slices.Compact(sorted), "\n")))
	p.recipe = recipe.Sum32()
	return p
}
