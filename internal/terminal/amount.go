package terminal

import "fmt"

// Plural is a number of things, without commas: "2 anomalies".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
