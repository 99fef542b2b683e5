package schedule

import (
	_ "embed"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // zones must be known where the binary runs without a zone database
)

// zoneNames are the names of the zone database that this program was built
// with, one a line.
//
//go:embed zones.txt
var zoneNames string

// checkZone refuses a zone that is unknown, and names that only some machines know.
func checkZone(key, zone string, rest []string) error {
	switch {
	case key != "TZ" && key != "CRON_TZ":
		return fmt.Errorf("%q is no setting; only a zone may stand before the fields, as CRON_TZ=Europe/Paris", key)
	case zone == "":
		return fmt.Errorf("the zone after %s= is empty; write %[1]s=Europe/Paris, or leave it out for UTC", key)
	case strings.EqualFold(zone, "local"), strings.EqualFold(zone, "localtime"):
		return fmt.Errorf("zone %q differs from machine to machine; write a name such as %s=Europe/Paris", zone, key)
	}
	if name := zoneNamed(zone); name != "" && name != zone { // which a file system that ignores case would find
		return fmt.Errorf("zone %q is unknown; write %s=%s", zone, key, name)
	}
	if _, err := time.LoadLocation(zone); err != nil || machinesOwn(zone) {
		return fmt.Errorf("zone %q is unknown; write a name of the IANA database such as %s=Europe/Paris", zone, key)
	}
	if len(rest) == 0 {
		return fmt.Errorf("nothing follows the zone; write %s=%s */5 * * * *", key, zone)
	}
	return nil
}

// zoneNamed gives the name as the zone database writes it; empty: it has none like it.
func zoneNamed(zone string) string {
	for name := range strings.Lines(zoneNames) {
		if name = strings.TrimSuffix(name, "\n"); strings.EqualFold(name, zone) {
			return name
		}
	}
	return ""
}

// machinesOwn reports names of files that systems keep beside the zones: other
// systems have none, or something else there.
func machinesOwn(zone string) bool {
	area, _, _ := strings.Cut(strings.ToLower(zone), "/")
	return area == "posix" || area == "right" || area == "posixrules"
}
