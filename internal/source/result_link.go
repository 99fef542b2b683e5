package source

import (
	"encoding/json"
	"net/url"
	"strings"

	"tracker/internal/redact"
)

// ResultLink gives the signed link to results that a body holds as it came: a secret, for
// who fetches what is behind it at once. It is none where there is no such link.
func (p Provider) ResultLink(raw []byte) redact.Secret {
	for _, path := range p.Signed {
		if strings.ContainsAny(path, ".[") {
			continue // one of several, which belong to items
		}
		var fields map[string]json.RawMessage
		var link string
		if json.Unmarshal(raw, &fields) != nil || json.Unmarshal(fields[path], &link) != nil {
			continue
		}
		if to, err := url.Parse(link); err == nil && to.Host != "" && (to.Scheme == "https" || to.Scheme == "http") {
			return redact.NewSecret(link)
		}
	}
	return redact.Secret{}
}
