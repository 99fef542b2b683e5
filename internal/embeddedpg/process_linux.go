package embeddedpg

import "syscall"

// endWithParent has the kernel interrupt the child when we end, even by kill -9. Postgres takes that for a fast
// shutdown.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
