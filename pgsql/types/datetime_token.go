package types

import "strings"

// Kinds of fields in date and time input, as PostgreSQL's ParseDateTime.
type dtKind uint8

const (
	dtNumber dtKind = iota
	dtString
	dtDate
	dtTime
	dtZone
	dtSpecial
)

type dtField struct {
	kind dtKind
	text string
}

const dtFieldsMax = 25 // MAXDATEFIELDS

func isDigit(c byte) bool { return c-'0' < 10 }
func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }
func isPunct(c byte) bool { return c > ' ' && c < 0x7f && !isAlnum(c) }

// dtScanner splits date and time input into fields.
type dtScanner struct {
	text string // lower case
	pos  int
}

func (s *dtScanner) at(i int) byte {
	if i < len(s.text) {
		return s.text[i]
	}
	return 0
}

func (s *dtScanner) peek() byte { return s.at(s.pos) }

func (s *dtScanner) while(accept func(byte) bool) {
	for s.pos < len(s.text) && accept(s.text[s.pos]) {
		s.pos++
	}
}

// splitDateTime is ParseDateTime; ok is false for input that it cannot split.
func splitDateTime(text []byte, fields []dtField) ([]dtField, bool) {
	const lengthMax = 128 // MAXDATELEN
	if len(text) > lengthMax+dtFieldsMax {
		return nil, false
	}
	s := dtScanner{text: strings.ToLower(string(text))}
	for s.pos < len(s.text) {
		c := s.peek()
		from := s.pos
		var kind dtKind
		switch {
		case isSpace(c):
			s.pos++
			continue
		case isDigit(c):
			kind = s.numeric()
		case c == '.':
			s.pos++
			s.while(isDigit)
			kind = dtNumber
		case isAlpha(c):
			kind = s.word()
		case c == '+' || c == '-':
			f, ok := s.signed()
			if !ok {
				return nil, false
			}
			if len(fields) >= dtFieldsMax {
				return nil, false
			}
			fields = append(fields, f)
			continue
		case isPunct(c):
			s.pos++
			continue
		default:
			return nil, false
		}
		if len(fields) >= dtFieldsMax {
			return nil, false
		}
		fields = append(fields, dtField{kind, s.text[from:s.pos]})
	}
	return fields, true
}

// numeric reads a field that starts with a digit: a time, a date or a number.
func (s *dtScanner) numeric() dtKind {
	s.while(isDigit)
	delim := s.peek()
	switch delim {
	case ':':
		s.while(func(c byte) bool { return isDigit(c) || c == ':' || c == '.' })
		return dtTime
	case '-', '/', '.':
	default:
		return dtNumber
	}
	s.pos++
	if !isDigit(s.peek()) {
		s.while(func(c byte) bool { return isAlnum(c) || c == delim })
		return dtDate
	}
	s.while(isDigit)
	if s.peek() == delim {
		s.while(func(c byte) bool { return isDigit(c) || c == delim })
		return dtDate
	}
	if delim == '.' {
		return dtNumber
	}
	return dtDate
}

// word reads a field that starts with a letter.
func (s *dtScanner) word() dtKind {
	from := s.pos
	s.while(isAlpha)
	c := s.peek()
	isDate := c == '-' || c == '/' || c == '.'
	if c == '+' || isDigit(c) {
		_, _, known := dateToken(s.text[from:s.pos])
		isDate = !known
	}
	if !isDate {
		return dtString
	}
	s.while(func(c byte) bool {
		return c == '+' || c == '-' || c == '/' || c == '_' || c == '.' || c == ':' || isAlnum(c)
	})
	return dtDate
}

// signed reads a numeric zone or a word with a sign.
func (s *dtScanner) signed() (dtField, bool) {
	sign := s.text[s.pos : s.pos+1]
	s.pos++
	s.while(isSpace)
	from := s.pos
	switch {
	case isDigit(s.peek()):
		s.while(func(c byte) bool { return isDigit(c) || c == ':' || c == '.' || c == '-' })
		return dtField{dtZone, sign + s.text[from:s.pos]}, true
	case isAlpha(s.peek()):
		s.while(isAlpha)
		return dtField{dtSpecial, sign + s.text[from:s.pos]}, true
	}
	return dtField{}, false
}

// Types of words in date and time input.
type dtWord uint8

const (
	wordUnknown dtWord = iota
	wordReserved
	wordMonth
	wordDayOfWeek
	wordAMPM
	wordADBC
	wordUnits
	wordISOTime
	wordIgnore
	wordDST
)

// Values of reserved words and units in date and time input.
const (
	reservedEarly = iota
	reservedLate
	reservedEpoch
	reservedNow
	reservedToday
	reservedTomorrow
	reservedYesterday
	reservedZulu
	unitJulian
	unitTime
	labelYear
	labelMonth
	labelDay
	labelHour
	labelMinute
	labelSecond
	labelOther
)

// dateToken looks a lower-case word up in PostgreSQL's datetktbl. Words count
// to their tenth letter.
func dateToken(word string) (kind dtWord, value int, known bool) {
	if len(word) > zoneAbbrevMax {
		word = word[:zoneAbbrevMax]
	}
	if m := monthNumber(word); m != 0 {
		return wordMonth, m, true
	}
	switch word {
	case "-infinity", "-infinit":
		return wordReserved, reservedEarly, true
	case "infinity":
		return wordReserved, reservedLate, true
	case "epoch":
		return wordReserved, reservedEpoch, true
	case "now":
		return wordReserved, reservedNow, true
	case "today":
		return wordReserved, reservedToday, true
	case "tomorrow":
		return wordReserved, reservedTomorrow, true
	case "yesterday":
		return wordReserved, reservedYesterday, true
	case "allballs":
		return wordReserved, reservedZulu, true
	case "ad":
		return wordADBC, 0, true
	case "bc":
		return wordADBC, 1, true
	case "am":
		return wordAMPM, 0, true
	case "pm":
		return wordAMPM, 1, true
	case "at", "on":
		return wordIgnore, 0, true
	case "dst":
		return wordDST, 3600, true
	case "t":
		return wordISOTime, unitTime, true
	case "j", "jd", "julian":
		return wordUnits, unitJulian, true
	case "y":
		return wordUnits, labelYear, true
	case "m":
		return wordUnits, labelMonth, true
	case "d":
		return wordUnits, labelDay, true
	case "h":
		return wordUnits, labelHour, true
	case "mm":
		return wordUnits, labelMinute, true
	case "s":
		return wordUnits, labelSecond, true
	case "dow", "doy", "isodow", "isoyear":
		return wordUnits, labelOther, true
	case "sun", "sunday", "mon", "monday", "tue", "tues", "tuesday", "wed", "wednesday", "weds",
		"thu", "thur", "thurs", "thursday", "fri", "friday", "sat", "saturday":
		return wordDayOfWeek, 0, true
	}
	return wordUnknown, 0, false
}

func monthNumber(word string) int {
	switch word {
	case "jan", "january":
		return 1
	case "feb", "february":
		return 2
	case "mar", "march":
		return 3
	case "apr", "april":
		return 4
	case "may":
		return 5
	case "jun", "june":
		return 6
	case "jul", "july":
		return 7
	case "aug", "august":
		return 8
	case "sep", "sept", "september":
		return 9
	case "oct", "october":
		return 10
	case "nov", "november":
		return 11
	case "dec", "december":
		return 12
	}
	return 0
}
