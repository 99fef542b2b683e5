package embeddedpg

import "os"

// Found is a directory of binaries as the search reports it.
type Found struct {
	Dir   string
	Major int
}

func Choose(found []Found, major, oldest int) (string, error) {
	var all []binaries
	for _, f := range found {
		all = append(all, binaries{dir: f.Dir, major: f.Major})
	}
	bin, err := choose(all, major, oldest)
	return bin.dir, err
}

var (
	FindNSSWrapper = findNSSWrapper
	FindPsqlIn     = findPsql
	HighestFirst   = highestFirst
	InstallHint    = installHint
	ParseMajor     = parseMajor
	SocketDir      = socketDir
)

// TryLock takes the lock of a data directory.
func TryLock(dataDir string) (lock *os.File, free bool, err error) {
	return tryLock((&Server{dataDir: dataDir}).lockPath())
}

// MakePrivateDir makes a socket directory for ourselves.
func MakePrivateDir(dir string) error {
	return makePrivateDir(dir, account{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())})
}

// PostmasterPID is the pid that the cluster's pid file names, 0 when there is none.
func PostmasterPID(s *Server) int {
	file, err := readPIDFile(s.cluster())
	if err != nil {
		return 0
	}
	return file.pid
}
