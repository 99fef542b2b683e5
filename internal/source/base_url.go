package source

import (
	"errors"
	"fmt"
	"net/url"
)

// CheckBaseURL reports what is wrong with a source's base_url: it has to be an
// absolute http or https URL and may have a path. A user, a query or a
// fragment is refused; the error holds none of them.
func CheckBaseURL(text string) error {
	base, err := url.Parse(text)
	if err != nil {
		if parse, ok := errors.AsType[*url.Error](err); ok {
			err = parse.Err // without the URL
		}
		return fmt.Errorf("not a URL: %w", err)
	}
	switch {
	case base.Scheme != "http" && base.Scheme != "https":
		return errors.New("want http:// or https:// at its start")
	case base.Hostname() == "":
		return errors.New("names no host")
	case base.User != nil:
		return errors.New("holds a user or password: use credential instead")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return errors.New("has a query or fragment")
	}
	return nil
}
