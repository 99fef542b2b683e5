//go:build profile

package main

import (
	"net/http"
	_ "net/http/pprof" // at /debug/pprof/
	"os"
)

// init, since nothing but the tag is to make a difference: built with it, a tracker shows where its time goes, at the address that
// TRACKER_PPROF names. The CPU profile that make profile takes there tells the
// compiler which calls are worth inlining: default.pgo.
func init() {
	if address := os.Getenv("TRACKER_PPROF"); address != "" {
		go func() { _ = http.ListenAndServe(address, nil) }()
	}
}
