package pages

import (
	"context"
	"fmt"
	"net/url"

	"tracker/internal/tracking"
	"tracker/internal/words"
)

func (p *Pages) noSource(ctx context.Context, name string) error {
	names, err := tracking.SourceNames(ctx, p.store)
	if err != nil {
		return err
	}
	missing := notFoundError{what: fmt.Sprintf("No source is named %s.", words.Quote(name, true))}
	for _, near := range tracking.Near(name, names) {
		missing.near = append(missing.near, "/sources/"+url.PathEscape(near))
	}
	return missing
}
