package corpus

import (
	"os"
	"regexp"
	"strings"
)

// A step is one statement of a recording.
type step struct {
	sql      string
	extended bool
	params   []*string
}

var parameterValue = regexp.MustCompile(`\$\d+ = (NULL|'(?:[^']|'')*')`)

// readRecording reads a recording. A statement begins after a line "-- [how]"
// or "-- #### command" and ends before the next one; under "-- ####" several
// may follow each other.
func readRecording(path string) ([]step, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var steps []step
	header, body := "", []string(nil)
	flush := func() {
		text := strings.TrimSpace(strings.Join(body, "\n"))
		body = nil
		if text == "" || header == "" || strings.HasPrefix(header, "-- [error]") {
			return
		}
		if strings.HasPrefix(header, "-- #") {
			for _, sql := range strings.Split(text, ";\n") {
				if sql = strings.TrimSpace(sql); sql != "" {
					steps = append(steps, step{sql: sql})
				}
			}
			return
		}
		s := step{sql: text, extended: strings.HasPrefix(header, "-- [extended")}
		if _, list, ok := strings.Cut(header, "parameters:"); ok {
			for _, m := range parameterValue.FindAllStringSubmatch(list, -1) {
				s.params = append(s.params, parameter(m[1]))
			}
			s.extended = true
		}
		steps = append(steps, s)
	}
	for _, line := range strings.Split(string(data), "\n") {
		if strings.HasPrefix(line, "-- [") || strings.HasPrefix(line, "-- #") {
			flush()
			header = line
			continue
		}
		body = append(body, line)
	}
	flush()
	return steps, nil
}

// parameter reads a value as PostgreSQL logs it.
func parameter(text string) *string {
	if text == "NULL" {
		return nil
	}
	value := strings.ReplaceAll(text[1:len(text)-1], "''", "'")
	return &value
}
