package api

import (
	"net/http"
	"time"
)

// NewPaced is New with streams that wait for less.
func NewPaced(options Options, quiet, write time.Duration) http.Handler {
	return newHandler(options, pace{quiet, write})
}
