// Package dashboards reads the dashboards and alert rules under deploy/grafana
// and gives their SQL as Grafana would send it to Postgres: with the values of
// variables in it, and its macros expanded. Tests and measurements run that
// SQL; the tracker itself never does. It draws nothing and checks no layout.
package dashboards
