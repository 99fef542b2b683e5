// Package api answers programs: the rows of the report views as JSON, the journal as a
// stream, and changes of what is tracked. Who may ask is decided before it is asked
// (internal/access); what a request means is what the command of the same name does.
package api
