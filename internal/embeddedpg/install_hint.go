package embeddedpg

// installHint is what to do where no binaries were found; lookPath tells which package manager there is.
func installHint(goos string, lookPath func(string) (string, error)) string {
	const otherwise = ", or set DATABASE_URL to a Postgres that runs elsewhere"
	if goos == "darwin" {
		return "brew install postgresql" + otherwise
	}
	for _, manager := range []struct{ program, install string }{
		{"apt-get", "apt-get install postgresql"},
		{"dnf", "dnf install postgresql-server"},
		{"apk", "apk add postgresql"},
		{"pacman", "pacman -S postgresql"},
		{"zypper", "zypper install postgresql-server"},
	} {
		if _, err := lookPath(manager.program); err == nil {
			return manager.install + otherwise
		}
	}
	return "install the PostgreSQL server" + otherwise
}
