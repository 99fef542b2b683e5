package definition

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tracker/internal/history"
	"tracker/internal/source"
)

// Definitions has the text of each numbered definition of a provider.
type Definitions interface {
	Definition(ctx context.Context, provider string, interpretation int) (string, error)
}

// Of gives a provider as it was applied: the numbered definition, or, where that is 0,
// the code of that name. What was recorded by an earlier definition and reads as
// nothing by this one, that earlier one reads.
func Of(ctx context.Context, all Definitions, name string, interpretation int) (source.Provider, error) {
	if interpretation == 0 {
		return source.Lookup(name)
	}
	newest, err := numbered(ctx, all, name, interpretation)
	if err != nil || interpretation == 1 {
		return newest, err
	}
	var earlier []source.Provider
	for no := interpretation - 1; no > 0; no-- {
		one, err := numbered(ctx, all, name, no)
		if err != nil {
			return source.Provider{}, err
		}
		earlier = append(earlier, one)
	}
	newest.ReadEarlier = func(root []byte, target map[string]string) (history.Answer, error) {
		for _, one := range earlier {
			if answer, err := one.Read(root, target); err == nil {
				return answer, nil
			}
		}
		return history.Answer{}, errNoReader
	}
	return newest, nil
}

// ErrUnreadable is returned for a stored definition that cannot be read: it is of a
// later version.
var ErrUnreadable = errors.New("unreadable definition")

// errNoReader is of a stored body that none of a provider's definitions reads.
var errNoReader = errors.New("no definition of its provider reads it")

func numbered(ctx context.Context, all Definitions, name string, interpretation int) (source.Provider, error) {
	text, err := all.Definition(ctx, name, interpretation)
	if err != nil {
		return source.Provider{}, err
	}
	d, err := Stored(text)
	if err != nil {
		return source.Provider{}, fmt.Errorf("provider %s, definition %d: %w", name, interpretation, err)
	}
	key := madeKey{d, interpretation}
	if kept, found := madeOnce.Load(key); found {
		return kept.(source.Provider), nil //nolint:forcetypeassert // no other is kept
	}
	provider := d.Provider(interpretation)
	madeOnce.Store(key, provider)
	return provider, nil
}

// madeOnce keeps the providers of definitions that were stored: daemons ask for that of
// each source whenever they claim, and to make one takes longer than a poll.
var madeOnce sync.Map

type madeKey struct {
	of             *Definition
	interpretation int
}

// readOnce keeps definitions that were read, by their texts: of a text there is but one
// reading, which takes a millisecond.
var readOnce sync.Map

// Stored reads a definition that was stored. The error wraps ErrUnreadable.
func Stored(text string) (*Definition, error) {
	if kept, found := readOnce.Load(text); found {
		return kept.(*Definition), nil //nolint:forcetypeassert // no other is kept
	}
	read, err := Parse("stored definition", []byte(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	readOnce.Store(text, read[0])
	return read[0], nil
}
