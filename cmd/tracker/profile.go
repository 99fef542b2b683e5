//go:build profile

package main

import (
	"net/http"
	_ "net/http/pprof" // at /debug/pprof/
	"os"
)

// A tracker that is built with the tag shows where its time goes, at the address
// that TRACKER_PPROF names. The CPU profile that make profile takes there tells
// the compiler which calls are worth inlining: default.pgo. In init, so that
// without the tag nothing knows of it.
func init() {
	if address := os.Getenv("TRACKER_PPROF"); address != "" {
		go func() { _ = http.ListenAndServe(address, nil) }()
	}
}
