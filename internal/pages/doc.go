// Package pages shows what is kept as web pages: the same words and signs as the terminal,
// and drawn what it tells in lines. It reads by the store's methods, changes by the use
// cases that commands use, and leaves to others who may do that.
package pages
