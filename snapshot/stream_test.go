package snapshot

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// streamOf is the stream of a database.
func streamOf(t testing.TB, database []byte) []byte {
	t.Helper()
	e := newEncoder(io.NopCloser(bytes.NewReader(database)), int64(len(database)), nil)
	stream, err := io.ReadAll(e)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := int64(len(stream)), streamSize(int64(len(database))); got != want {
		t.Errorf("stream of %d bytes has %d bytes, streamSize says %d", len(database), got, want)
	}
	return stream
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// decode feeds a stream in pieces.
func decode(stream []byte, piece int) ([]byte, error) {
	var out bytes.Buffer
	d := newDecoder(&out)
	for len(stream) > 0 {
		n := min(piece, len(stream))
		if _, err := d.Write(stream[:n]); err != nil {
			return nil, err
		}
		stream = stream[n:]
	}
	return out.Bytes(), d.complete()
}

func TestStreamRoundTrip(t *testing.T) {
	for _, size := range []int{1, 4096, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3*chunkBytes + 4096} {
		database := randomBytes(size)
		stream := streamOf(t, database)
		for _, piece := range []int{1000, 7 + chunkBytes/2, len(stream)} {
			got, err := decode(stream, piece)
			if err != nil || !bytes.Equal(got, database) {
				t.Errorf("database of %d bytes in pieces of %d: %v", size, piece, err)
			}
		}
	}
}

func TestDamagedStreamIsRefused(t *testing.T) {
	stream := streamOf(t, randomBytes(chunkBytes+5000))
	rng := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		at, bit := rng.IntN(len(stream)), byte(1)<<rng.IntN(8)
		stream[at] ^= bit
		if _, err := decode(stream, 1<<16); err == nil {
			t.Errorf("a flipped bit at %d was not noticed", at)
		}
		stream[at] ^= bit
	}
	for _, cut := range []int{0, 1, headerBytes, headerBytes + 9, len(stream) - 1} {
		if _, err := decode(stream[:cut], 1<<16); !errors.Is(err, errStream) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	if _, err := decode(append(stream[:len(stream):len(stream)], 0), 1<<16); !errors.Is(err, errStream) {
		t.Errorf("a byte too many: %v", err)
	}
}

func TestChunksInTheWrongOrderAreRefused(t *testing.T) {
	stream := streamOf(t, randomBytes(3*chunkBytes))
	frame := frameBytes + chunkBytes
	first := stream[headerBytes : headerBytes+frame]
	second := stream[headerBytes+frame : headerBytes+2*frame]
	swapped := append([]byte{}, stream[:headerBytes]...)
	swapped = append(swapped, second...)
	swapped = append(swapped, first...)
	swapped = append(swapped, stream[headerBytes+2*frame:]...)
	if _, err := decode(swapped, len(swapped)); !errors.Is(err, errStream) {
		t.Errorf("swapped chunks: %v", err)
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte{}, 1)
	f.Add(streamOf(f, randomBytes(5000)), 100)
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		if piece <= 0 || piece > 1<<20 {
			return
		}
		database, err := decode(stream, piece)
		if err == nil && !bytes.Equal(streamOf(t, database), stream) {
			// Another cut into chunks is valid too, but must be complete.
			if len(database) == 0 {
				t.Error("an empty database was accepted")
			}
		}
	})
}
