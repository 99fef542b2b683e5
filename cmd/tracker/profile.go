//go:build profile

package main

import (
	"net/http"
	_ "net/http/pprof" // at /debug/pprof/
	"os"
)

// Built with this tag, a tracker shows where its time goes, at the address that
// TRACKER_PPROF names. The CPU profile that make profile takes there tells the
// compiler which calls are worth inlining: default.pgo.
func init() {
	go func() { _ = http.ListenAndServe(os.Getenv("TRACKER_PPROF"), nil) }()
}
