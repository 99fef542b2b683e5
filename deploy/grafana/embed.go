// Package grafana embeds what Grafana is provisioned with: dashboards, the data
// source and alert rules. They are files for Grafana; Go only reads them in
// tests and measurements.
package grafana

import "embed"

// FS holds the files, by their paths within this directory.
//
//go:embed dashboards provisioning
var FS embed.FS
