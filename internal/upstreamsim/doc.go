// Package upstreamsim plays the services that a tracker polls: Woosmap Datasets
// and SafetyKit Data, as their public documents describe them. A target (a
// dataset, a request) answers by a script, one frame for each request, or by a
// scenario, as imports that go on in time.
//
// It is an http.Handler for each service, no server, and it knows nothing of
// who asks. Its log of requests holds no secret.
package upstreamsim
