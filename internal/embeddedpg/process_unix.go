//go:build unix && !linux

package embeddedpg

import "syscall"

// endWithParent does nothing: this system signals no parent's death. A server left by a killed process goes on, and
// the next start joins it.
func endWithParent(*syscall.SysProcAttr) {}
