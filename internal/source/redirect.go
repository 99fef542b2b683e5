package source

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxRedirects is how many redirects of one request are followed.
const maxRedirects = 5

// redirect gives the address that the answer to a call redirects to, or why it is not
// followed. There is neither where the answer is no redirect. Another host or
// port is never asked, since the credential would travel there, and neither is
// the same one in plain text after TLS.
func redirect(c call, answer *http.Response, followed int) (next *url.URL, refusal string) {
	location := answer.Header.Get("Location")
	if !isRedirect(answer.StatusCode) || location == "" {
		return nil, ""
	}
	from := c.address
	to, err := from.Parse(location)
	switch {
	case c.body != nil && answer.StatusCode != http.StatusTemporaryRedirect && answer.StatusCode != http.StatusPermanentRedirect:
		return nil, "redirect of a POST not followed"
	case err != nil:
		return nil, "redirect to an unreadable address not followed"
	case followed == maxRedirects:
		return nil, fmt.Sprintf("more than %d redirects", maxRedirects)
	case !strings.EqualFold(origin(from), origin(to)) || to.Scheme != from.Scheme && to.Scheme != "https":
		return nil, fmt.Sprintf("redirect to %s not followed", elsewhere(to))
	}
	to.User, to.Fragment = nil, ""
	return to, ""
}

// elsewhere tells of an address what may be told.
func elsewhere(to *url.URL) string {
	if strayAt(to) {
		return "an address with an @ behind its host"
	}
	return to.Scheme + "://" + to.Host
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	default:
		return false
	}
}

// origin gives the host and port of an address, without the port where it is
// the usual one of the scheme.
func origin(address *url.URL) string {
	usual := map[string]string{"http": ":80", "https": ":443"}[address.Scheme]
	return strings.TrimSuffix(address.Host, usual)
}
