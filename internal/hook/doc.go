// Package hook takes the webhooks that services send: it checks their signature, keeps
// that they came, and has the jobs that they may be of polled. What they say is no state:
// that a poll finds out.
package hook
