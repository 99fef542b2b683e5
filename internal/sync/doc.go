// Package sync polls: it claims jobs, fetches their status, compares the
// answers with what is known and has the polls recorded. It joins the packages
// source and store, which do not know each other.
//
// The data goes one way: a task is a claimed poll to make; a worker makes it
// and hands on a result; the recorder takes results from all workers in
// batches, compares, stores, plans the next poll and tells of it by an Event.
package sync
