// Command upstream is a Woosmap status service that is never the bottleneck of
// `make bench`: answers are rendered before it starts, and only the run's id is
// written into each. A dataset moves on by the number of its polls, not by
// time, so that every client sees the same mix: first answers that change, then
// -idle equal ones, then a new run.
//
//	GET /datasets/{id}/status   the last 12 digits of the id are the dataset's number
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
)

func main() {
	address := flag.String("listen", "127.0.0.1:0", "where to listen; the address is printed")
	datasets := flag.Int("datasets", 200_000, "how many there are")
	idle := flag.Int("idle", 60, "equal answers between the end of a run and the next: 60 makes a quarter of all answers change")
	bare := flag.Bool("bare", false, "tell of runs that have ended, without steps: a million of such answers fit on any disk")
	heavy := flag.Int("heavy", 0, "the first `N` datasets answer with a log that grows by an entry with each poll")
	entries := flag.Int("entries", 1000, "entries that such a log begins with")
	entrySize := flag.Int("entry-size", 110, "bytes of each, about")
	firstRun := flag.Uint64("first-run", 0, "number of each dataset's first run, so that a service started anew does not tell old runs again")
	flag.Parse()
	service, err := newService(*datasets, *idle, *firstRun, *bare)
	if err != nil {
		log.Fatal(err)
	}
	if *heavy > 0 {
		service.logs = newLogs(*heavy, *entries, *entrySize)
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go service.serve(conn)
	}
}
