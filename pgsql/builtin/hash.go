package builtin

import (
	"encoding/binary"
	"math/bits"

	"polyreme/pgsql/types"
)

// registerHashes implements PostgreSQL's hash functions for the types whose hash
// clients ask for (hashtext in advisory locks and in sharding by key).
func registerHashes(r *registry) {
	for _, key := range []string{"hashtext", "hashname"} {
		r.scalar(key, func(_ *Env, a []types.Value) (types.Value, error) { return hashValue(hashBytes(a[0].Bytes)), nil })
		r.scalar(key+"extended", func(_ *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(int64(hashBytesExtended(a[0].Bytes, uint64(a[1].Int64())))), nil
		})
	}
	r.scalar("uuid_hash", func(_ *Env, a []types.Value) (types.Value, error) { return hashValue(hashBytes(a[0].Bytes)), nil })
	r.scalar("uuid_hash_extended", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.IntValue(int64(hashBytesExtended(a[0].Bytes, uint64(a[1].Int64())))), nil
	})
	for key, fold := range map[string]func(int64) uint32{
		"hashint2": func(n int64) uint32 { return uint32(int32(n)) },
		"hashint4": func(n int64) uint32 { return uint32(int32(n)) },
		"hashint8": foldInt8, "hashoid": func(n int64) uint32 { return uint32(n) },
		"time_hash": foldInt8, "timestamp_hash": foldInt8,
	} {
		r.scalar(key, func(_ *Env, a []types.Value) (types.Value, error) {
			return hashValue(hashUint32(fold(a[0].Int64()))), nil
		})
		extended := key + "extended"
		if key == "time_hash" || key == "timestamp_hash" {
			extended = key + "_extended"
		}
		r.scalar(extended, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(int64(hashUint32Extended(fold(a[0].Int64()), uint64(a[1].Int64())))), nil
		})
	}
}

func hashValue(h uint32) types.Value { return types.IntValue(int64(int32(h))) }

// foldInt8 makes equal hashes for equal int4 and int8.
func foldInt8(n int64) uint32 {
	low, high := uint32(n), uint32(n>>32)
	if n >= 0 {
		return low ^ high
	}
	return low ^ ^high
}

const hashSeed = 0x9e3779b9 + 3923095

// hashMix and hashFinal are Bob Jenkins' lookup3.
func hashMix(a, b, c uint32) (uint32, uint32, uint32) {
	a -= c
	a ^= bits.RotateLeft32(c, 4)
	c += b
	b -= a
	b ^= bits.RotateLeft32(a, 6)
	a += c
	c -= b
	c ^= bits.RotateLeft32(b, 8)
	b += a
	a -= c
	a ^= bits.RotateLeft32(c, 16)
	c += b
	b -= a
	b ^= bits.RotateLeft32(a, 19)
	a += c
	c -= b
	c ^= bits.RotateLeft32(b, 4)
	b += a
	return a, b, c
}

func hashFinal(a, b, c uint32) (uint32, uint32) {
	c ^= b
	c -= bits.RotateLeft32(b, 14)
	a ^= c
	a -= bits.RotateLeft32(c, 11)
	b ^= a
	b -= bits.RotateLeft32(a, 25)
	c ^= b
	c -= bits.RotateLeft32(b, 16)
	a ^= c
	a -= bits.RotateLeft32(c, 4)
	b ^= a
	b -= bits.RotateLeft32(a, 14)
	c ^= b
	c -= bits.RotateLeft32(b, 24)
	return b, c
}

func hashRounds(k []byte, a, b, c uint32) (uint32, uint32) {
	for len(k) >= 12 {
		a += binary.LittleEndian.Uint32(k)
		b += binary.LittleEndian.Uint32(k[4:])
		c += binary.LittleEndian.Uint32(k[8:])
		a, b, c = hashMix(a, b, c)
		k = k[12:]
	}
	// The lowest byte of c is left for the length.
	for i, x := range k {
		switch {
		case i < 4:
			a += uint32(x) << (8 * i)
		case i < 8:
			b += uint32(x) << (8 * (i - 4))
		default:
			c += uint32(x) << (8 * (i - 7))
		}
	}
	return hashFinal(a, b, c)
}

func hashBytes(k []byte) uint32 {
	start := uint32(hashSeed) + uint32(len(k))
	_, c := hashRounds(k, start, start, start)
	return c
}

func hashBytesExtended(k []byte, seed uint64) uint64 {
	a := uint32(hashSeed) + uint32(len(k))
	b, c := a, a
	if seed != 0 {
		a += uint32(seed >> 32)
		b += uint32(seed)
		a, b, c = hashMix(a, b, c)
	}
	b, c = hashRounds(k, a, b, c)
	return uint64(b)<<32 | uint64(c)
}

func hashUint32(k uint32) uint32 {
	start := uint32(hashSeed) + 4
	_, c := hashFinal(start+k, start, start)
	return c
}

func hashUint32Extended(k uint32, seed uint64) uint64 {
	a := uint32(hashSeed) + 4
	b, c := a, a
	if seed != 0 {
		a += uint32(seed >> 32)
		b += uint32(seed)
		a, b, c = hashMix(a, b, c)
	}
	b, c = hashFinal(a+k, b, c)
	return uint64(b)<<32 | uint64(c)
}
