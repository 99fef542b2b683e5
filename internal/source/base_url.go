package source

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

var (
	errNoURL   = errors.New("not a URL: where an @, a / or a % delimits nothing, percent-encode it (@ is %40); a password belongs in credential")
	errStrayAt = errors.New("has an @ behind its host: percent-encode it (%40); a password belongs in credential")
)

// CheckBaseURL reports what is wrong with a source's base_url: it has to be an
// absolute http or https URL and may have a path. A user, a query or a
// fragment is refused, and an @ elsewhere: it may be the end of a password that
// has a delimiter in it. The error holds nothing of the URL.
func CheckBaseURL(text string) error {
	base, err := parseURL(text)
	switch {
	case err != nil:
		return err
	case base.Scheme != "http" && base.Scheme != "https":
		return errors.New("want http:// or https:// at its start")
	case base.User != nil:
		return errors.New("holds a user or password: use credential instead")
	case strings.Contains(text, "@"):
		return errStrayAt
	case base.Hostname() == "":
		return errors.New("names no host")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return errors.New("has a query or fragment")
	}
	if port := base.Port(); port != "" {
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return errors.New("its port is no number from 1 to 65535")
		}
	}
	return nil
}

// parseURL reads a URL. Its error says nothing of it, where net/url quotes what
// may be a part of a password.
func parseURL(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, errNoURL
	}
	return parsed, nil
}

// strayAt reports whether a URL has an @ behind its host, or what looks like
// it: that may be the beginning of a password which has a delimiter in it.
func strayAt(parsed *url.URL) bool {
	return strings.Contains(parsed.Opaque+parsed.EscapedPath()+parsed.RawQuery+parsed.Fragment, "@")
}
