package types

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"polyreme/pgwire/pgerr"
)

// zoneinfoZip is the IANA time-zone database as Go 1.26 ships it. Nodes must
// agree on it, so neither the system's copy nor ZONEINFO is looked at.
//
//go:embed zoneinfo.zip
var zoneinfoZip []byte

// zone is one entry of the database, read when it is first asked for.
type zone struct {
	name string
	load func() (*time.Location, error)
}

// zoneIndex maps lower-case names to zones.
var zoneIndex = sync.OnceValue(func() map[string]*zone {
	archive, err := zip.NewReader(bytes.NewReader(zoneinfoZip), int64(len(zoneinfoZip)))
	if err != nil {
		panic("types: embedded time zones: " + err.Error())
	}
	index := make(map[string]*zone, len(archive.File))
	for _, f := range archive.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		index[strings.ToLower(f.Name)] = &zone{name: f.Name, load: sync.OnceValues(func() (*time.Location, error) {
			return readZone(f)
		})}
	}
	return index
})

func readZone(f *zip.File) (*time.Location, error) {
	if f.Name == "UTC" {
		return time.UTC, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(f.Name, data)
}

// ZoneNames returns the names of all time zones, sorted.
func ZoneNames() []string {
	index := zoneIndex()
	names := make([]string, 0, len(index))
	for _, z := range index {
		names = append(names, z.name)
	}
	sort.Strings(names)
	return names
}

// LoadZone returns the time zone that the setting TimeZone understands by name:
// an IANA name in any case, or a POSIX specification such as EST5EDT,M3.2.0,M11.1.0
// or <+03>-3. The zone's String is the name in its proper case.
func LoadZone(name string) (*time.Location, error) {
	if z := zoneIndex()[strings.ToLower(name)]; z != nil {
		return z.load()
	}
	if loc, ok := posixZone(name); ok {
		return loc, nil
	}
	return nil, zoneNotRecognized(name)
}

func zoneNotRecognized(name string) error {
	return pgerr.New(pgerr.InvalidParameterValue, "time zone \"%s\" not recognized", name)
}

// FixedZone returns the zone for SET TIME ZONE with a number or an interval:
// seconds east of Greenwich.
func FixedZone(offset int) *time.Location {
	text := formatZoneOffset(offset)
	opposite := byte('+')
	if text[0] == '+' {
		opposite = '-'
	}
	name := "<" + text + ">" + string(opposite) + text[1:]
	if loc, ok := posixZone(name); ok {
		return loc
	}
	return time.FixedZone(name, offset)
}

func formatZoneOffset(offset int) string {
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	text := fmt.Sprintf("%s%02d", sign, offset/3600)
	if offset%3600 != 0 {
		text += fmt.Sprintf(":%02d", offset/60%60)
		if offset%60 != 0 {
			text += fmt.Sprintf(":%02d", offset%60)
		}
	}
	return text
}

// posixZone reads a POSIX TZ string: it becomes the footer of a time-zone file
// without transitions, which package time knows how to evaluate.
func posixZone(spec string) (*time.Location, bool) {
	name, rest, ok := posixName(spec)
	if !ok {
		return nil, false
	}
	offset, rest, ok := posixOffset(rest)
	if !ok {
		return nil, false
	}
	footer := ""
	if rest != "" {
		footer = spec
		dst, after, ok := posixName(rest)
		if !ok || dst == "" {
			return nil, false
		}
		if after == "" || after[0] != ',' && !strings.Contains(after, ",") {
			footer += ",M3.2.0,M11.1.0" // PostgreSQL's default rules
		}
	}
	loc, err := time.LoadLocationFromTZData(spec, zoneFile(name, -offset, footer))
	if err != nil {
		return nil, false
	}
	return loc, true
}

func posixName(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, "<") {
		end := strings.IndexByte(s, '>')
		if end < 0 {
			return "", "", false
		}
		return s[1:end], s[end+1:], true
	}
	n := 0
	for n < len(s) && (s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z') {
		n++
	}
	return s[:n], s[n:], true
}

// posixOffset reads [+-]hh[:mm[:ss]]: seconds west of Greenwich.
func posixOffset(s string) (seconds int, rest string, ok bool) {
	sign := 1
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	for i, unit := range [...]int{3600, 60, 1} {
		if i > 0 {
			if s == "" || s[0] != ':' {
				break
			}
			s = s[1:]
		}
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		v, err := strconv.Atoi(s[:n])
		if err != nil || i == 0 && v > 24*7-1 || i > 0 && v > 59 {
			return 0, "", false
		}
		seconds += v * unit
		s = s[n:]
	}
	return sign * seconds, s, true
}

// zoneFile builds a TZif file (RFC 8536), version 2: no transitions, one local
// time type, and the footer.
func zoneFile(name string, offset int, footer string) []byte {
	header := func() []byte {
		h := append([]byte("TZif2"), make([]byte, 15)...)
		for _, count := range [...]int{0, 0, 0, 0, 1, len(name) + 1} {
			h = append(h, byte(count>>24), byte(count>>16), byte(count>>8), byte(count))
		}
		return h
	}
	body := []byte{byte(offset >> 24), byte(offset >> 16), byte(offset >> 8), byte(offset), 0, 0}
	body = append(append(body, name...), 0)
	file := append(header(), body...)
	file = append(append(file, header()...), body...)
	return append(file, "\n"+footer+"\n"...)
}

// zoneSpec is what AT TIME ZONE and input functions accept as a zone: a fixed
// offset, or a location.
type zoneSpec struct {
	loc    *time.Location // nil where fixed
	offset int            // seconds east of Greenwich, where fixed
}

// lookupZone resolves an abbreviation or a zone name.
func lookupZone(name string) (zoneSpec, bool) {
	if offset, _, ok := ZoneAbbrev(name); ok {
		return zoneSpec{offset: offset}, true
	}
	loc, err := LoadZone(name)
	return zoneSpec{loc: loc}, err == nil
}

// offsetAt returns the offset of an instant, in seconds since 1970.
func (z zoneSpec) offsetAt(unix int64) int {
	if z.loc == nil {
		return z.offset
	}
	return zoneOffset(z.loc, unix)
}

// offsetOfLocal returns the offset of a local time, in seconds since 1970 as if
// it were UTC.
func (z zoneSpec) offsetOfLocal(local int64) int {
	if z.loc == nil {
		return z.offset
	}
	return localZoneOffset(z.loc, local)
}

func zoneOffset(loc *time.Location, unix int64) int {
	if loc == time.UTC {
		return 0
	}
	_, offset := time.Unix(unix, 0).In(loc).Zone()
	return offset
}

// localZoneOffset is DetermineTimeZoneOffset: where the clock skipped the local
// time it takes the offset before, where the clock showed it twice the one
// after the transition.
func localZoneOffset(loc *time.Location, local int64) int {
	if loc == time.UTC {
		return 0
	}
	const day = 86400
	before := time.Unix(local-day, 0).In(loc)
	_, offsetBefore := before.Zone()
	_, end := before.ZoneBounds()
	if end.IsZero() {
		return offsetBefore
	}
	boundary := end.Unix()
	if boundary > local+2*day {
		return offsetBefore
	}
	_, offsetAfter := end.Zone()
	timeBefore, timeAfter := local-int64(offsetBefore), local-int64(offsetAfter)
	switch {
	case timeBefore < boundary && timeAfter < boundary:
		return offsetBefore
	case timeBefore > boundary && timeAfter >= boundary:
		return offsetAfter
	case timeBefore > timeAfter:
		return offsetBefore
	}
	return offsetAfter
}
