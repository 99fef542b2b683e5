package source

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
)

// pagesMost bounds how many pages of a list are asked for.
const pagesMost = 1000

// Discovery knows how an API lists what an account has that jobs could track.
type Discovery struct {
	Every time.Duration // the API takes one request for a page each Every

	// Path gives the path of a page, counted from 1, below the base URL.
	Path func(page int) string

	// Read reads a redacted page. An error means that the page is not what the
	// API's contract says, and names the field.
	Read func(body []byte) (Page, error)
}

// Page is one page of what an account has.
type Page struct {
	Found []Found
	Next  Next
}

// Next says whether another page follows, as far as a page tells.
type Next int

// What a page tells.
const (
	NextUntold Next = iota
	NextFollows
	NextNone
)

// Found is something that a job could track.
type Found struct {
	Target       map[string]string
	Name         string // what its owners call it: any text
	CreatedAt    history.Time
	UpdatedAt    history.Time
	DeletedAfter history.Time // when it may be gone; no Raw: it stays
}

// DiscoverError is a page that was not answered.
type DiscoverError struct {
	Page       int
	Outcome    history.Outcome
	RetryAfter time.Duration // how long the upstream wants to be left alone; 0: it does not say
	Text       string        // what went wrong, redacted
}

// Error implements error.
func (e *DiscoverError) Error() string { return fmt.Sprintf("page %d: %s", e.Page, e.Text) }

// Discover lists what the account has that jobs could track, in the order of
// the list; what is listed twice counts once. It calls turn before each
// request, which returns when that may be sent; now tells the database's time.
func (c *Client) Discover(
	ctx context.Context, account *Account, now func() time.Time, turn func(ctx context.Context, page int) error,
) ([]Found, error) {
	discovery := account.Provider.Discover
	if discovery == nil {
		return nil, ErrNoList
	}
	var found []Found
	seen := map[string]bool{}
	for number := 1; number <= pagesMost; number++ {
		if number > 1 {
			if err := pause(ctx, discovery.Every); err != nil {
				return nil, err
			}
		}
		if err := turn(ctx, number); err != nil {
			return nil, err
		}
		pace := Pace{Now: now, Turn: func(ctx context.Context) error { return turn(ctx, number) }}
		page, err := c.page(ctx, account, number, pace)
		if err != nil {
			return nil, err
		}
		before := len(found)
		for _, one := range page.Found {
			if key := fmt.Sprint(one.Target); !seen[key] {
				seen[key] = true
				found = append(found, one)
			}
		}
		// A list that goes round in circles, or ignores which page is asked for,
		// ends where a page brings nothing new, whatever it says of the next.
		if page.Next == NextNone || len(found) == before {
			return found, nil
		}
	}
	return nil, fmt.Errorf("the list does not end within %d pages", pagesMost)
}

// page asks for one page and reads it.
func (c *Client) page(ctx context.Context, account *Account, number int, pace Pace) (Page, error) {
	var list Endpoint
	list.address, list.err = below(account.BaseURL, account.Provider.Discover.Path(number))
	response := c.poll(ctx, account, list, pace)
	if err := ctx.Err(); err != nil && response.Body == nil {
		return Page{}, err
	}
	if response.Outcome != "" {
		return Page{}, &DiscoverError{
			Page: number, Outcome: response.Outcome, RetryAfter: response.RetryAfter, Text: errorText(response.Error, account.Secret),
		}
	}
	body, _, err := account.Provider.Redact(response.Body, account.Secret)
	if err != nil {
		return Page{}, fmt.Errorf("page %d: %w", number, err)
	}
	page, err := account.Provider.Discover.Read(body)
	if err != nil {
		return Page{}, fmt.Errorf("page %d: %s", number, errorText(err.Error(), account.Secret))
	}
	return page, nil
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
