// Package redact takes secrets out of texts: the secret that it is told, what
// looks like the secret of others, and what URLs hide. It finds them however
// they are escaped, and leaves all else byte for byte as it was.
//
// A text is read through a view of it, in which its escapes are undone; what is
// found there is replaced in the text itself. The package knows neither whose
// texts they are nor what they tell.
package redact
