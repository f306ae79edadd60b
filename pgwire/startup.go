package pgwire

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"unicode/utf8"

	"polyreme/pgwire/pgerr"
)

const (
	protocolMajor     = 3
	protocolMinorMax  = 2
	cancelRequestCode = 80877102
	sslRequestCode    = 80877103
	gssRequestCode    = 80877104
	startupBytesMax   = 10000 // PostgreSQL's MAX_STARTUP_PACKET_LENGTH
	encryptTriesMax   = 4
	secretBytesOld    = 4  // protocol 3.0
	secretBytesNew    = 32 // protocol 3.2
)

// startup is a decoded first message of a connection.
type startup struct {
	cancel *cancelRequest // set: the connection only asks to cancel another
	minor  int
	// negotiate tells that the client asked for more than we speak.
	negotiate      bool
	unknownOptions []string
	parameters     map[string]string
}

type cancelRequest struct {
	pid    uint32
	secret []byte
}

// readStartup reads up to and including the StartupMessage or CancelRequest.
// It reads exactly the bytes of each message and not one more, so that
// nothing sent ahead of an encryption handshake could be taken for its
// content. Requests to encrypt are answered 'N'.
func readStartup(c net.Conn) (*startup, error) {
	for range encryptTriesMax {
		body, err := readStartupPacket(c)
		if err != nil {
			return nil, err
		}
		code := binary.BigEndian.Uint32(body)
		switch code {
		case sslRequestCode, gssRequestCode:
			if _, err := c.Write([]byte{'N'}); err != nil {
				return nil, err
			}
		case cancelRequestCode:
			if len(body) < 12 {
				return nil, protocolError("invalid length of cancel request packet")
			}
			return &startup{cancel: &cancelRequest{
				pid:    binary.BigEndian.Uint32(body[4:]),
				secret: body[8:],
			}}, nil
		default:
			return parseStartup(code, body[4:])
		}
	}
	return nil, protocolError("too many requests to encrypt the connection")
}

func readStartupPacket(c net.Conn) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	length := int(int32(binary.BigEndian.Uint32(head[:])))
	if length < 8 || length > startupBytesMax {
		return nil, protocolError("invalid length of startup packet")
	}
	body := make([]byte, length-4)
	if _, err := io.ReadFull(c, body); err != nil {
		return nil, unexpected(err)
	}
	return body, nil
}

func parseStartup(code uint32, body []byte) (*startup, error) {
	major, minor := int(code>>16), int(code&0xffff)
	if major != protocolMajor {
		e := pgerr.New(pgerr.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports %d.0 to %d.%d",
			major, minor, protocolMajor, protocolMajor, protocolMinorMax)
		e.Severity = "FATAL"
		return nil, e
	}
	s := &startup{minor: min(minor, protocolMinorMax), negotiate: minor > protocolMinorMax, parameters: map[string]string{}}
	for {
		name, rest, ok := cutString(body)
		if !ok {
			return nil, protocolError("invalid startup packet layout: expected terminator as last byte")
		}
		if name == "" {
			break
		}
		value, rest, ok := cutString(rest)
		if !ok {
			return nil, protocolError("invalid startup packet layout: expected terminator as last byte")
		}
		body = rest
		if strings.HasPrefix(name, "_pq_.") {
			s.unknownOptions = append(s.unknownOptions, name)
			s.negotiate = true
			continue
		}
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, protocolError("invalid byte sequence for encoding \"UTF8\" in the startup packet")
		}
		s.parameters[name] = value
	}
	if s.parameters["user"] == "" {
		return nil, &pgerr.Error{Severity: "FATAL", Code: pgerr.InvalidAuthorizationSpec, Message: "no PostgreSQL user name specified in startup packet"}
	}
	return s, nil
}

func cutString(b []byte) (string, []byte, bool) {
	i := bytes.IndexByte(b, 0)
	if i < 0 {
		return "", nil, false
	}
	return string(b[:i]), b[i+1:], true
}

func protocolError(message string) error {
	return &pgerr.Error{Severity: "FATAL", Code: pgerr.ProtocolViolation, Message: message}
}

// appendStartupAnswer writes all that precedes the session's own parameters.
func appendStartupAnswer(dst []byte, s *startup) []byte {
	if s.negotiate {
		var at int
		dst, at = open(dst, 'v')
		dst = binary.BigEndian.AppendUint32(dst, uint32(protocolMajor<<16|s.minor))
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(s.unknownOptions)))
		for _, o := range s.unknownOptions {
			dst = appendString(dst, o)
		}
		dst = closeMessage(dst, at)
	}
	return append(dst, 'R', 0, 0, 0, 8, 0, 0, 0, 0) // AuthenticationOk
}

func appendBackendKeyData(dst []byte, pid uint32, secret []byte) []byte {
	dst, at := open(dst, 'K')
	dst = binary.BigEndian.AppendUint32(dst, pid)
	dst = append(dst, secret...)
	return closeMessage(dst, at)
}

func newSecret(minor int) []byte {
	n := secretBytesOld
	if minor >= 2 {
		n = secretBytesNew
	}
	secret := make([]byte, n)
	rand.Read(secret)
	return secret
}
