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
		if strings.Contains(path, "[") {
			continue // one of several, which belong to items
		}
		var link string
		if json.Unmarshal(memberAt(raw, path), &link) != nil {
			continue
		}
		if to, err := url.Parse(link); err == nil && to.Host != "" && (to.Scheme == "https" || to.Scheme == "http") {
			return redact.NewSecret(link)
		}
	}
	return redact.Secret{}
}

// memberAt gives what stands at a path of members, as in "data.url"; nil: nothing does.
// A name may have dots itself, and an empty one leaves no trace in a path.
func memberAt(raw json.RawMessage, path string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	if member, found := members[path]; found {
		return member
	}
	name, rest, nested := strings.Cut(path, ".")
	if member, found := members[name]; nested && found {
		return memberAt(member, rest)
	}
	if unnamed, found := members[""]; found {
		return memberAt(unnamed, path)
	}
	return nil
}
