package access

import (
	"net/http"
	"net/url"

	"tracker/internal/store"
)

// Texts lets through to a handler the requests whose address is text. Nothing here is
// named by anything else, and Postgres refuses to look for it.
func Texts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isText(r.URL) {
			setHeaders(w.Header())
			refuse(w, r, http.StatusBadRequest, "the address holds bytes that are no text: write UTF-8, without %00")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isText(address *url.URL) bool {
	if !store.IsText(address.Path) {
		return false
	}
	for name, values := range address.Query() {
		if !store.IsText(name) {
			return false
		}
		for _, value := range values {
			if !store.IsText(value) {
				return false
			}
		}
	}
	return true
}
