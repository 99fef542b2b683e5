package pages

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"tracker/internal/spreadsheet"
	"tracker/internal/store"
	"tracker/internal/tracking"
)

// reportPage is a report as a page, or as a file where a format is asked for.
func (p *Pages) reportPage() http.Handler {
	page := p.page(p.report)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if format := r.URL.Query().Get("format"); format == "csv" || format == "json" {
			p.reportFile(w, r, format)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// reportFile sends an answer as CSV or JSON.
func (p *Pages) reportFile(w http.ResponseWriter, r *http.Request, format string) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	var answer store.Answer
	now, err := p.store.Now(ctx)
	var a asked
	if err == nil {
		a, err = ask(r, now)
	}
	for _, wrong := range a.wrong {
		http.Error(w, wrong, http.StatusBadRequest)
		return
	}
	if err == nil {
		answer, err = tracking.Answer(ctx, p.store, a.question.Function(), a.question.Overwritten, a.filter)
	}
	if err != nil {
		p.page(func(context.Context, *request) (*view, error) { return nil, err }).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", a.question.Name+"."+format))
	if format == "json" {
		w.Header().Set("Content-Type", "application/json")
		rows := answer.Rows
		if rows == nil {
			rows = []store.AnswerRow{}
		}
		_ = json.NewEncoder(w).Encode(rows) // who has asked may be gone
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	var header []string
	for _, column := range answer.Columns {
		header = append(header, column.Name)
	}
	_ = spreadsheet.WriteRecords(w, header, func(yield func([]any) bool) {
		for _, row := range answer.Rows {
			if !yield(row.Values) {
				return
			}
		}
	}, spreadsheet.Cells{})
}
