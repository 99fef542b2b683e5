// Package access decides who may look and change by the web: on a loopback address
// whoever is on this machine, on any other whoever shows a token, has logged in with one,
// or is named by a proxy. What is shown is no concern of it.
package access
