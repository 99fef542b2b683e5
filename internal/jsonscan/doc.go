// Package jsonscan walks over a JSON text where it stands, for who redacts, reads
// or hashes it: nothing is decoded but what is asked for, and nothing copied. The
// text has to be valid JSON: in another they may run over its end.
package jsonscan
